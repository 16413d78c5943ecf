import type { Change, Obj, SandboxApi } from '../port.ts'
import { ApiRefusal } from '../port.ts'
import type { Relations } from './relations.ts'
import { createIndex } from './relations.ts'

/** What every controller of the simulated cluster stands on: the API, who belongs to whom, and a work queue on sandbox time. */
export type Station = {
  readonly api: SandboxApi
  readonly relations: Relations
  /** Runs `act` after `ms`; a key waiting already keeps its earlier time. `idle` work (resyncs, expiry) does not count as unsettled. */
  later(key: string, ms: number, act: () => void, idle?: boolean): void
  cancel(key: string): void
  /** How many keys of real work wait. */
  busy(): number
  /** A seeded number of milliseconds between two bounds. */
  between(low: number, high: number): number
  /** Now as Kubernetes writes it: RFC 3339 with seconds. */
  stamp(): string
  /** Five letters as the API server appends to generateName. */
  suffix(length?: number): string
  /** Hears of changes of one resource; on registration, of every object there already as ADDED. */
  on(resource: string, listener: (change: Change) => void): void
  /** Hears of every change, existing objects first. */
  onAny(listener: (change: Change) => void): void
  close(): void
}

const SAFE = 'bcdfghjklmnpqrstvwxz2456789'

export function createStation(api: SandboxApi): Station {
  const waiting = new Map<string, { due: number; idle: boolean; cancel: () => void }>()
  const listeners = new Map<string, ((change: Change) => void)[]>()
  const everything: ((change: Change) => void)[] = []
  const tries = new Map<string, number>()
  const relations = createIndex(api)
  let busy = 0
  let open = true

  function drop(key: string): void {
    const held = waiting.get(key)
    if (!held) return
    waiting.delete(key)
    if (!held.idle) busy--
    held.cancel()
  }

  function later(key: string, ms: number, act: () => void, idle = false): void {
    if (!open) return
    const due = api.clock.now() + ms
    const held = waiting.get(key)
    if (held && held.due <= due) return
    drop(key)
    if (!idle) busy++
    const run = () => {
      waiting.delete(key)
      if (!idle) busy--
      try {
        act()
        tries.delete(key)
      } catch (error) {
        if (!(error instanceof ApiRefusal)) throw error
        // A refused write is tried again, ever more slowly, as controllers do.
        const tried = tries.get(key) ?? 0
        tries.set(key, tried + 1)
        later(key, Math.min(60_000, 1_000 * 2 ** tried), act, tried > 3)
      }
    }
    waiting.set(key, { due, idle, cancel: api.clock.after(ms, run) })
  }

  const stop = api.onChange((change) => {
    relations.apply(change)
    for (const listener of listeners.get(change.resource) ?? []) listener(change)
    for (const listener of everything) listener(change)
  })

  return {
    api,
    relations,
    later,
    cancel: drop,
    busy: () => busy,
    between: (low, high) => Math.round(low + api.random() * (high - low)),
    stamp: () => stampOf(api.clock.now()),
    suffix: (length = 5) => Array.from({ length }, () => SAFE[Math.floor(api.random() * SAFE.length)]).join(''),
    on(resource, listener) {
      listeners.set(resource, [...(listeners.get(resource) ?? []), listener])
      if (!api.serves(resource)) return
      for (const object of [...api.list(resource)]) listener({ type: 'ADDED', resource, object, old: null })
    },
    onAny(listener) {
      everything.push(listener)
      for (const { resource } of api.resources()) {
        for (const object of [...api.list(resource)]) listener({ type: 'ADDED', resource, object, old: null })
      }
    },
    close() {
      open = false
      stop()
      for (const key of [...waiting.keys()]) drop(key)
    },
  }
}

export function stampOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}

export function keyOf(object: Obj): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`
}

export function namespaceOf(object: Obj): string {
  return object.metadata.namespace ?? ''
}
