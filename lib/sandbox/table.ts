import type { Change, Obj } from './port.ts'

export type Logged = {
  readonly rv: number
  readonly type: Change['type']
  readonly object: Obj
  readonly old: Obj | null
}

/** The objects of one resource and their changes. */
export type Table = {
  find(namespace: string, name: string): Obj | undefined
  /** In key order; the array never changes. */
  list(namespace?: string): readonly Obj[]
  apply(logged: Logged): void
  /** Changes after `rv` in order, or null when they are no longer known. */
  since(rv: number): readonly Logged[] | null
  /** As `since`, also for revisions before the first change: a list may go back there, a watch may not. */
  history(rv: number): readonly Logged[] | null
  compact(rv: number): void
  compacted(): number
}

/** Changes remembered per resource for watches that resume. */
const LOG_LIMIT = 20_000

/** `first` is where watches may begin, `known` (not later) where history does. */
export function createTable(first: number, known: number): Table {
  const byNamespace = new Map<string, Map<string, Obj>>()
  let sortedKeys: string[] | null = null
  let sorted: readonly Obj[] | null = null
  let log: Logged[] = []
  let compacted = first
  let forgotten = known

  function put(object: Obj): void {
    const namespace = object.metadata.namespace ?? ''
    let names = byNamespace.get(namespace)
    if (!names) {
      names = new Map()
      byNamespace.set(namespace, names)
    }
    names.set(object.metadata.name, object)
  }

  function drop(object: Obj): void {
    const namespace = object.metadata.namespace ?? ''
    const names = byNamespace.get(namespace)
    names?.delete(object.metadata.name)
    if (names?.size === 0) byNamespace.delete(namespace)
  }

  function listNamespace(namespace: string): readonly Obj[] {
    const names = byNamespace.get(namespace)
    return names ? [...names].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object) : []
  }

  function listAll(): readonly Obj[] {
    if (sorted) return sorted
    if (!sortedKeys) {
      const keys: string[] = []
      for (const [home, names] of byNamespace) for (const name of names.keys()) keys.push(`${home}/${name}`)
      sortedKeys = keys.sort()
    }
    sorted = sortedKeys.flatMap((key) => {
      const slash = key.indexOf('/')
      return byNamespace.get(key.slice(0, slash))?.get(key.slice(slash + 1)) ?? []
    })
    return sorted
  }

  function after(rv: number): readonly Logged[] {
    let low = 0
    let high = log.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((log[middle]?.rv ?? 0) <= rv) low = middle + 1
      else high = middle
    }
    return log.slice(low)
  }

  return {
    find: (namespace, name) => byNamespace.get(namespace)?.get(name),
    list: (namespace) => (namespace === undefined ? listAll() : listNamespace(namespace)),
    apply(logged) {
      if (logged.type === 'DELETED') drop(logged.object)
      else put(logged.object)
      if (logged.type !== 'MODIFIED') sortedKeys = null
      sorted = null
      log.push(logged)
      if (log.length <= LOG_LIMIT * 1.25) return
      compacted = log.splice(0, log.length - LOG_LIMIT).at(-1)?.rv ?? compacted
      forgotten = compacted
    },
    since: (rv) => (rv < compacted ? null : after(rv)),
    history: (rv) => (rv < forgotten ? null : after(rv)),
    compact(rv) {
      compacted = Math.max(compacted, rv)
      forgotten = compacted
      log = log.filter((logged) => logged.rv > rv)
    },
    compacted: () => compacted,
  }
}
