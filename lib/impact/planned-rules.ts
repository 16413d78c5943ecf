import { isApplication } from '../argocd/rules.ts'
import type { Look } from '../argocd/schema.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import { parseDuration } from '../kernel/duration.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import { isWorkload, matches } from '../services/rules.ts'
import type { Match } from '../services/schema.ts'
import { type Effect, LONGEST_MS, type PlannedChange } from './expected-schema.ts'

const MINUTE_MS = 60_000
/** A clock that is a little behind must not make a change late. */
const LATE_MS = 5 * MINUTE_MS

type Window = { readonly from: string; readonly to: string }
type Asked = {
  readonly selector: Match
  readonly effects: readonly Effect[]
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly for?: string | undefined
}

/** When a change begins and ends, or why it cannot be planned so. `now` is the cluster's time in ms. */
export function windowOf(asked: Asked, now: number): Result<Window, { readonly path: string; readonly message: string }> {
  const from = asked.from === undefined ? now : Date.parse(asked.from)
  const length = asked.for === undefined ? null : parseDuration(asked.for)
  if ((asked.to === undefined) === (length === null)) return no({ path: 'to', message: 'say until when, or by `for` how long' })
  const to = asked.to === undefined ? from + (length ?? 0) : Date.parse(asked.to)
  if (from < now - LATE_MS)
    return no({ path: 'from', message: 'a planned change begins now or later; what is gone already is accepted as a removal' })
  if (to <= Math.max(from, now)) return no({ path: 'to', message: 'must lie after its beginning, and in the future' })
  if (to - from > LONGEST_MS) return no({ path: 'to', message: 'a planned change lasts at most 12 hours; plan the rest as a second one' })
  if (Object.keys(asked.selector).length === 0 && asked.effects.some((one) => one !== 'unreachable'))
    return no({ path: 'selector', message: 'name what it covers: a namespace, a kind, a name, an application or labels' })
  return ok({ from: new Date(from).toISOString(), to: new Date(to).toISOString() })
}

/** When it ends: as planned, or when somebody ended it. */
export function endOf(change: PlannedChange): string {
  return change.endedAt !== null && change.endedAt < change.to ? change.endedAt : change.to
}

/** Where a change stands at a moment of the cluster's time, ms. */
export function stateOf(change: PlannedChange, now: number): 'now' | 'next' | 'past' {
  if (now >= Date.parse(endOf(change))) return 'past'
  return now < Date.parse(change.from) ? 'next' : 'now'
}

/** Whether a change names this object and this effect, whatever the time is. */
export function names(change: PlannedChange, effect: Effect, record: SlimRecord): boolean {
  return change.effects.includes(effect) && matches(change.selector, record) !== null
}

const WEIGHTY = new Set(['Namespace', 'PersistentVolumeClaim', 'PersistentVolume', 'CustomResourceDefinition'])

/** What counts against `maxObjects`: whose loss is felt. Configuration and pods go with what they belong to. */
export function counts(record: SlimRecord, look: Look): boolean {
  return WEIGHTY.has(record.kind) || isApplication(record) || isWorkload(record, look)
}
/** How a change is told where it explains something. */
export function wordsOf(change: Pick<PlannedChange, 'title' | 'ticket'>): string {
  return `planned change "${change.title}"${change.ticket ? ` (${change.ticket})` : ''}`
}
