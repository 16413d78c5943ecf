import { createHash } from 'node:crypto'
import { setDefaults } from './defaults.ts'
import { serveDefinitions } from './definitions.ts'
import { createRegistry, type Kind, type Registry, storageKey } from './kinds.ts'
import { ApiRefusal, type Change, type Meta, type Obj, type Propagation, type SandboxApi, type SandboxClock } from './port.ts'
import { alreadyExists, conflict, forbidden, invalid, MODIFIED, notFound } from './refusal.ts'

export type Logged = {
  readonly rv: number
  readonly type: Change['type']
  readonly object: Obj
  readonly old: Obj | null
}

/** Who writes and how; `dry` runs every rule and stores nothing. `manager` null leaves managedFields as they are. */
export type Write = {
  readonly by: string
  readonly groups?: readonly string[]
  readonly dry?: boolean
  readonly manager?: string | null
  readonly subresource?: string
  readonly apiVersion?: string
}
export type Removal = Write & {
  readonly uid?: string
  readonly resourceVersion?: string
  readonly propagation?: Propagation
  readonly graceSeconds?: number
}

/** What else a write must pass: set by the parts that know those rules, so that storage knows only ordering and lifecycle. */
export type Rules = {
  /** Fills in what the server fills in; changes `object`. */
  defaults(kind: Kind, object: Obj): void
  /** Throws `ApiRefusal` when the object may not be stored. */
  validate(kind: Kind, object: Obj, old: Obj | null): void
  /** Throws `ApiRefusal` when an admission policy or webhook refuses. */
  admit(operation: 'CREATE' | 'UPDATE' | 'DELETE', kind: Kind, object: Obj | null, old: Obj | null, write: Write): void
  /** Writes metadata.managedFields of `next`. */
  track(kind: Kind, next: Obj, old: Obj | null, write: Write): void
}

export interface Storage {
  readonly registry: Registry
  readonly clock: SandboxClock
  readonly rules: Rules
  revision(): number
  /** Objects of one resource in key order; the array never changes. */
  list(resource: string, namespace?: string): readonly Obj[]
  get(resource: string, namespace: string, name: string): Obj | undefined
  /** Stores an object as it is, without rules or admission: for fills and snapshots. */
  load(kind: Kind, object: Omit<Obj, 'metadata'> & { metadata: Partial<Meta> & { name: string } }): Obj
  insert(kind: Kind, object: Omit<Obj, 'metadata'> & { metadata: Partial<Meta> }, write: Write): Obj
  /** `edit` answers the next object from a copy of the stored one. The answer is what is stored, or was about to be removed. */
  update(kind: Kind, namespace: string, name: string, write: Write, edit: (draft: Obj) => Obj): Obj
  /** `gone` when it was removed at once, else the object that stays for now. */
  remove(kind: Kind, namespace: string, name: string, removal: Removal): { readonly gone: boolean; readonly object: Obj }
  /** Drops all objects of a resource without events: its definition is gone. */
  dropTable(resource: string): void
  /** Changes after `rv` in order, or null when they are no longer known. */
  since(resource: string, rv: number): readonly Logged[] | null
  /** Forgets changes up to `rv` (as etcd's compaction does). */
  compact(rv: number): void
  compacted(): number
  subscribe(listener: (resource: string, logged: Logged) => void): () => void
  byUid(uid: string): { readonly resource: string; readonly object: Obj } | undefined
}

type Table = {
  readonly byNamespace: Map<string, Map<string, Obj>>
  sortedKeys: string[] | null
  sorted: readonly Obj[] | null
  log: Logged[]
  compacted: number
}

/** Changes remembered per resource for watches that resume. */
const LOG_LIMIT = 20_000
const FIRST_REVISION = 200
const POD_GRACE_SECONDS = 30

/** A JSON value's own copy. */
export function copy<T>(value: T): T {
  return structuredClone(value)
}

export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => same(item, b[i]))
  }
  const left = Object.entries(a).filter(([, value]) => value !== undefined)
  const right = b as Record<string, unknown>
  return (
    left.length === Object.values(right).filter((value) => value !== undefined).length &&
    left.every(([key, value]) => same(value, right[key]))
  )
}

/** RFC 3339 in whole seconds, as metadata carries times. */
export function seconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** A generator of numbers in [0,1) that gives the same row for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Letters that generated names end in (no vowels, nothing that looks like another). */
const SUFFIX = 'bcdfghjklmnpqrstvwxz2456789'

