import type { ClusterApi } from '../cluster/port.ts'
import type { ClusterClock } from '../cluster/rules.ts'
import type { ClusterEntry, Freshness, KindState, SlimRecord } from '../cluster/schema.ts'

export type Delta =
  | { readonly type: 'set'; readonly record: SlimRecord; readonly was: SlimRecord | null }
  | { readonly type: 'gone'; readonly record: SlimRecord; readonly at: string }

/** What a cluster says of itself, from its last successful answers. */
export type ClusterFacts = {
  readonly version: string
  /** uid of namespace kube-system: the cluster's incarnation; '' before the first answer. */
  readonly incarnation: string
  /** The freshest word about the cluster as a whole (oldest freshness among the kinds that matter). */
  readonly freshness: Freshness
  readonly observedAt: string | null
  /** Why it is not live, in a sentence for a person; '' when it is. */
  readonly trouble: string
  /** True when that is our own fault (401, 403, TLS), which says nothing about the cluster. */
  readonly blind?: boolean
  /** Set when another cluster answers than the one that was recorded: recording and acting stop until a lead says which it is. */
  readonly replaced?: { readonly was: string; readonly is: string } | null
  /** The last time the control plane was set back (its resourceVersion fell): what vanished with it was not deleted. */
  readonly restored?: { readonly at: string; readonly note: string } | null
}

/** One cluster's live store: what is there now. Reads are synchronous and cheap. */
export interface Inventory {
  readonly cluster: string
  facts(): ClusterFacts
  /** True once every kind that the account may read has been listed at least once. */
  ready(): boolean
  get(uid: string): SlimRecord | undefined
  find(kind: string, namespace: string, name: string, group?: string): SlimRecord | undefined
  /** All objects of a kind (group optional where the kind is unambiguous). */
  list(kind: string, group?: string): readonly SlimRecord[]
  inNamespace(namespace: string): readonly SlimRecord[]
  ownedBy(uid: string): readonly SlimRecord[]
  trackedBy(application: string): readonly SlimRecord[]
  all(): Iterable<SlimRecord>
  kinds(): readonly KindState[]
  freshness(kind: string, group?: string): Freshness
  /** Deltas in order, batched per arrival; returns the unsubscribe. */
  subscribe(listener: (deltas: readonly Delta[]) => void): () => void
  /** Called when freshness or readiness of any kind changes. */
  onState(listener: () => void): () => void
}

/** One recorded event of Kubernetes or Argo CD, copied out as it passed. */
export type RecordedEvent = {
  readonly at: string
  readonly type: string
  readonly reason: string
  readonly message: string
  readonly object: { readonly kind: string; readonly namespace: string; readonly name: string; readonly uid: string }
  readonly source: string
}

/** One line of the API server's own audit (audit.k8s.io/v1), cut down to who did what to which object. */
export type AuditLine = {
  /** When the request was received, RFC 3339. */
  readonly at: string
  readonly verb: string
  /** The person: the impersonated one where there is one. */
  readonly user: string
  /** Who was authenticated. */
  readonly account: string
  readonly impersonated: string
  readonly group: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  readonly uid: string
  /** HTTP status of the answer. */
  readonly code: number
  readonly agent: string
}

/** One change of the recorded history, as the first-cause search and the changes screen read it. */
export type RecordedChange = {
  /** Server time of the change where known, else when we saw it. */
  readonly at: string
  readonly observedAt: string
  readonly what: 'created' | 'changed' | 'deletion-started' | 'gone'
  readonly record: SlimRecord
  readonly was: SlimRecord | null
  /** The field manager that wrote it last, where the object tells; a deletion leaves none. */
  readonly by?: string | null
  /** When nobody was recording: the change lies after this instant and at or before `observedAt`. */
  readonly after?: string | null
  /** Its revision; of `gone`, the last one before it. */
  readonly revision?: string
  /** Its place in the order, to go on from. */
  readonly place?: string
}

/** A stretch of the recorded past as it was seen passing. */
export type Stretch = {
  /** States seen after its begin and up to its end, in order; `gone` when the object was there no more. */
  readonly seen: readonly { readonly at: string; readonly record: SlimRecord; readonly gone: boolean }[]
  /** When what happened was not, or not wholly, recorded. */
  readonly gaps: readonly { readonly from: string; readonly to: string; readonly why: string }[]
  /** When the first thing that is still recorded was seen; null when nothing is. */
  readonly since: string | null
}

export type ChangesOf = {
  readonly newestFirst?: boolean
  readonly uid?: string
  readonly namespace?: string
  readonly kind?: string
  /** Leaves out what was created until then: it was found, not made. */
  readonly madeAfter?: Date
  /** Goes on behind the change with this `place`; only newest first. */
  readonly behind?: string
}

/** A stretch of time of which not everything was recorded, and why. */
export type RecordedGap = { readonly from: string; readonly to: string; readonly lost: number; readonly why: string }
export type RecordedManifest = {
  readonly manifest: Record<string, unknown>
  readonly redacted: boolean
  readonly validFrom: string
}

/** The recorded past of one cluster. */
export interface History {
  /** Every object recorded as existing at that instant. */
  at(instant: Date): Promise<readonly SlimRecord[]>
  /** In order of time; `newestFirst` turns it, so that a limit cuts the oldest. */
  changes(from: Date, to: Date, limit?: number, only?: ChangesOf): Promise<readonly RecordedChange[]>
  events(from: Date, to: Date, limit?: number): Promise<readonly RecordedEvent[]>
  /** What was seen after `from` and up to `to`; of more than `limit` states the newest. */
  stretch(from: Date, to: Date, limit?: number): Promise<Stretch>
  /** What the API server's audit told of writes that succeeded, in order of time; empty where nobody sends it. */
  audit(from: Date, to: Date, limit?: number): Promise<readonly AuditLine[]>
  /** The first instant of which everything that was there then is recorded; null while nothing is. */
  wholeSince(): Promise<string | null>
  /** The manifest recorded for an object at an instant, as it would be restored when `sanitized`; null when not recorded. */
  manifest(
    ref: { kind: string; namespace: string; name: string; group?: string },
    at: Date,
    sanitized: boolean,
  ): Promise<RecordedManifest | null>
  /** The manifest of one revision; null when it is not, or no longer, recorded. */
  revision(revision: string, sanitized: boolean): Promise<RecordedManifest | null>
  /** Gaps that reach into this stretch, oldest first. */
  gaps(from: Date, to: Date): Promise<readonly RecordedGap[]>
  /** All manifests of a kind recorded as existing at an instant. */
  manifests(
    kind: string,
    at: Date,
    sanitized: boolean,
    group?: string,
  ): Promise<readonly { readonly manifest: Record<string, unknown>; readonly redacted: boolean; readonly uid: string }[]>
  /** Waits until everything observed so far is stored; throws when the database cannot be reached. */
  flush(): Promise<void>
}

/** One configured cluster with everything that watches it. */
export interface Watched {
  readonly entry: ClusterEntry
  readonly api: ClusterApi
  readonly inventory: Inventory
  readonly history: History
  /** The cluster's own time; all durations about it run on it. */
  readonly clock: ClusterClock
  /** A lead's word that the cluster that answers now is the recorded one, rebuilt: recording goes on. False when another process is the one that records. */
  rebuilt?(): Promise<boolean>
}

/** The clusters of this installation; drills add and remove sandboxes while it runs. */
export interface Clusters {
  get(name: string): Watched | undefined
  all(): readonly Watched[]
  onChange(listener: () => void): () => void
}
