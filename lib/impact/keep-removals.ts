import { MINUTE } from './signal-scene.ts'

const DAY_MS = 24 * 3_600_000
/** A mass deletion shows within this time; only what still stands alone then is put down as a removal. */
const SETTLED_MS = MINUTE

/** A removal that accepts itself a day later; `at` is RFC 3339 cluster time. */
export type PendingRemoval = { readonly at: string; readonly reason: string }

export type RemovalBatch = {
  readonly begun: readonly (PendingRemoval & { readonly service: string; readonly due: string })[]
  readonly accepted: readonly (PendingRemoval & { readonly service: string })[]
  readonly withdrawn: readonly string[]
}

export type RemovalKeeper = {
  /** Why a service ended properly, once that is settled; outlives a restart. */
  reasonOf(service: string): string | null
  /** Since when a service has been removed, ms of the cluster's time; undefined when it is not waiting to be accepted. */
  sinceOf(service: string): number | undefined
  /** What a judgement found: the reason why it properly ended, or null when it did not. */
  judged(service: string, because: string | null): void
  /** Settles what still stands alone, and accepts what has been waiting for a day: those are answered. */
  settle(): readonly (PendingRemoval & { readonly service: string })[]
  /** A person was faster. */
  forget(service: string): void
  clear(): void
  take(): RemovalBatch
}

/** Keeps the services that ended properly, from their last object to their acceptance a day later. `now` is the cluster's time in ms. */
export function keepRemovals(remembered: ReadonlyMap<string, PendingRemoval>, now: () => number): RemovalKeeper {
  const pending = new Map(remembered)
  const stored = new Set(remembered.keys())
  const batch = { begun: new Map<string, RemovalBatch['begun'][number]>(), accepted: [] as RemovalBatch['accepted'][number][] }
  const withdrawn = new Set<string>()

  return {
    reasonOf: (service) => (stored.has(service) ? (pending.get(service)?.reason ?? null) : null),
    sinceOf: (service) => (pending.has(service) ? Date.parse(pending.get(service)?.at ?? '') : undefined),
    judged(service, because) {
      if (because !== null && !pending.has(service)) pending.set(service, { at: new Date(now()).toISOString(), reason: because })
      if (because !== null || !pending.delete(service)) return
      batch.begun.delete(service)
      if (stored.delete(service)) withdrawn.add(service)
    },
    settle() {
      const due: (PendingRemoval & { readonly service: string })[] = []
      for (const [service, one] of pending) {
        const since = Date.parse(one.at)
        if (now() - since >= DAY_MS) {
          pending.delete(service)
          stored.delete(service)
          batch.begun.delete(service)
          due.push({ service, ...one })
        } else if (!stored.has(service) && now() - since >= SETTLED_MS) {
          stored.add(service)
          batch.begun.set(service, { service, ...one, due: new Date(since + DAY_MS).toISOString() })
        }
      }
      batch.accepted.push(...due)
      return due
    },
    forget(service) {
      pending.delete(service)
      stored.delete(service)
      batch.begun.delete(service)
    },
    clear() {
      pending.clear()
      stored.clear()
      batch.begun.clear()
    },
    take() {
      const taken = { begun: [...batch.begun.values()], accepted: batch.accepted.splice(0), withdrawn: [...withdrawn] }
      batch.begun.clear()
      withdrawn.clear()
      return taken
    },
  }
}
