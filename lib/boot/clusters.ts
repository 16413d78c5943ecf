import { type ClusterApi, Unreachable } from '../cluster/port.ts'
import type { ClusterClock } from '../cluster/rules.ts'
import type { ClusterEntry } from '../cluster/schema.ts'
import { NOTHING_RECORDED } from '../inventory/history-reads.ts'
import type { Clusters, History, Watched } from '../inventory/port.ts'
import { createInventory } from '../inventory/store.ts'

type Opened = Watched & { setClock(clock: ClusterClock): void; stop(): Promise<void> }

/** A watched cluster as boot holds it; `sandbox` says that one of our own simulated clusters stands behind it. */
export type Held = Opened & { readonly sandbox: boolean }

/** The clusters of this process; boot adds the configured ones, drills add and remove sandboxes. */
export interface ClusterSet extends Clusters {
  get(name: string): Held | undefined
  all(): readonly Held[]
  /** Watches one more cluster from now on; one that cannot be opened is shown with its trouble and tried again. */
  add(entry: ClusterEntry, clock: ClusterClock, sandbox?: boolean): Held
  remove(name: string): Promise<void>
  /** Reads the kubeconfig of a cluster anew and watches what it leads to. */
  reopen(name: string): Promise<void>
  stop(): Promise<void>
}

export type ClusterSetOptions = {
  readonly watch: (entry: ClusterEntry, clock: ClusterClock) => Opened
  /** How long after a failure a cluster is opened again, in ms. */
  readonly retryMs?: number
}

export function createClusterSet(options: ClusterSetOptions): ClusterSet {
  const held = new Map<string, Held>()
  const retries = new Map<string, NodeJS.Timeout>()
  const listeners = new Set<() => void>()

  function open(entry: ClusterEntry, clock: ClusterClock, sandbox: boolean): Opened {
    try {
      return options.watch(entry, clock)
    } catch (error) {
      const retry = setTimeout(() => add(entry, clock, sandbox), options.retryMs ?? 30_000)
      retries.set(entry.name, retry.unref())
      return unopened(entry, clock, error instanceof Error ? error.message : String(error))
    }
  }

  function add(entry: ClusterEntry, clock: ClusterClock, sandbox = false): Held {
    // Assigned onto the watched one, so that its live `clock` stays live.
    const cluster = Object.assign(open(entry, clock, sandbox), { sandbox })
    held.set(entry.name, cluster)
    for (const listener of listeners) listener()
    return cluster
  }

  async function remove(name: string): Promise<void> {
    clearTimeout(retries.get(name))
    const cluster = held.get(name)
    held.delete(name)
    for (const listener of listeners) listener()
    await cluster?.stop()
  }

  return {
    add,
    remove,
    async reopen(name) {
      const { entry, clock, sandbox } = held.get(name) ?? {}
      if (!entry || !clock) return
      await remove(name)
      add(entry, clock, sandbox)
    },
    get: (name) => held.get(name),
    all: () => [...held.values()],
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async stop() {
      for (const retry of retries.values()) clearTimeout(retry)
      await Promise.allSettled([...held.values()].map((cluster) => cluster.stop()))
    },
  }
}

/** What stands for a cluster whose configuration cannot be used: it is shown, with the reason and nothing else. */
function unopened(entry: ClusterEntry, clock: ClusterClock, trouble: string): Opened {
  const inventory = createInventory(entry.name)
  inventory.setFacts({ freshness: 'unreachable', trouble })
  const refuse = async (): Promise<never> => {
    throw new Unreachable(trouble, true)
  }
  const api: ClusterApi = { name: entry.name, mode: entry.mode, server: '', request: refuse, stream: refuse, as: () => api }
  const history: History = { ...NOTHING_RECORDED, flush: async () => {} }
  return { entry, clock, api, inventory, history, setClock: () => {}, stop: async () => {} }
}
