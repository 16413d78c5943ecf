import { groupOf } from '../argocd/rules.ts'
import type { Instance, KnownInstance, Look } from '../argocd/schema.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import type { ClusterFacts, RecordedEvent } from '../inventory/port.ts'
import { refOf } from './evidence-rules.ts'
import type { Victim } from './first-cause.ts'
import type { Evidence, Severity, SignalKind } from './schema.ts'
import type { ServiceRow } from './view.ts'

/** An object that was seen going: marked for deletion, or gone. `at` is server time where known. */
export type Departure = { readonly record: SlimRecord; readonly at: string; readonly expected: string | null }

/** Applications that do not come and go by themselves: at `at`, within the last day, and now; `planned` went as planned meanwhile. */
export type Census = { readonly before: number; readonly at: string; readonly now: number; readonly planned: number }

/** All that the conditions look at; a moment of one cluster. */
export type Scene = {
  /** Cluster time, ms since the epoch. */
  readonly now: number
  readonly look: Look
  readonly facts: ClusterFacts
  readonly instances: readonly Instance[]
  readonly known: readonly KnownInstance[]
  /** True when another watched cluster has an Argo CD that may manage this one. */
  readonly managedElsewhere: boolean
  /** Clusters that this one's Argo CD manages, with how many services each. */
  readonly spokes?: readonly { readonly cluster: string; readonly services: number }[]
  readonly rows: readonly ServiceRow[]
  /** Services that were already bad at the moment compared with. */
  readonly badThen: ReadonlySet<string>
  /** What went within the last day, oldest first. */
  readonly departures: readonly Departure[]
  /** Workloads that were scaled to 0 within the last day and stand there, oldest first; `was` is how many replicas were wanted. */
  readonly emptied: readonly { readonly record: SlimRecord; readonly at: string; readonly was: number }[]
  /** Warning events of the last ten minutes. */
  readonly events: readonly RecordedEvent[]
  /** When something was first seen in a state, by key such as `node/<uid>`; cluster ms. */
  readonly firstSeen: ReadonlyMap<string, number>
  /** Whether argocd-gone is open or was within ten minutes. */
  readonly argocdWasGone: boolean
  readonly census?: Census | null
  /** Why the removal of an object is expected; null when it is not. */
  readonly expected: (record: SlimRecord) => string | null
  /** Why an object comes and goes by itself; null when it does not. */
  readonly ephemeral: (record: SlimRecord) => string | null
  readonly incarnation: string
  /** What declared probes say from outside. */
  readonly probes?: readonly { readonly answers: boolean }[]
  /** Until when the API server's own certificate is valid, where it could be seen. */
  readonly serverCertificate?: { readonly server: string; readonly notAfter: string } | null
}

/** One condition that holds now. */
export type Found = {
  readonly kind: SignalKind
  readonly scope: string
  readonly severity: Severity
  readonly title: string
  readonly since: string
  readonly evidence: readonly Evidence[]
  /** What it is about, for the search for the first cause. */
  readonly victims: readonly Victim[]
  readonly atOnce: boolean
}

export const MINUTE = 60_000

/** Stable key of a finding. */
export function keyOf(found: { readonly kind: string; readonly scope: string }): string {
  return `${found.kind}/${found.scope}`
}

export function iso(ms: number): string {
  return new Date(ms).toISOString()
}

export function earliest(times: readonly (string | null)[], otherwise: number): string {
  const known = times.filter((one) => one !== null).sort()
  return known[0] ?? iso(otherwise)
}

export function proof(record: SlimRecord, was: string, is: string, since: string | null, source = 'live store'): Evidence {
  return { object: refOf(record), was, is, since, source }
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

export function threshold(total: number): number {
  return Math.max(5, Math.ceil(total * 0.02))
}

/** An object counts as away until one of its name is there and stays. */
export function stillAway(look: Look, record: SlimRecord): boolean {
  const now = look.get(record.uid) ?? look.find(record.kind, record.namespace, record.name, groupOf(record.apiVersion))
  return !now || now.deletingAt !== null
}
