import { Impact } from './schema.ts'
import type { ImpactCounts, ServiceRow } from './view.ts'

/** Worst first, in the order of the vocabulary. */
export function worstFirst(impacts: Iterable<Impact>): readonly Impact[] {
  return [...new Set(impacts)].sort((a, b) => Impact.options.indexOf(a) - Impact.options.indexOf(b))
}

const COUNT_OF: Readonly<Record<Impact, keyof ImpactCounts>> = {
  'deletion-pending': 'deletionPending',
  'data-at-risk': 'dataAtRisk',
  lost: 'lost',
  degraded: 'degraded',
  unmanaged: 'unmanaged',
  recovering: 'recovering',
  changing: 'changing',
  healthy: 'healthy',
  removed: 'removed',
  unknown: 'unknown',
}

/** Services by impact; a service counts under every impact that applies to it, so the sum may exceed the services. */
export function countImpacts(rows: Iterable<{ readonly impacts: readonly Impact[] }>): ImpactCounts {
  const counts = {
    deletionPending: 0,
    dataAtRisk: 0,
    lost: 0,
    degraded: 0,
    unmanaged: 0,
    recovering: 0,
    changing: 0,
    healthy: 0,
    removed: 0,
    unknown: 0,
  }
  for (const row of rows) for (const impact of row.impacts) counts[COUNT_OF[impact]]++
  return counts
}

/** Tier, then impact, then name: the order in which people read. */
export function byUrgency(a: ServiceRow, b: ServiceRow): number {
  return (
    a.tier - b.tier ||
    Impact.options.indexOf(a.impact) - Impact.options.indexOf(b.impact) ||
    a.name.localeCompare(b.name) ||
    a.id.localeCompare(b.id)
  )
}
