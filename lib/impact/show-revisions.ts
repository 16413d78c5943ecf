import { z } from 'zod'
import { groupOf } from '../argocd/rules.ts'
import type { Permit } from '../auth/schema.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import { tellChanges } from './list-changes.ts'
import { type ImpactContext, type NotFound, noCluster } from './list-services.ts'
import type { RevisionsView } from './view.ts'

type Revision = RevisionsView['items'][number]

export const ShowRevisions = z.object({
  cluster: z.string(),
  uid: z.string(),
  n: z.coerce.number().int().min(1).optional(),
  sanitized: z.enum(['true', 'false']).optional(),
})
export type ShowRevisions = z.input<typeof ShowRevisions>

const FAR = 90 * 24 * 3_600_000

/** The recorded life of one object, oldest first; with `n`, that revision's manifest, as it would be restored when `sanitized`. */
export async function showRevisions(
  ctx: ImpactContext,
  _permit: Permit<'cluster.read'>,
  input: ShowRevisions,
): Promise<Result<RevisionsView, NotFound>> {
  const watched = ctx.clusters.get(input.cluster)
  if (!watched) return noCluster(input.cluster)
  const now = Date.now()
  const newest = await watched.history.changes(new Date(now - FAR), new Date(now + 3_600_000), 10_000, {
    newestFirst: true,
    uid: input.uid,
  })
  const changes = newest.toReversed()
  const record = watched.inventory.get(input.uid) ?? changes.at(-1)?.record
  if (!record) return no({ code: 'not-found', message: 'Nothing is recorded of this object.' })
  const told = tellChanges(input.cluster, changes, null).toReversed()
  const items = told.map((one, at): Revision => ({ n: at + 1, at: one.observedAt, what: one.what, by: one.by }))
  const object = { kind: record.kind, namespace: record.namespace, name: record.name, uid: record.uid }
  const { observedAt, freshness } = watched.inventory.facts()
  const seen = { cluster: input.cluster, observedAt, freshness, object, items, next: null }
  if (input.n === undefined) return ok({ ...seen, revision: null })
  const chosen = items.find((one) => one.n === Number(input.n))
  const held = chosen
    ? await watched.history.manifest({ ...object, group: groupOf(record.apiVersion) }, new Date(chosen.at), input.sanitized === 'true')
    : null
  if (!chosen || !held) return no({ code: 'not-found', message: `There is no revision ${input.n} of this object.` })
  return ok({ ...seen, revision: { ...chosen, ...held } })
}
