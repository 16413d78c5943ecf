import { z } from 'zod'
import { groupOf, lookAt } from '../argocd/rules.ts'
import type { Look } from '../argocd/schema.ts'
import type { Permit } from '../auth/schema.ts'
import { no, ok, type Result } from '../kernel/result.ts'
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
  /** A past moment; without, now. */
  at: z.iso.datetime({ offset: true }).optional(),
  limit: z.coerce.number().int().min(1).max(2000).default(500),
  cursor: z.string().optional(),
})
export type ListObjects = z.input<typeof ListObjects>

/** What the live store holds, or held at a past moment as far as it was recorded, whether it belongs to a service or to nobody. */
export async function listObjects(
  ctx: ImpactContext,
  _permit: Permit<'cluster.read'>,
  input: ListObjects,
): Promise<Result<ObjectsView, NotFound>> {
  const watched = ctx.clusters.get(input.cluster)
  if (!watched) return noCluster(input.cluster)
  const { inventory } = watched
  const { limit } = ListObjects.parse(input)
  const past = input.at === undefined ? null : await watched.history.at(new Date(input.at))
  if (past?.length === 0) return no({ code: 'not-found', message: `Nothing of ${input.cluster} is recorded at ${input.at}.` })
  const look: Look = past ? lookAt(past) : inventory
  const source = input.kind
    ? look.list(input.kind, input.apiVersion === undefined ? undefined : groupOf(input.apiVersion))
    : input.namespace
      ? look.inNamespace(input.namespace)
      : [...look.all()]
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
    const place = placeOf(one, look)
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
    at: input.at === undefined ? null : new Date(input.at).toISOString(),
    freshness: input.kind ? inventory.freshness(input.kind) : facts.freshness,
    items,
    next: start + limit < found.length ? (page.at(-1)?.uid ?? null) : null,
  })
}
