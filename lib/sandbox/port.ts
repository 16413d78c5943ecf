/** A Kubernetes object as stored: the wire form. */
export type Obj = {
  apiVersion: string
  kind: string
  metadata: Meta
  // biome-ignore lint/suspicious/noExplicitAny: the simulated server holds objects of every kind, shaped by whoever wrote them
  [field: string]: any
}

export type Meta = {
  name: string
  namespace?: string
  generateName?: string
  uid: string
  resourceVersion: string
  generation?: number
  creationTimestamp: string
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  finalizers?: string[]
  ownerReferences?: { apiVersion: string; kind: string; name: string; uid: string; controller?: boolean; blockOwnerDeletion?: boolean }[]
  labels?: Record<string, string>
  annotations?: Record<string, string>
  managedFields?: unknown[]
}

/** The sandbox's own time. Everything simulated runs on it; `after` fires in due order, deterministically. */
export interface SandboxClock {
  /** Milliseconds since the epoch, in sandbox time. */
  now(): number
  /** Runs `act` once `ms` of sandbox time have passed; the answer cancels it. */
  after(ms: number, act: () => void): () => void
}

export type Change = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly resource: string
  readonly object: Obj
  readonly old: Obj | null
}

/** How the kube-like deletion goes on to dependents (Kubernetes: propagationPolicy). */
export type Propagation = 'Background' | 'Foreground' | 'Orphan'

/**
 * The simulated API server seen from inside, by controllers: the same storage, admission, finalizer and
 * deletion rules as over HTTP. `resource` is `plural` or `plural.group` (`pods`, `deployments.apps`,
 * `applications.argoproj.io`). Returned objects are shared and must not be changed; use `change`.
 * Refusals throw `ApiRefusal` with the Status a client would get.
 */
export interface SandboxApi {
  readonly clock: SandboxClock
  /** A pseudo-random number in [0,1), from the sandbox's seed. */
  random(): number
  /** Whether the resource is served now (built in, or by an established CRD). */
  serves(resource: string): boolean
  get(resource: string, namespace: string, name: string): Obj | undefined
  list(resource: string, namespace?: string): readonly Obj[]
  byUid(uid: string): { readonly resource: string; readonly object: Obj } | undefined
  /** Every served resource type: its key, kind, apiVersion and scope. */
  resources(): readonly { readonly resource: string; readonly apiVersion: string; readonly kind: string; readonly namespaced: boolean }[]
  /** Stores an object as it is (uid, times and status included; missing uid and creationTimestamp are given), without admission. For fills and snapshots. */
  load(resource: string, object: Omit<Obj, 'metadata'> & { metadata: Partial<Meta> & { name: string } }): Obj
  create(resource: string, object: Omit<Obj, 'metadata'> & { metadata: Partial<Meta> }, by: string): Obj
  /** Applies `edit` to a copy and stores it if it differs; undefined when the object is not there. `subresource: 'status'` leaves generation alone. */
  change(
    resource: string,
    namespace: string,
    name: string,
    by: string,
    edit: (draft: Obj) => void,
    subresource?: 'status' | 'finalize' | 'scale',
  ): Obj | undefined
  /** DELETE with its rules (grace for pods, finalizers, propagation). No error when it is already gone. */
  remove(
    resource: string,
    namespace: string,
    name: string,
    options: { readonly by: string; readonly uid?: string; readonly propagation?: Propagation; readonly graceSeconds?: number },
  ): void
  /** Called synchronously, in order of resourceVersion, after each stored change. */
  onChange(listener: (change: Change) => void): () => void
}

export class ApiRefusal extends Error {
  readonly status: { code: number; reason: string; message: string; details?: unknown }
  constructor(status: { code: number; reason: string; message: string; details?: unknown }) {
    super(status.message)
    this.name = 'ApiRefusal'
    this.status = status
  }
}
