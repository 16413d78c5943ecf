import type { KnownInstance } from '../argocd/schema.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import type { CoveredObject, PlannedChange } from './expected-schema.ts'
import type { PendingRemoval } from './keep-removals.ts'

/** What a service was when it was last well. `at` is RFC 3339 cluster time. */
export type Remembered = { readonly at: string; readonly members: readonly SlimRecord[] }

/** What outlives a restart, so that a dashboard started after the disaster still knows what there was. */
export type ImpactMemory = {
  readonly services: ReadonlyMap<string, Remembered>
  readonly instances: readonly KnownInstance[]
  readonly incarnation: string
  /** When the cluster was first watched, RFC 3339; null when it never was. */
  readonly since: string | null
  readonly accepted: ReadonlyMap<string, string>
  /** Services that ended properly and wait to be accepted. */
  readonly removals: ReadonlyMap<string, PendingRemoval>
  readonly planned: readonly PlannedChange[]
  readonly covered: readonly CoveredObject[]
}

export const NO_MEMORY: ImpactMemory = {
  services: new Map(),
  instances: [],
  incarnation: '',
  since: null,
  accepted: new Map(),
  removals: new Map(),
  planned: [],
  covered: [],
}
