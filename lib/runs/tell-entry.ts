import type { AuditEntry } from '../audit/schema.ts'
import { dict, list, text } from '../kernel/wire.ts'

const WORDS: Readonly<Record<string, string>> = {
  'run.started': 'started the run',
  'run.held': 'holds the run',
  'run.resumed': 'let the run go on',
  'run.handover-accepted': 'took the lead',
  'run.advance-requested': 'advances the run',
  'run.stabilizing': 'every step is closed; services must hold now',
  'run.cleanup-started': 'began the cleanup',
  'run.checks-seen': 'looked at what must hold',
  'step.claimed': 'claimed',
  'step.released': 'released',
  'step.started': 'started',
  'step.act-requested': 'acts',
  'step.confirmed': 'confirmed',
  'step.approval-requested': 'asked for an approval',
  'step.declined': 'declined',
  'step.recorded-done': 'recorded as done',
  'step.retried': 'tries again',
  'step.emergency': 'goes the emergency way',
  'run.evidence-added': 'added a file',
  'step.skipped': 'skipped',
  'step.failure-accepted': 'accepted the failure',
  'step.overridden': 'overrode the checks',
  'step.reopened': 'reopened',
  'act.finished': 'carried out, now to be verified',
  'step.verified': 'verified',
  'step.held-again': 'holds again',
}

function tally(items: readonly unknown[]): string {
  const counts = new Map<string, number>()
  for (const item of items) counts.set(text(dict(item).state), (counts.get(text(dict(item).state)) ?? 0) + 1)
  return [...counts].map(([state, n]) => `${n} ${state.replaceAll('-', ' ')}`).join(', ')
}

/** What a timeline knows beside the entry: titles with their values filled in, and names by id. */
export type Known = { readonly titles: ReadonlyMap<string, string>; readonly names: ReadonlyMap<string, string> }

/** One entry of a run in words for its timeline. */
export function tellEntry(entry: AuditEntry, { titles, names }: Known): string {
  const data = entry.data
  const title = titles.get(text(data.step))
  const nameOf = (id: unknown) => names.get(text(id)) ?? text(id)
  const of = title ? `${title}: ` : ''
  const reason = text(data.reason) || text(data.why) || text(data.trouble) || text(data.text)
  const items = list(data.items)
  switch (entry.kind) {
    case 'act.intended':
      return `${of}asks the cluster for ${items.length} ${items.length === 1 ? 'change' : 'changes'}`
    case 'act.recognized':
      return `${of}${items.length} ${items.length === 1 ? 'object' : 'objects'} found as changed by hand`
    case 'act.observed':
      return `${of}${tally(items)}`
    case 'step.checks-seen':
      return `${of}${list(data.checks)
        .map((check) => `${text(dict(check).verdict)} (${text(dict(check).value)})`)
        .join('; ')}`
    case 'step.answered':
      return `${of}answered “${text(data.answer)}”`
    case 'step.approved':
      return `${of}${data.alone === true ? 'approved alone' : 'approved'}${reason ? `: ${reason}` : ''}`
    case 'step.already-so':
      return `${of}${text(data.value) || 'no longer holds by itself'}`
    case 'step.failed':
    case 'step.troubled':
      return `${of}${reason || 'it goes on'}`
    case 'step.regressed':
      return `${of}no longer holds: ${text(data.value)}`
    case 'run.commented':
    case 'run.noted':
      return `${of}${text(data.text)}`
    case 'run.role-assigned':
      return `made ${nameOf(data.person)} ${text(data.role)}`
    case 'run.handover-offered':
      return `offered the lead to ${nameOf(data.to)}`
    case 'run.step-added':
      return `added a step: ${titles.get(text(dict(data.step).id)) ?? text(dict(data.step).id)}${reason ? `: ${reason}` : ''}`
    case 'run.advance-stopped':
      return `advanced as far as possible: ${reason}`
    case 'run.service-recovered':
      return `${list(data.services).length} ${list(data.services).length === 1 ? 'service is' : 'services are'} back`
    case 'run.closed':
      return `the run is closed: ${text(data.outcome).replaceAll('-', ' ')}${reason ? `, ${reason}` : ''}`
    default:
      return `${of}${WORDS[entry.kind] ?? entry.kind}${reason ? `: ${reason}` : ''}`
  }
}
