import { openPast } from './look-back.ts'
import type { Impacts, Past, StripPoint } from './port.ts'
import { type Tended, type TendOptions, tendCluster } from './tend-cluster.ts'
import type { LiveBoard } from './watch-impact.ts'

export interface SignalWatch extends Impacts {
  of(cluster: string): LiveBoard | undefined
  strip(cluster: string): readonly StripPoint[]
  refresh(cluster: string): Promise<void>
  accept(cluster: string, service: string, reason: string): void
  lookBack(at: Date, cluster?: string): Promise<Past | null>
  stop(): Promise<void>
}

/** Watches every cluster: its board of services, its signals and its incident, for as long as the cluster is there. */
export function watchSignals(options: TendOptions): SignalWatch {
  const units = new Map<string, Tended>()
  const listeners = new Set<() => void>()
  const tell = () => {
    for (const listener of [...listeners]) listener()
  }
  function settle(): void {
    for (const watched of options.clusters.all())
      if (!units.has(watched.entry.name))
        units.set(
          watched.entry.name,
          tendCluster(watched, options, tell, () => units.values()),
        )
    for (const [name, unit] of units) {
      if (options.clusters.get(name) === unit.watched) continue
      units.delete(name)
      void unit.leave().then(tell)
      if (options.clusters.get(name)) settle()
    }
  }
  const unsubscribe = options.clusters.onChange(settle)
  settle()
  const watch: SignalWatch = {
    lookBack: openPast({ ...options, impacts: () => watch }),
    of: (cluster) => units.get(cluster)?.board() ?? undefined,
    signals: () => [...units.values()].flatMap((unit) => unit.signals()).sort((a, b) => b.openedAt.localeCompare(a.openedAt)),
    onSignals(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    strip: (cluster) => units.get(cluster)?.strip.points() ?? [],
    refresh: async (cluster) => units.get(cluster)?.refresh(),
    accept: (cluster, service, reason) => units.get(cluster)?.board()?.accept(service, reason),
    async stop() {
      unsubscribe()
      await Promise.allSettled([...units.values()].map((unit) => unit.stop()))
      units.clear()
    },
  }
  return watch
}
