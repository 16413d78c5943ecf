import type { ClusterEntry } from '../cluster/schema.ts'
import type { Clusters, Watched } from '../inventory/port.ts'

/** A watched cluster as boot holds it: with its end, and whether a sandbox of ours stands behind it. */
export type Held = Watched & { readonly sandbox: boolean; stop(): Promise<void> }

/** A configured cluster that could not even be opened: shown broken, the rest goes on. */
export type Broken = { readonly entry: ClusterEntry; readonly trouble: string }

/** The clusters of this process; boot adds the configured ones, drills add and remove sandboxes. */
export interface ClusterSet extends Clusters {
  get(name: string): Held | undefined
  all(): readonly Held[]
  broken(): readonly Broken[]
  hold(cluster: Held): void
  mark(broken: Broken): void
  remove(name: string): Promise<void>
  stop(): Promise<void>
}

export function createClusterSet(): ClusterSet {
  const held = new Map<string, Held>()
  const broken = new Map<string, Broken>()
  const listeners = new Set<() => void>()
  const tell = () => listeners.forEach((listener) => listener())
  return {
    get: (name) => held.get(name),
    all: () => [...held.values()],
    broken: () => [...broken.values()],
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    hold(cluster) {
      broken.delete(cluster.entry.name)
      held.set(cluster.entry.name, cluster)
      tell()
    },
    mark(one) {
      broken.set(one.entry.name, one)
      tell()
    },
    async remove(name) {
      const cluster = held.get(name)
      held.delete(name)
      broken.delete(name)
      if (cluster) tell()
      await cluster?.stop()
    },
    async stop() {
      await Promise.allSettled([...held.values()].map((cluster) => cluster.stop()))
    },
  }
}
