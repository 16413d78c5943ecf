import type { SlimRecord } from '../cluster/schema.ts'
import type { Clusters } from '../inventory/port.ts'
import type { EphemeralRule } from '../services/rules.ts'
import type { Service } from '../services/schema.ts'
import type { PlannedChange } from './expected-schema.ts'
import type { ArgocdView, ImpactCounts, PastView, ServiceRow, SignalView } from './view.ts'

export type StripPoint = { readonly at: string; readonly bad: number; readonly unmanaged: number; readonly healthy: number }

/** The judged state of one cluster, kept up to date from deltas. */
export interface ImpactBoard {
  readonly cluster: string
  rows(): readonly ServiceRow[]
  row(id: string): ServiceRow | undefined
  service(id: string): Service | undefined
  /** The member objects of a service as they were at the moment it is compared with. */
  membersThen(id: string): readonly SlimRecord[]
  counts(): ImpactCounts
  argocd(): readonly ArgocdView[]
  /** The moment that services are compared with while an incident is open; null on calm days. */
  t0(): string | null
  /** Whether every service was judged at least once. */
  begun?(): boolean
  /** The newest of the moments at which its services were last healthy, RFC 3339; null while none ever was. */
  lastHealthyAt?(): string | null
  /** Whether a service was bad already at the moment compared with; such services do not count for recovery. */
  badThen?(id: string): boolean
  /** Rules by which objects come and go by themselves, with how many there are now. */
  ephemeral?(): readonly (EphemeralRule & { readonly objects: number })[]
  /** Planned changes in force now. */
  inForce?(): readonly PlannedChange[]
  onChange(listener: (changed: readonly string[]) => void): () => void
}

export interface Impacts {
  of(cluster: string): ImpactBoard | undefined
  /** Open signals and those closed within the last day, all clusters. */
  signals(): readonly SignalView[]
  onSignals(listener: () => void): () => void
  /** Services by state, minute by minute, oldest first. */
  strip?(cluster: string): readonly StripPoint[]
  /** Reads signals and incidents again after somebody changed them. */
  refresh?(cluster: string): Promise<void>
  /** From now on this service counts as removed, if nothing of it is left. */
  accept?(cluster: string, service: string, reason: string): void
  /** The clusters as they were at an instant of the recorded past, or one of them; null when nothing was recorded then. */
  lookBack?(at: Date, cluster?: string): Promise<Past | null>
}

/** The world of a past moment; verbs read it as they read the live one. */
export type Past = { readonly moment: PastView; readonly clusters: Clusters; readonly impacts: Impacts }
