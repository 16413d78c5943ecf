import type { Freshness } from '#lib/cluster/schema'

/** Greys what can no longer be vouched for; never removes it. */
export function agedClass(freshness: Freshness): string {
  return freshness === 'live' || freshness === 'catching-up' ? '' : 'grayscale opacity-85'
}
