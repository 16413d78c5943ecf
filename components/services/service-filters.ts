import type { Impact } from '#lib/impact/schema'
import type { ServiceRow } from '#lib/impact/view'
import { IMPACT } from '../impact/words.ts'

export type Filters = { readonly impact: string; readonly tier: string; readonly owner: string; readonly q: string }

export function filtersOf(params: { get(name: string): string | null }): Filters {
  return { impact: params.get('impact') ?? '', tier: params.get('tier') ?? '', owner: params.get('owner') ?? '', q: params.get('q') ?? '' }
}

/** `q` is looked for in name, namespace, owner, contact and application; an owner of `-` means that nobody is known. */
export function filterServices(rows: readonly ServiceRow[], { impact, tier, owner, q }: Filters): ServiceRow[] {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean)
  return rows.filter((row) => {
    if (impact && !row.impacts.some((one) => one === impact) && row.impact !== impact) return false
    if (tier && String(row.tier) !== tier) return false
    if (owner && (owner === '-' ? row.owner !== null : row.owner !== owner)) return false
    if (words.length === 0) return true
    const text = `${row.name} ${row.namespace} ${row.owner ?? ''} ${row.contact ?? ''} ${row.application ?? ''}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
}

/** How many services each impact applies to, worst first; those without any are left out. */
export function impactsOf(rows: readonly ServiceRow[]): { readonly impact: Impact; readonly count: number }[] {
  return (Object.keys(IMPACT) as Impact[])
    .map((impact) => ({ impact, count: rows.filter((row) => row.impacts.includes(impact)).length }))
    .filter((one) => one.count > 0)
}
