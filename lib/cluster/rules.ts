import type { Freshness, KindState } from './schema.ts'

/** A cluster's own time, linear in the wall's: a live one's is the wall's, a sandbox's may run faster. */
export type ClusterClock = { readonly base: number; readonly at: number; readonly factor: number }

export const WALL: ClusterClock = { base: 0, at: 0, factor: 1 }

/** Cluster time in ms since the epoch at wall time `wall`. */
export function clusterNow(clock: ClusterClock, wall: number = Date.now()): number {
  return clock.base + (wall - clock.at) * clock.factor
}

/** Wall milliseconds that `ms` of cluster time take. */
export function wallMs(clock: ClusterClock, ms: number): number {
  return ms / clock.factor
}

/** Worst first, among kinds that may be read. */
const WORST = ['unreachable', 'stale', 'catching-up', 'live'] as const

/** What is derived from several kinds is as old as the oldest of them; one that may not be read, or is gone, says nothing of its age. */
export function oldestFreshness(
  kinds: readonly Pick<KindState, 'freshness' | 'observedAt'>[],
  otherwise: { readonly freshness: Freshness; readonly observedAt: string | null },
): { readonly freshness: Freshness; readonly observedAt: string | null } {
  const read = kinds.filter((one) => one.freshness !== 'forbidden' && one.freshness !== 'no-longer-served')
  const freshness = WORST.find((word) => read.some((one) => one.freshness === word))
  if (freshness === undefined) return { freshness: otherwise.freshness, observedAt: otherwise.observedAt }
  const ages = read.map((one) => one.observedAt)
  return { freshness, observedAt: ages.includes(null) ? null : (ages.toSorted().at(0) ?? null) }
}
