import type { SlimRecord } from '../cluster/schema.ts'

/** What judgements need of a live store; `Inventory` is one, and so is a set of records of a past moment (`lookAt`). */
export type Look = {
  get(uid: string): SlimRecord | undefined
  find(kind: string, namespace: string, name: string, group?: string): SlimRecord | undefined
  list(kind: string, group?: string): readonly SlimRecord[]
  inNamespace(namespace: string): readonly SlimRecord[]
  ownedBy(uid: string): readonly SlimRecord[]
  trackedBy(application: string): readonly SlimRecord[]
  all(): Iterable<SlimRecord>
}

export type ArgocdState = 'running' | 'degraded' | 'terminating' | 'absent'

/** One workload of an Argo CD installation; `role` is Argo CD's own name of the component. */
export type Component = {
  readonly name: string
  readonly role: string
  readonly desired: number
  readonly ready: number
  readonly record: SlimRecord
}

/** What is remembered of an instance, so that its absence can be told from never having been there. */
export type KnownInstance = {
  readonly namespace: string
  readonly version: string
  readonly components: readonly { readonly name: string; readonly desired: number }[]
  /** Where its Applications deployed to, as Argo CD names it, ever since it was first seen. */
  readonly destinations?: readonly string[]
  readonly projects?: readonly string[]
  readonly definitions?: readonly string[]
}

/** One Argo CD installation on a cluster. `namespace` is '' when only its traces are left. */
export type Instance = {
  readonly namespace: string
  readonly state: ArgocdState
  readonly version: string
  readonly components: readonly Component[]
  /** Pods of the application controller that are not ending. */
  readonly controllerPods: readonly SlimRecord[]
  /** Whether an application controller is at work now. */
  readonly reconciling: boolean
  /** What is wrong, object by object; empty while it runs. */
  readonly faults: readonly Fault[]
  /** The clusters that its Applications deploy to, as Argo CD names them. */
  readonly destinations: readonly string[]
  readonly projects: readonly string[]
  readonly definitions: readonly string[]
}

export type Fault = { readonly what: string; readonly since: string | null; readonly record: SlimRecord | null }

/** How a deletion reaches further objects. */
export type Mechanism = 'namespace' | 'cascade' | 'owner-reference' | 'definition' | 'reclaim'

export type BlastStep = {
  readonly mechanism: Mechanism
  /** The object whose deletion takes the others with it. */
  readonly by: SlimRecord
  readonly how: string
  readonly objects: readonly SlimRecord[]
  /** True when nothing acts now, but something will as soon as an Argo CD controller runs. */
  readonly waits: boolean
}

export type BlastRadius = {
  readonly target: SlimRecord
  readonly steps: readonly BlastStep[]
  /** Every object that would go, the target first. */
  readonly objects: readonly SlimRecord[]
  /** What would stop it, or put it back. */
  readonly notes: readonly string[]
}
