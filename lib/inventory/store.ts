import type { Freshness, KindState, SlimRecord } from '../cluster/schema.ts'
import type { ClusterFacts, Delta, Inventory } from './port.ts'
import { groupOf } from './rules.ts'

/** What a collector has to say about objects, in the order in which it heard it. */
export type Heard =
  | { readonly type: 'set'; readonly record: SlimRecord }
  | { readonly type: 'gone'; readonly uid: string; readonly at: string }

/** The writing side of one cluster's live store. */
export interface InventoryFeed {
  /** Applies what was heard, in order, and tells the subscribers once. */
  apply(heard: readonly Heard[]): readonly Delta[]
  /** A whole list of one kind: what is held and not in it is gone. */
  replace(group: string, kind: string, records: readonly SlimRecord[], at: string): readonly Delta[]
  /** Forgets every object without saying that any was deleted: for a cluster whose past no longer counts. */
  forget(): void
  setKinds(kinds: readonly KindState[]): void
  setKindState(state: KindState): void
  setFacts(facts: Partial<ClusterFacts>): void
  setReady(ready: boolean): void
}

const NOTHING: readonly SlimRecord[] = Object.freeze([])

/** A live store in memory: by uid, by kind and key, by namespace, owner and Application. */
export function createInventory(cluster: string): Inventory & InventoryFeed {
  const byUid = new Map<string, SlimRecord>()
  const byKind = new Map<string, Map<string, SlimRecord>>()
  const groupsOf = new Map<string, Set<string>>()
  const namespaces = index()
  const owners = index()
  const applications = index()
  const lists = new Map<string, readonly SlimRecord[]>()
  const listeners = new Set<(deltas: readonly Delta[]) => void>()
  const stateListeners = new Set<() => void>()
  const kinds = new Map<string, KindState>()
  let facts: ClusterFacts = { version: '', incarnation: '', freshness: 'catching-up', observedAt: null, trouble: '' }
  let isReady = false

  function kindMap(kindKey: string, kind: string): Map<string, SlimRecord> {
    const known = byKind.get(kindKey)
    if (known) return known
    const made = new Map<string, SlimRecord>()
    byKind.set(kindKey, made)
    const groups = groupsOf.get(kind) ?? new Set()
    groupsOf.set(kind, groups.add(kindKey))
    return made
  }

  function put(record: SlimRecord, deltas: Delta[]): void {
    const kindKey = keyOfKind(record)
    const objects = kindMap(kindKey, record.kind)
    const key = `${record.namespace}/${record.name}`
    const was = byUid.get(record.uid) ?? null
    const sameKey = objects.get(key)
    // Deleted and made again under one name between two looks: two facts, in that order.
    if (sameKey && sameKey.uid !== record.uid) drop(sameKey, record.observedAt, deltas)
    if (was && was.resourceVersion === record.resourceVersion && was.apiVersion === record.apiVersion) return
    if (was) unindex(was)
    byUid.set(record.uid, record)
    objects.set(key, record)
    lists.delete(kindKey)
    if (record.namespace !== '') namespaces.add(record.namespace, record)
    for (const owner of record.owners) owners.add(owner.uid, record)
    if (record.tracking) applications.add(record.tracking.app, record)
    deltas.push({ type: 'set', record, was })
  }

  function unindex(record: SlimRecord): void {
    namespaces.remove(record.namespace, record.uid)
    for (const owner of record.owners) owners.remove(owner.uid, record.uid)
    if (record.tracking) applications.remove(record.tracking.app, record.uid)
  }

  function drop(record: SlimRecord, at: string, deltas: Delta[]): void {
    const kindKey = keyOfKind(record)
    byUid.delete(record.uid)
    const objects = byKind.get(kindKey)
    const key = `${record.namespace}/${record.name}`
    if (objects?.get(key)?.uid === record.uid) objects.delete(key)
    lists.delete(kindKey)
    unindex(record)
    deltas.push({ type: 'gone', record, at })
  }

  function tell(deltas: readonly Delta[]): readonly Delta[] {
    if (deltas.length > 0) for (const listener of [...listeners]) listener(deltas)
    return deltas
  }

  function tellState(): void {
    for (const listener of [...stateListeners]) listener()
  }

  function kindKeys(kind: string, group?: string): readonly string[] {
    return group === undefined ? [...(groupsOf.get(kind) ?? [])] : [`${group}/${kind}`]
  }

  function listOne(kindKey: string): readonly SlimRecord[] {
    const cached = lists.get(kindKey)
    if (cached) return cached
    const objects = byKind.get(kindKey)
    const made = objects && objects.size > 0 ? [...objects.values()] : NOTHING
    lists.set(kindKey, made)
    return made
  }

  return {
    cluster,
    facts: () => facts,
    ready: () => isReady,
    get: (uid) => byUid.get(uid),
    find(kind, namespace, name, group) {
      for (const kindKey of kindKeys(kind, group)) {
        const found = byKind.get(kindKey)?.get(`${namespace}/${name}`)
        if (found) return found
      }
      return undefined
    },
    list(kind, group) {
      const [first, ...rest] = kindKeys(kind, group)
      if (first === undefined) return NOTHING
      return rest.length === 0 ? listOne(first) : [first, ...rest].flatMap(listOne)
    },
    inNamespace: (namespace) => namespaces.list(namespace),
    ownedBy: (uid) => owners.list(uid),
    trackedBy: (application) => applications.list(application),
    all: () => byUid.values(),
    kinds: () => [...kinds.values()],
    freshness(kind, group): Freshness {
      for (const state of kinds.values()) {
        if (state.kind === kind && (group === undefined || groupOf(state.apiVersion) === group)) return state.freshness
      }
      return isReady ? 'no-longer-served' : 'catching-up'
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    onState(listener) {
      stateListeners.add(listener)
      return () => void stateListeners.delete(listener)
    },
    apply(heard) {
      const deltas: Delta[] = []
      for (const one of heard) {
        if (one.type === 'set') put(one.record, deltas)
        else {
          const record = byUid.get(one.uid)
          if (record) drop(record, one.at, deltas)
        }
      }
      return tell(deltas)
    },
    replace(group, kind, records, at) {
      const deltas: Delta[] = []
      const present = new Set(records.map((one) => one.uid))
      for (const held of listOne(`${group}/${kind}`)) if (!present.has(held.uid)) drop(held, at, deltas)
      for (const record of records) put(record, deltas)
      return tell(deltas)
    },
    forget() {
      for (const known of [byUid, byKind, groupsOf, lists]) known.clear()
      for (const known of [namespaces, owners, applications]) known.clear()
      isReady = false
      tellState()
    },
    setKinds(states) {
      kinds.clear()
      for (const state of states) kinds.set(keyOfKind(state), state)
      tellState()
    },
    setKindState(state) {
      kinds.set(keyOfKind(state), state)
      tellState()
    },
    setFacts(more) {
      facts = { ...facts, ...more }
      tellState()
    },
    setReady(ready) {
      if (ready === isReady) return
      isReady = ready
      tellState()
    },
  }
}

function keyOfKind(of: { readonly apiVersion: string; readonly kind: string }): string {
  return `${groupOf(of.apiVersion)}/${of.kind}`
}

/** Records by some word, each at most once by uid; most words have one record, which then needs no map of its own. */
function index() {
  const sets = new Map<string, SlimRecord | Map<string, SlimRecord>>()
  return {
    add(key: string, record: SlimRecord): void {
      const held = sets.get(key)
      if (held instanceof Map) held.set(record.uid, record)
      else if (held === undefined || held.uid === record.uid) sets.set(key, record)
      else
        sets.set(
          key,
          new Map([
            [held.uid, held],
            [record.uid, record],
          ]),
        )
    },
    remove(key: string, uid: string): void {
      const held = sets.get(key)
      if (held instanceof Map) {
        if (held.delete(uid) && held.size === 0) sets.delete(key)
      } else if (held?.uid === uid) sets.delete(key)
    },
    list(key: string): readonly SlimRecord[] {
      const held = sets.get(key)
      return held === undefined ? [] : held instanceof Map ? [...held.values()] : [held]
    },
    clear: () => sets.clear(),
  }
}
