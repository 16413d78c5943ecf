'use client'
import type { SituationView } from '#lib/impact/view'
import { useNow } from '../ui/now.ts'
import { useBoard } from './live-provider.tsx'

/** Now on a cluster's clock: a drill may run faster than life, and its moments are then ahead of ours. */
export function useClusterNow(cluster: string | undefined): number {
  const situation = useBoard<SituationView>('situation', undefined)
  const observed = situation?.clusters.find((one) => one.name === cluster)?.observedAt
  return Math.max(useNow(), observed ? Date.parse(observed) : 0)
}
