import type { HealthStatus } from '#lib/cluster/schema'

export type ObjectFilters = {
  readonly q: string
  readonly kind: string
  readonly namespace: string
  readonly health: string
  /** A service's id, or `-` for what belongs to none. */
  readonly service: string
}
export const NO_FILTERS: ObjectFilters = { q: '', kind: '', namespace: '', health: '', service: '' }
/** Written out, so that no schema reaches the browser. */
export const HEALTHS = [
  'Healthy',
  'Suspended',
  'Progressing',
  'Missing',
  'Degraded',
  'Unknown',
  'none',
  'deleting',
] as const satisfies readonly (HealthStatus | 'none' | 'deleting')[]
const NAMES = Object.keys(NO_FILTERS) as (keyof ObjectFilters)[]

/** What an address asks for; a word for health that nobody knows is left out. */
export function objectFiltersOf(params: { get(name: string): string | null }): ObjectFilters {
  const asked = Object.fromEntries(NAMES.map((name) => [name, params.get(name) ?? ''])) as ObjectFilters
  return { ...asked, health: HEALTHS.some((one) => one === asked.health) ? asked.health : '' }
}

/** The filters that are set, as a query of the list and of the address. */
export function queryOf(filters: ObjectFilters): Record<string, string> {
  return Object.fromEntries(NAMES.flatMap((name) => (filters[name].trim() ? [[name, filters[name].trim()]] : [])))
}
