import type { ClusterClock } from '../cluster/rules.ts'
import type { ClusterEntry } from '../cluster/schema.ts'
import type { Clusters } from '../inventory/port.ts'
import type { WatchedCluster } from '../inventory/collect-cluster.ts'

/** A watched cluster as boot holds it; `sandbox` says that one of our own simulated clusters stands behind it. */
export type Held = WatchedCluster & { readonly sandbox: boolean }

/** A configured cluster that could not even be opened: shown broken, tried again, the rest goes on. */
export type Broken = { readonly entry: ClusterEntry; readonly trouble: string }

/** The clusters of this process; boot adds the configured ones, drills add and remove sandboxes. */
export interface ClusterSet extends Clusters {
  get(name: string): Held | undefined
  all(): readonly Held[]
  broken(): readonly Broken[]
  /** Watches one more cluster from now on; one that cannot be opened is kept as broken and tried again. */
  add(entry: ClusterEntry, clock: ClusterClock, sandbox?: boolean): Held | null
  remove(name: string): Promise<void>
  stop(): Promise<void>
}

export type ClusterSetOptions = {
  readonly watch: (entry: ClusterEntry, clock: ClusterClock) => WatchedCluster
  /** How long after a failure a cluster is opened again, in ms. */
  readonly retryMs?: number
}

export function createClusterSet(options: ClusterSetOptions): ClusterSet {
  const held = new Map<string, Held>()
  const broken = new Map<string, Broken>()
  const retries = new Map<string, NodeJS.Timeout>()
  const listeners = new Set<() => void>()

  function add(entry: ClusterEntry, clock: ClusterClock, sandbox = false): Held | null {
    try {
      // Assigned onto the watched one, so that its live `clock` stays live.
      const cluster = Object.assign(options.watch(entry, clock), { sandbox })
      broken.delete(entry.name)
      held.set(entry.name, cluster)
      return cluster
    } catch (error) {
      broken.set(entry.name, { entry, trouble: error instanceof Error ? error.message : String(error) })
      const retry = setTimeout(() => add(entry, clock, sandbox), options.retryMs ?? 30_000)
      retries.set(entry.name, retry.unref())
      return null
    } finally {
      for (const listener of listeners) listener()
    }
  }

  return {
    add,
    get: (name) => held.get(name),
    all: () => [...held.values()],
    broken: () => [...broken.values()],
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async remove(name) {
      clearTimeout(retries.get(name))
      const cluster = held.get(name)
      held.delete(name)
      broken.delete(name)
      for (const listener of listeners) listener()
      await cluster?.stop()
    },
    async stop() {
      for (const retry of retries.values()) clearTimeout(retry)
      await Promise.allSettled([...held.values()].map((cluster) => cluster.stop()))
    },
  }
}
