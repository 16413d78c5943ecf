import type { StepOutcome, StepStage, Verdict } from '#lib/runs/schema'
import type { ItemView, PreviewView, StepView } from '#lib/runs/view'
import type { Tone } from '../impact/words.ts'

type Word = { readonly word: string; readonly tone: Tone }

export const STAGE: Record<StepStage, Word> = {
  blocked: { word: 'waits for others', tone: 'soft' },
  ready: { word: 'ready', tone: 'busy' },
  'in-progress': { word: 'in progress', tone: 'busy' },
  'awaiting-approval': { word: 'awaits approval', tone: 'warn' },
  acting: { word: 'acting', tone: 'busy' },
  verifying: { word: 'waiting for proof', tone: 'busy' },
  closed: { word: 'closed', tone: 'soft' },
  failed: { word: 'failed', tone: 'danger' },
}

export const OUTCOME: Record<StepOutcome, Word> = {
  verified: { word: 'verified', tone: 'good' },
  confirmed: { word: 'confirmed', tone: 'good' },
  unverified: { word: 'unverified', tone: 'warn' },
  skipped: { word: 'skipped', tone: 'soft' },
  'failure-accepted': { word: 'failure accepted', tone: 'warn' },
  'not-applicable': { word: 'not applicable', tone: 'soft' },
  'not-executed': { word: 'not executed', tone: 'soft' },
}

export const VERDICT: Record<Verdict, Word> = {
  pass: { word: 'pass', tone: 'good' },
  fail: { word: 'fail', tone: 'warn' },
  inconclusive: { word: 'inconclusive', tone: 'warn' },
  stale: { word: 'stale', tone: 'soft' },
  unreachable: { word: 'unreachable', tone: 'soft' },
}

export const ITEM: Record<ItemView['state'], Word> = {
  pending: { word: 'pending', tone: 'soft' },
  intended: { word: 'under way', tone: 'busy' },
  done: { word: 'done', tone: 'good' },
  'already-so': { word: 'already so', tone: 'good' },
  failed: { word: 'failed', tone: 'danger' },
  'in-doubt': { word: 'in doubt', tone: 'warn' },
  foreign: { word: 'changed by others', tone: 'warn' },
  conflict: { word: 'conflict', tone: 'warn' },
}

/** Where a step is or how it went, in one word. */
export function wordOf(step: Pick<StepView, 'stage' | 'outcome'>): Word {
  return step.stage === 'closed' && step.outcome ? OUTCOME[step.outcome] : STAGE[step.stage]
}

const DOES: Record<string, string> = {
  'argocd.stop': 'Stop controllers:',
  'argocd.start': 'Start controllers:',
  'argocd.freeze': 'Freeze',
  'argocd.thaw': 'Thaw',
  'argocd.sync': 'Sync',
  'argocd.refresh': 'Refresh',
  'argocd.terminate': 'Terminate the operation of',
  create: 'Create',
  apply: 'Apply',
  patch: 'Change',
  delete: 'Delete',
  removeFinalizers: 'Remove finalizers from',
  finalizeNamespace: 'Finalize',
  scale: 'Scale',
  restart: 'Restart',
  label: 'Label',
  annotate: 'Annotate',
  setReclaimPolicy: 'Set the reclaim policy of',
  rebindVolumes: 'Rebind',
  restore: 'Restore',
  createJob: 'Create',
  webhook: 'Call',
}

/** `57 Applications`, `1 Deployment and 2 StatefulSets`; `N objects` when they are of many kinds. */
export function countKinds(preview: Pick<PreviewView, 'dryRun' | 'total'>): string {
  const kinds = new Map<string, number>()
  for (const one of preview.dryRun) kinds.set(one.object.kind, (kinds.get(one.object.kind) ?? 0) + 1)
  if (kinds.size === 0 || kinds.size > 2) return `${preview.total} ${preview.total === 1 ? 'object' : 'objects'}`
  const only = kinds.size === 1
  return [...kinds]
    .map(([kind, count]) => `${only ? preview.total : count} ${(only ? preview.total : count) === 1 ? kind : plural(kind)}`)
    .join(' and ')
}

function plural(kind: string): string {
  if (/(s|x|ch|sh)$/.test(kind)) return `${kind}es`
  return /[^aeiou]y$/.test(kind) ? `${kind.slice(0, -1)}ies` : `${kind}s`
}

/** What stands on the button of an act: what, on how many of which kind, and where. */
export function actLabel(step: StepView, preview: PreviewView | null, cluster: string): string {
  const does = DOES[step.action ?? '']
  return does && preview ? `${does} ${countKinds(preview)} on ${cluster}` : `${step.title} on ${cluster}`
}

export const COMMAND: Record<string, string> = {
  claim: 'Claim',
  release: 'Release the claim',
  start: 'Start',
  act: 'Act',
  confirm: 'Confirm',
  answer: 'Answer',
  'request-approval': 'Request approval',
  approve: 'Approve',
  decline: 'Decline',
  'approve-alone': 'Go on alone',
  'record-done': 'Record: already done',
  retry: 'Try again',
  skip: 'Skip',
  'accept-failure': 'Accept the failure',
  override: 'Override the checks',
  undo: 'Undo',
  reopen: 'Open again',
  emergency: 'Use the emergency way',
}
