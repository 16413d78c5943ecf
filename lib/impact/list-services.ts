import { z } from 'zod'
import type { Permit } from '../auth/schema.ts'
import type { Clusters } from '../inventory/port.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import { AsOf, type PastContext } from './look-at-past.ts'
import type { Impacts } from './port.ts'
import { Impact } from './schema.ts'
import type { ServicesView } from './view.ts'

export const ListServices = z.object({
  cluster: z.string(),
  impact: Impact.optional(),
  tier: z.coerce.number().int().min(0).max(3).optional(),
  owner: z.string().optional(),
  /** Words that must all occur in name, namespace, owner or Application. */
  q: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(5000).default(500),
  cursor: z.string().optional(),
  at: AsOf,
})
export type ListServices = z.input<typeof ListServices>

export type ImpactContext = PastContext & { readonly clusters: Clusters; readonly impacts: Impacts }
export type NotFound = { readonly code: 'not-found'; readonly message: string }

export function noCluster(name: string): { readonly ok: false; readonly error: NotFound } {
  return no({ code: 'not-found', message: `There is no cluster ${name} here.` })
}

/** Services in order tier, impact, name; `impact` finds every service that it applies to, not only as the worst. */
export function listServices(ctx: ImpactContext, _permit: Permit<'service.read'>, input: ListServices): Result<ServicesView, NotFound> {
  const watched = ctx.clusters.get(input.cluster)
  if (!watched) return noCluster(input.cluster)
  const { limit } = ListServices.parse(input)
  const words = (input.q ?? '').toLowerCase().split(/\s+/).filter(Boolean)
  const tier = input.tier === undefined ? undefined : Number(input.tier)
  const rows = (ctx.impacts.of(input.cluster)?.rows() ?? []).filter(
    (row) =>
      (!input.impact || row.impacts.includes(input.impact)) &&
      (tier === undefined || row.tier === tier) &&
      (!input.owner || row.owner === input.owner) &&
      words.every((word) => `${row.name} ${row.namespace} ${row.owner ?? ''} ${row.application ?? ''}`.toLowerCase().includes(word)),
  )
  const start = input.cursor ? rows.findIndex((row) => row.id === input.cursor) + 1 : 0
  const items = rows.slice(start, start + limit)
  const facts = watched.inventory.facts()
  return ok({
    cluster: input.cluster,
    observedAt: facts.observedAt,
    freshness: facts.freshness,
    items,
    next: start + limit < rows.length ? (items.at(-1)?.id ?? null) : null,
    ...(ctx.past ? { past: ctx.past } : {}),
  })
}
