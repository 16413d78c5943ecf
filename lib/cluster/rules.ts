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
