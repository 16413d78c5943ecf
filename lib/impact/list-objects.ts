import { z } from 'zod'
import { groupOf } from '../argocd/rules.ts'
import type { Permit } from '../auth/schema.ts'
import { ok, type Result } from '../kernel/result.ts'
import { placeOf, serviceId } from '../services/rules.ts'
import { type ImpactContext, type NotFound, noCluster } from './list-services.ts'
import { readState } from './rules.ts'
import { objectRow } from './show-service.ts'
import type { ObjectsView } from './view.ts'

export const ListObjects = z.object({
  cluster: z.string(),
  apiVersion: z.string().optional(),
  kind: z.string().optional(),
  namespace: z.string().optional(),
  name: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(2000).default(500),
  cursor: z.string().optional(),
})
export type ListObjects = z.input<typeof ListObjects>

/** What the live store holds, whether it belongs to a service or to nobody. */
export function listObjects(ctx: ImpactContext, _permit: Permit<'cluster.read'>, input: ListObjects): Result<ObjectsView, NotFound> {
  const watched = ctx.clusters.get(input.cluster)
  if (!watched) return noCluster(input.cluster)
  const { inventory } = watched
  const { limit } = ListObjects.parse(input)
  const source = input.kind
    ? inventory.list(input.kind, input.apiVersion === undefined ? undefined : groupOf(input.apiVersion))
    : input.namespace
      ? inventory.inNamespace(input.namespace)
      : [...inventory.all()]
  const found = source
    .filter(
      (one) =>
        (input.apiVersion === undefined || one.apiVersion === input.apiVersion) &&
        (input.namespace === undefined || one.namespace === input.namespace) &&
        (input.name === undefined || one.name === input.name),
    )
    .toSorted((a, b) => `${a.kind}/${a.namespace}/${a.name}/${a.uid}`.localeCompare(`${b.kind}/${b.namespace}/${b.name}/${b.uid}`))
  const start = input.cursor ? found.findIndex((one) => one.uid === input.cursor) + 1 : 0
  const page = found.slice(start, start + limit)
  const items = page.map((one) => {
    const place = placeOf(one, inventory)
    return objectRow(
      one,
      one.deletingAt ? 'deleting' : 'present',
      one.deletingAt ? `held by ${one.finalizers.join(', ') || 'nothing'}` : readState(one),
      place ? serviceId(input.cluster, place) : null,
    )
  })
  const facts = inventory.facts()
  return ok({
    cluster: input.cluster,
    observedAt: facts.observedAt,
    freshness: input.kind ? inventory.freshness(input.kind) : facts.freshness,
    items,
    next: start + limit < found.length ? (page.at(-1)?.uid ?? null) : null,
  })
}
