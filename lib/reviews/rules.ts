import type { Cause } from '../impact/schema.ts'
import type { RunEntry } from '../runs/entry-schema.ts'
import type { RunView, StepView } from '../runs/view.ts'
import type { Deviation, ReviewStep, ReviewView } from './view.ts'

const PLAIN: Readonly<Record<string, Deviation['what']>> = {
  'step.skipped': 'skipped',
  'step.failed': 'failed',
  'step.failure-accepted': 'failure-accepted',
  'step.overridden': 'overridden',
  'step.emergency': 'emergency',
  'step.reopened': 'reopened',
  'step.recorded-done': 'done-by-hand',
  'step.regressed': 'no-longer-held',
  'run.step-added': 'added',
  'run.held': 'held-up',
}

function whatOf(entry: RunEntry): Deviation['what'] | null {
  if (entry.kind === 'step.retried') return entry.data.do ? 'edited' : 'retried'
  if (entry.kind === 'step.approved') return entry.data.alone ? 'approved-alone' : null
  if (entry.kind === 'step.act-requested') return entry.data.undo ? 'undone' : null
  return PLAIN[entry.kind] ?? null
}

function stepIn(entry: RunEntry): string | null {
  if (entry.kind === 'run.step-added') return entry.data.step.id
  return 'step' in entry.data && typeof entry.data.step === 'string' ? entry.data.step : null
}

function reasonIn(entry: RunEntry): string {
  const data = entry.data as Readonly<Record<string, unknown>>
  const found = [data.reason, data.trouble, data.value].find((one) => typeof one === 'string' && one !== '')
  return typeof found === 'string' ? found : ''
}

/** What did not go as the document has it; `at` tells an entry's time on the clock of the cluster. */
export function deviationsOf(
  entries: readonly RunEntry[],
  titles: ReadonlyMap<string, string>,
  nameOf: (id: string) => string,
  at: (wall: string) => string,
): Deviation[] {
  return entries.flatMap((entry) => {
    const what = whatOf(entry)
    if (!what) return []
    const step = stepIn(entry)
    return [{ at: at(entry.at), what, step, title: titles.get(step ?? '') ?? '', by: nameOf(entry.actor.id), reason: reasonIn(entry) }]
  })
}

function between(from: string | null, to: string | null): number | null {
  return from === null || to === null ? null : Math.max(0, Math.round(Date.parse(to) - Date.parse(from)))
}

export function reviewStep(step: StepView, phase: string, nameOf: (id: string) => string): ReviewStep {
  const { id, title, kind, stage, outcome, attempt, startedAt, closedAt, reason } = step
  return {
    id,
    title,
    phase,
    kind,
    stage,
    outcome,
    attempts: attempt,
    by: step.claimedBy === null ? null : nameOf(step.claimedBy),
    startedAt,
    closedAt,
    plannedMs: step.takesMs,
    actualMs: between(startedAt, closedAt),
    reason,
  }
}

const WELL: ReadonlySet<string> = new Set(['healthy', 'changing', 'removed'])

/** Services that were hit: those that came back while the run went on, and those that are not well now. */
export function servicesOf(
  view: Pick<RunView, 'services' | 'clocks'>,
  recovered: Readonly<Record<string, string>>,
  at: (wall: string) => string,
): ReviewView['services'] {
  const known = new Map(view.services.map((one) => [one.id, one]))
  const bad = view.services.filter((one) => !one.badAtT0 && !WELL.has(one.impact)).map((one) => one.id)
  const from = view.clocks.disruptedAt ?? view.clocks.startedAt
  return [...new Set([...Object.keys(recovered), ...bad])]
    .map((id) => {
      const row = known.get(id)
      const back = recovered[id]
      const recoveredAt = back && !bad.includes(id) ? at(back) : null
      const name = row?.name ?? id.split('/').at(-1) ?? id
      return { id, name, tier: row?.tier ?? null, impact: row?.impact ?? null, recoveredAt, tookMs: between(from, recoveredAt) }
    })
    .sort((a, b) => (a.tier ?? 9) - (b.tier ?? 9) || a.id.localeCompare(b.id))
}

export function curveOf(services: ReviewView['services']): ReviewView['curve'] {
  const times = services.flatMap((one) => one.recoveredAt ?? []).sort()
  return [...new Set(times)].map((at) => ({ at, back: times.filter((one) => one <= at).length }))
}

const MOST = 5

/** Each cause once, although several signals name it: the proved ones, or the likeliest where nothing is proved. */
export function causesOf(causes: readonly Cause[]): Cause[] {
  const once = [...new Map(causes.map((one) => [`${one.at} ${one.what.replace(/ \(\d+ objects\)$/, '')}`, one])).values()]
  const proved = once.filter((one) => one.proof !== null)
  return proved.length > 0 ? proved : once.slice(0, MOST)
}

/** The three times of a recovery, and whether the objective was met; null where something is not known, or not over. */
export function timesOf(
  clocks: ReviewView['clocks'],
  services: ReviewView['services'],
): Pick<ReviewView, 'toDetectMs' | 'toAcknowledgeMs' | 'toRecoverMs' | 'rtoMet'> {
  const back = services.map((one) => one.recoveredAt)
  const last = back.includes(null)
    ? null
    : (back
        .flatMap((one) => one ?? [])
        .sort()
        .at(-1) ?? clocks.closedAt)
  const from = clocks.disruptedAt ?? clocks.startedAt
  return {
    toDetectMs: between(clocks.disruptedAt, clocks.detectedAt),
    toAcknowledgeMs: between(clocks.disruptedAt, clocks.acknowledgedAt),
    toRecoverMs: between(from, last),
    rtoMet: clocks.rtoAt === null || last === null ? null : last <= clocks.rtoAt,
  }
}