/** Whether a deleting object has nothing left that holds it. */
export function isFinished(resource: string, object: Obj): boolean {
  const { metadata } = object
  if (!metadata.deletionTimestamp || (metadata.finalizers?.length ?? 0) > 0 || (metadata.deletionGracePeriodSeconds ?? 0) > 0) return false
  return resource !== 'namespaces' || (object.spec?.finalizers?.length ?? 0) === 0
}

function withoutStatus(object: Obj): Record<string, unknown> {
  const { metadata: _metadata, status: _status, apiVersion: _version, kind: _kind, ...rest } = object
  return rest
}

function createTable(): Table {
  return {
    byNamespace: new Map(),
    sortedKeys: null,
    sorted: null,
    log: [],
    compacted: 0,
  }
}

export function createStorage({ seed, clock, rules }: { seed: number; clock: SandboxClock; rules: Rules }): Storage & { random(): number } {
  const registry = createRegistry()
  const random = seeded(seed)
  const tables = new Map<string, Table>()
  const uids = new Map<string, { resource: string; object: Obj }>()
  const listeners = new Set<(resource: string, logged: Logged) => void>()
  const queue: { resource: string; logged: Logged }[] = []
  let draining = false
  let revision = FIRST_REVISION
  let uidCount = 0

  function table(resource: string): Table {
    const key = storageKey(resource)
    let found = tables.get(key)
    if (!found) {
      found = createTable()
      found.compacted = FIRST_REVISION
      tables.set(key, found)
    }
    return found
  }

  function newUid(): string {
    const hex = createHash('sha256').update(`${seed}:${uidCount++}`).digest('hex')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
  }

  function find(resource: string, namespace: string, name: string): Obj | undefined {
    return table(resource).byNamespace.get(namespace)?.get(name)
  }

  function commit(resource: string, type: Change['type'], next: Obj, old: Obj | null): Obj {
    const t = table(resource)
    revision++
    const object: Obj = {
      ...next,
      metadata: { ...next.metadata, resourceVersion: String(revision) },
    }
    const namespace = object.metadata.namespace ?? ''
    if (type === 'DELETED') {
      const names = t.byNamespace.get(namespace)
      names?.delete(object.metadata.name)
      if (names?.size === 0) t.byNamespace.delete(namespace)
      uids.delete(object.metadata.uid)
      t.sortedKeys = null
    } else {
      let names = t.byNamespace.get(namespace)
      if (!names) {
        names = new Map()
        t.byNamespace.set(namespace, names)
      }
      names.set(object.metadata.name, object)
      uids.set(object.metadata.uid, { resource: storageKey(resource), object })
      if (type === 'ADDED') t.sortedKeys = null
    }
    t.sorted = null
    const logged: Logged = { rv: revision, type, object, old }
    t.log.push(logged)
    if (t.log.length > LOG_LIMIT * 1.25) {
      const dropped = t.log.splice(0, t.log.length - LOG_LIMIT)
      t.compacted = dropped.at(-1)?.rv ?? t.compacted
    }
    queue.push({ resource: storageKey(resource), logged })
    drain()
    return object
  }

  function drain(): void {
    if (draining) return
    draining = true
    try {
      for (let next = queue.shift(); next; next = queue.shift()) {
        for (const listener of listeners) listener(next.resource, next.logged)
      }
    } finally {
      draining = false
    }
  }

  function checkNamespace(kind: Kind, namespace: string, name: string): void {
    if (!kind.namespaced) return
    const home = find('namespaces', '', namespace)
    if (!home) throw notFound({ plural: 'namespaces', group: '', kind: 'Namespace' }, namespace)
    if (name === '' || !home.metadata.deletionTimestamp) return
    throw forbidden(kind, name, `unable to create new content in namespace ${namespace} because it is being terminated`, [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ])
  }

  function insert(kind: Kind, given: Omit<Obj, 'metadata'> & { metadata: Partial<Meta> }, write: Write): Obj {
    const object = copy(given) as Obj
    const home = kind.namespaced ? (given.metadata.namespace ?? '') : ''
    const storage = registry.byResource(kind.resource) ?? kind
    object.apiVersion = storage.apiVersion
    object.kind = storage.kind
    const generated = !object.metadata.name && object.metadata.generateName
    if (generated) {
      let suffix = ''
      for (let i = 0; i < 5; i++) suffix += SUFFIX[Math.floor(random() * SUFFIX.length)]
      object.metadata.name = `${object.metadata.generateName?.slice(0, 58)}${suffix}`
    }
    const name = object.metadata.name ?? ''
    const {
      uid: _uid,
      resourceVersion: _rv,
      creationTimestamp: _created,
      deletionTimestamp: _deleted,
      deletionGracePeriodSeconds: _grace,
      ...metadata
    } = object.metadata
    object.metadata = {
      ...metadata,
      name,
      uid: newUid(),
      resourceVersion: '',
      creationTimestamp: seconds(clock.now()),
    }
    if (kind.namespaced) object.metadata.namespace = home
    else delete object.metadata.namespace
    if (kind.generation) object.metadata.generation = 1
    rules.defaults(kind, object)
    checkNamespace(kind, home, name)
    rules.admit('CREATE', kind, object, null, write)
    rules.validate(kind, object, null)
    const definition = kind.crd ? find('customresourcedefinitions.apiextensions.k8s.io', '', kind.crd.metadata.name) : undefined
    if (definition?.metadata.deletionTimestamp)
      throw forbidden(kind, name, 'create not allowed while custom resource definition is terminating')
    const there = find(kind.resource, home, name)
    if (there) throw alreadyExists(kind, name, there.metadata.deletionTimestamp !== undefined)
    rules.track(kind, object, null, write)
    if (write.dry) return object
    return commit(kind.resource, 'ADDED', object, null)
  }

  /** Stores an object as it is; what it lacks of identity is given. */
  function load(kind: Kind, given: Omit<Obj, 'metadata'> & { metadata: Partial<Meta> & { name: string } }): Obj {
    const metadata: Meta = {
      ...given.metadata,
      uid: given.metadata.uid ?? newUid(),
      creationTimestamp: given.metadata.creationTimestamp ?? seconds(clock.now()),
      resourceVersion: '',
    }
    if (kind.generation) metadata.generation ??= 1
    const object = { ...given, metadata } as Obj
    rules.defaults(kind, object)
    if (kind.resource === 'namespaces' && !object.spec) object.spec = { finalizers: ['kubernetes'] }
    return commit(kind.resource, 'ADDED', object, null)
  }

  function keepSystemFields(next: Obj, old: Obj): void {
    const { metadata } = next
    metadata.name = old.metadata.name
    if (old.metadata.namespace !== undefined) metadata.namespace = old.metadata.namespace
    metadata.creationTimestamp = old.metadata.creationTimestamp
    metadata.uid = old.metadata.uid
    for (const field of ['generation', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'generateName'] as const) {
      if (old.metadata[field] === undefined) delete metadata[field]
      else Object.assign(metadata, { [field]: old.metadata[field] })
    }
    for (const field of ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const) {
      const value = metadata[field]
      if (value === null || (value && Object.keys(value).length === 0)) delete metadata[field]
    }
  }

  function keepOtherPart(kind: Kind, next: Obj, old: Obj, subresource: string | undefined): Obj {
    if (subresource === 'status') {
      const kept = copy(old)
      kept.metadata = {
        ...kept.metadata,
        ...(next.metadata.managedFields ? { managedFields: next.metadata.managedFields } : {}),
      }
      if (kind.crd === null) {
        for (const field of ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const) {
          if (next.metadata[field] === undefined) delete kept.metadata[field]
          else Object.assign(kept.metadata, { [field]: next.metadata[field] })
        }
      }
      if (next.status === undefined) delete kept.status
      else kept.status = next.status
      return kept
    }
    if (subresource === 'finalize')
      return {
        ...copy(old),
        metadata: next.metadata,
        spec: { ...old.spec, finalizers: next.spec?.finalizers },
      }
    if (!kind.subresources.includes('status')) return next
    if (old.status === undefined) delete next.status
    else next.status = copy(old.status)
    return next
  }

  function refuseNewFinalizers(kind: Kind, next: Obj, old: Obj): void {
    if (!old.metadata.deletionTimestamp) return
    const added = (next.metadata.finalizers ?? []).filter((name) => !old.metadata.finalizers?.includes(name))
    if (added.length === 0) return
    const message = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((name) => JSON.stringify(name)).join(', ')}}`
    const cause = {
      reason: 'FieldValueForbidden',
      message,
      field: 'metadata.finalizers',
    }
    throw invalid(kind, old.metadata.name, [cause, cause])
  }

  function update(kind: Kind, namespace: string, name: string, write: Write, edit: (draft: Obj) => Obj): Obj {
    const old = find(kind.resource, namespace, name)
    if (!old) throw notFound(kind, name)
    const edited = edit(copy(old))
    const asked = edited.metadata.resourceVersion
    if (asked && asked !== old.metadata.resourceVersion) throw conflict(kind, name, MODIFIED)
    keepSystemFields(edited, old)
    edited.metadata.resourceVersion = old.metadata.resourceVersion
    edited.apiVersion = old.apiVersion
    edited.kind = old.kind
    const next = keepOtherPart(kind, edited, old, write.subresource)
    rules.defaults(kind, next)
    refuseNewFinalizers(kind, next, old)
    if (kind.generation && write.subresource !== 'status') {
      const statusCounts = kind.crd !== null && !kind.subresources.includes('status')
      const changed = !same(withoutStatus(next), withoutStatus(old)) || (statusCounts && !same(next.status, old.status))
      if (changed) next.metadata.generation = (old.metadata.generation ?? 0) + 1
    }
    rules.validate(kind, next, old)
    checkNamespace(kind, namespace, '')
    rules.admit('UPDATE', kind, next, old, write)
    rules.track(kind, next, old, write)
    if (same(next, old)) return old
    if (write.dry) return next
    if (isFinished(kind.resource, next)) {
      const event = commit(kind.resource, 'DELETED', old, old)
      return {
        ...next,
        metadata: {
          ...next.metadata,
          resourceVersion: event.metadata.resourceVersion,
        },
      }
    }
    return commit(kind.resource, 'MODIFIED', next, old)
  }

  function graceOf(kind: Kind, object: Obj, asked: number | undefined): number {
    if (kind.resource !== 'pods') return 0
    const own = asked ?? object.spec?.terminationGracePeriodSeconds ?? POD_GRACE_SECONDS
    // A pod that no kubelet has, or that has ended, goes at once.
    if (!object.spec?.nodeName || object.status?.phase === 'Succeeded' || object.status?.phase === 'Failed') return 0
    return Math.max(0, own)
  }

  function finalizersFor(kind: Kind, object: Obj, propagation: Propagation | undefined): string[] {
    const current = object.metadata.finalizers ?? []
    if (propagation === undefined) return current
    if (kind.resource === 'namespaces' || kind.resource === 'customresourcedefinitions.apiextensions.k8s.io') return current
    const rest = current.filter((name) => name !== 'foregroundDeletion' && name !== 'orphan')
    if (propagation === 'Foreground') return [...rest, 'foregroundDeletion']
    if (propagation === 'Orphan') return [...rest, 'orphan']
    return rest
  }

  function remove(kind: Kind, namespace: string, name: string, removal: Removal): { gone: boolean; object: Obj } {
    const old = find(kind.resource, namespace, name)
    if (!old) throw notFound(kind, name)
    const named = { ...kind, plural: kind.kind }
    if (removal.uid !== undefined && removal.uid !== old.metadata.uid) {
      const why = `the UID in the precondition (${removal.uid}) does not match the UID in record (${old.metadata.uid}). The object might have been deleted and then recreated`
      throw conflict(named, name, why)
    }
    if (removal.resourceVersion !== undefined && removal.resourceVersion !== old.metadata.resourceVersion) {
      const why = `the ResourceVersion in the precondition (${removal.resourceVersion}) does not match the ResourceVersion in record (${old.metadata.resourceVersion}). The object might have been modified`
      throw conflict(named, name, why)
    }
    rules.admit('DELETE', kind, null, old, removal)
    const grace = graceOf(kind, old, removal.graceSeconds)
    const finalizers = finalizersFor(kind, old, removal.propagation)
    const next: Obj = copy(old)
    if (finalizers.length > 0) next.metadata.finalizers = [...finalizers]
    else delete next.metadata.finalizers
    const first = !old.metadata.deletionTimestamp
    const shorter = !first && (old.metadata.deletionGracePeriodSeconds ?? 0) > grace
    if (first || shorter) {
      next.metadata.deletionTimestamp = seconds(clock.now() + grace * 1000)
      next.metadata.deletionGracePeriodSeconds = grace
      if (first && next.metadata.generation !== undefined) next.metadata.generation += 1
    }
    if (kind.resource === 'namespaces') {
      // Namespaces carry no grace period; their own phase tells.
      delete next.metadata.deletionGracePeriodSeconds
      next.status = { ...next.status, phase: 'Terminating' }
    }
    if (isFinished(kind.resource, next)) {
      if (removal.dry) return { gone: true, object: old }
      return {
        gone: true,
        object: commit(kind.resource, 'DELETED', first && grace === 0 ? old : next, old),
      }
    }
    if (removal.dry || same(next, old)) return { gone: false, object: removal.dry ? next : old }
    return {
      gone: false,
      object: commit(kind.resource, 'MODIFIED', next, old),
    }
  }

  function list(resource: string, namespace?: string): readonly Obj[] {
    const t = table(resource)
    if (namespace !== undefined) {
      const names = t.byNamespace.get(namespace)
      return names ? [...names.keys()].sort().map((name) => names.get(name) as Obj) : []
    }
    if (t.sorted) return t.sorted
    if (!t.sortedKeys) {
      const keys: string[] = []
      for (const [home, names] of t.byNamespace) for (const name of names.keys()) keys.push(`${home}/${name}`)
      t.sortedKeys = keys.sort()
    }
    const objects: Obj[] = []
    for (const key of t.sortedKeys) {
      const slash = key.indexOf('/')
      const object = t.byNamespace.get(key.slice(0, slash))?.get(key.slice(slash + 1))
      if (object) objects.push(object)
    }
    t.sorted = objects
    return objects
  }

  return {
    registry,
    clock,
    rules,
    random,
    revision: () => revision,
    list,
    get: find,
    insert,
    load,
    update,
    remove,
    dropTable(resource) {
      tables.delete(storageKey(resource))
    },
    since(resource, rv) {
      const t = table(resource)
      if (rv < t.compacted) return null
      let low = 0
      let high = t.log.length
      while (low < high) {
        const middle = (low + high) >> 1
        if ((t.log[middle]?.rv ?? 0) <= rv) low = middle + 1
        else high = middle
      }
      return t.log.slice(low)
    },
    compact(rv) {
      for (const t of tables.values()) {
        t.compacted = Math.max(t.compacted, rv)
        t.log = t.log.filter((logged) => logged.rv > rv)
      }
    },
    compacted: () => Math.min(FIRST_REVISION, ...[...tables.values()].map((t) => t.compacted)),
    subscribe(listener) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    byUid: (uid) => uids.get(uid),
  }
}

const PLAIN_RULES: Rules = {
  defaults: setDefaults,
  validate() {},
  admit() {},
  track() {},
}

const SYSTEM_NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system']

/** The simulated API server's inside for controllers, with its storage for the HTTP side. */
export function createSandboxApi({
  seed,
  clock,
  rules,
}: {
  seed: number
  clock: SandboxClock
  rules?: (storage: () => Storage) => Partial<Rules>
}): SandboxApi & { readonly storage: Storage } {
  const made = rules?.(() => storage) ?? {}
  const storage: Storage & { random(): number } = createStorage({
    seed,
    clock,
    rules: { ...PLAIN_RULES, ...made },
  })
  const { registry } = storage
  serveDefinitions(storage)

  function kindOf(resource: string): Kind {
    const kind = registry.byResource(resource)
    if (!kind)
      throw new ApiRefusal({
        code: 404,
        reason: 'NotFound',
        message: 'the server could not find the requested resource',
        details: {},
      })
    return kind
  }

  for (const name of SYSTEM_NAMESPACES)
    storage.insert(kindOf('namespaces'), { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, { by: 'system:apiserver' })

  return {
    storage,
    clock,
    random: storage.random,
    serves: (resource) => registry.byResource(resource) !== undefined,
    get: storage.get,
    list: storage.list,
    byUid: storage.byUid,
    resources: () =>
      registry
        .all()
        .filter(
          (kind) =>
            kind.verbs.includes('list') && registry.byResource(kind.resource) === kind && storageKey(kind.resource) === kind.resource,
        )
        .map(({ resource, apiVersion, kind, namespaced }) => ({
          resource,
          apiVersion,
          kind,
          namespaced,
        })),
    load: (resource, object) => storage.load(kindOf(resource), object),
    create: (resource, object, by) => storage.insert(kindOf(resource), object, { by }),
    change(resource, namespace, name, by, edit, subresource) {
      if (!storage.get(resource, namespace, name)) return undefined
      return storage.update(kindOf(resource), namespace, name, { by, ...(subresource ? { subresource } : {}) }, (draft) => {
        edit(draft)
        return draft
      })
    },
    remove(resource, namespace, name, options) {
      const kind = kindOf(resource)
      const there = storage.get(resource, namespace, name)
      if (!there || (options.uid !== undefined && options.uid !== there.metadata.uid)) return
      storage.remove(kind, namespace, name, options)
    },
    onChange: (listener) => storage.subscribe((resource, { type, object, old }) => listener({ type, resource, object, old })),
  }
}
