import { createHash } from 'node:crypto'
import { createRegistry, type Kind, type Registry, storageKey } from './kinds.ts'
import {
  checkPreconditions,
  countGeneration,
  isFinished,
  keepOtherPart,
  keepSystemFields,
  markDeleted,
  refuseNewFinalizers,
} from './lifecycle.ts'
import type { Change, Meta, Obj, Propagation, SandboxClock } from './port.ts'
import { alreadyExists, conflict, forbidden, MODIFIED, notFound } from './refusal.ts'
import { createTable, type Logged, type Table } from './table.ts'
import { copy, same, seconds, seeded } from './values.ts'

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
  /** As `since`, also for revisions before the first change. */
  history(resource: string, rv: number): readonly Logged[] | null
  /** Forgets changes up to `rv` (as etcd's compaction does). */
  compact(rv: number): void
  /** The revision up to which changes of a resource are forgotten. */
  compacted(resource: string): number
  subscribe(listener: (resource: string, logged: Logged) => void): () => void
  byUid(uid: string): { readonly resource: string; readonly object: Obj } | undefined
}

const FIRST_REVISION = 200

/** Letters that generated names end in (no vowels, nothing that looks like another). */
const SUFFIX = 'bcdfghjklmnpqrstvwxz2456789'

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
  let forgotten = FIRST_REVISION

  function table(resource: string): Table {
    const key = storageKey(resource)
    let found = tables.get(key)
    if (!found) {
      found = createTable(forgotten, forgotten === FIRST_REVISION ? 0 : forgotten)
      tables.set(key, found)
    }
    return found
  }

  function newUid(): string {
    const hex = createHash('sha256').update(`${seed}:${uidCount++}`).digest('hex')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
  }

  function find(resource: string, namespace: string, name: string): Obj | undefined {
    return table(resource).find(namespace, name)
  }

  function commit(resource: string, type: Change['type'], next: Obj, old: Obj | null): Obj {
    const t = table(resource)
    revision++
    const object: Obj = {
      ...next,
      metadata: { ...next.metadata, resourceVersion: String(revision) },
    }
    const logged: Logged = { rv: revision, type, object, old }
    t.apply(logged)
    if (type === 'DELETED') uids.delete(object.metadata.uid)
    else uids.set(object.metadata.uid, { resource: storageKey(resource), object })
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
    if (write.dry) {
      const { resourceVersion: _, ...metadata } = object.metadata
      return { ...object, metadata: metadata as Meta }
    }
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
    countGeneration(kind, next, old, write.subresource)
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

  function remove(kind: Kind, namespace: string, name: string, removal: Removal): { gone: boolean; object: Obj } {
    const old = find(kind.resource, namespace, name)
    if (!old) throw notFound(kind, name)
    checkPreconditions(kind, old, removal)
    rules.admit('DELETE', kind, null, old, removal)
    const { next, immediate } = markDeleted(kind, old, clock.now(), removal)
    if (isFinished(kind.resource, next)) {
      if (removal.dry) return { gone: true, object: old }
      return {
        gone: true,
        object: commit(kind.resource, 'DELETED', immediate ? old : next, old),
      }
    }
    if (removal.dry || same(next, old)) return { gone: false, object: removal.dry ? next : old }
    return {
      gone: false,
      object: commit(kind.resource, 'MODIFIED', next, old),
    }
  }

  return {
    registry,
    clock,
    rules,
    random,
    revision: () => revision,
    list: (resource, namespace) => table(resource).list(namespace),
    get: find,
    insert,
    load,
    update,
    remove,
    dropTable(resource) {
      tables.delete(storageKey(resource))
    },
    since: (resource, rv) => table(resource).since(rv),
    history: (resource, rv) => table(resource).history(rv),
    compact(rv) {
      forgotten = Math.max(forgotten, rv)
      for (const t of tables.values()) t.compact(rv)
    },
    compacted: (resource) => table(resource).compacted(),
    subscribe(listener) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    byUid: (uid) => uids.get(uid),
  }
}
