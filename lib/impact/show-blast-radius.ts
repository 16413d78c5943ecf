import { z } from 'zod'
import { findInstances } from '../argocd/find-instances.ts'
import { blastRadius, groupOf } from '../argocd/rules.ts'
import type { BlastView } from '../argocd/view.ts'
import type { Permit } from '../auth/schema.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import { placeOf, serviceId } from '../services/rules.ts'
import { refOf } from './evidence-rules.ts'
import { type ImpactContext, type NotFound, noCluster } from './list-services.ts'

export const ShowBlastRadius = z.object({
  cluster: z.string(),
  apiVersion: z.string().optional(),
  kind: z.string(),
  namespace: z.string().default(''),
  name: z.string(),
})
export type ShowBlastRadius = z.input<typeof ShowBlastRadius>

const MOST = 50

/** What would go if this object were deleted now, and how. Changes nothing. */
export function showBlastRadius(ctx: ImpactContext, _permit: Permit<'cluster.read'>, input: ShowBlastRadius): Result<BlastView, NotFound> {
  const watched = ctx.clusters.get(input.cluster)
  if (!watched) return noCluster(input.cluster)
  const { inventory } = watched
  const target = inventory.find(
    input.kind,
    input.namespace ?? '',
    input.name,
    input.apiVersion === undefined ? undefined : groupOf(input.apiVersion),
  )
  if (!target) return no({ code: 'not-found', message: `There is no ${input.kind} ${input.name} on ${input.cluster}.` })
  const radius = blastRadius(inventory, target, findInstances(inventory))
  const board = ctx.impacts.of(input.cluster)
  const services = new Map<string, number>()
  for (const one of radius.objects) {
    const place = placeOf(one, inventory)
    const id = place ? serviceId(input.cluster, place) : null
    if (id && board?.row(id)) services.set(id, (services.get(id) ?? 0) + 1)
  }
  const { observedAt, freshness } = inventory.facts()
  return ok({
    observedAt,
    freshness,
    target: refOf(target),
    total: radius.objects.length,
    services: [...services]
      .map(([id, objects]) => ({ id, name: board?.row(id)?.name ?? id, tier: board?.row(id)?.tier ?? 3, objects }))
      .sort((a, b) => a.tier - b.tier || a.name.localeCompare(b.name)),
    steps: radius.steps.map((step) => ({
      mechanism: step.mechanism,
      by: refOf(step.by),
      how: step.how,
      waits: step.waits,
      count: step.objects.length,
      kinds: [...Map.groupBy(step.objects, (one) => one.kind)]
        .map(([kind, all]) => ({ kind, count: all.length }))
        .sort((a, b) => b.count - a.count),
      objects: step.objects.slice(0, MOST).map(refOf),
    })),
    notes: [...radius.notes],
  })
}
