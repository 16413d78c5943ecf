import { z } from 'zod'
import { appendAudit } from '../audit/store.ts'
import type { Permit } from '../auth/schema.ts'
import { clusterNow } from '../cluster/rules.ts'
import type { Db } from '../db/client.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import type { PlannedChangeView } from './expected-view.ts'
import { type ImpactContext, type NotFound, noCluster } from './list-services.ts'
import { endOf, stateOf } from './planned-rules.ts'
import { countCovered, endPlanned, loadPlannedById } from './planned-store.ts'
import { actorRef } from './store.ts'

export const EndPlannedChange = z.object({
  cluster: z.string(),
  id: z.string(),
  reason: z.string().trim().max(2000).default(''),
  key: z.string().optional(),
})
export type EndPlannedChange = z.infer<typeof EndPlannedChange>

type Refusal = NotFound | { readonly code: 'not-now'; readonly message: string }

/** Ends a planned change before its time, on every cluster it names. What it has covered stays expected. */
export async function endPlannedChange(
  ctx: ImpactContext & { readonly db: Db },
  permit: Permit<'planned-change.change'>,
  input: EndPlannedChange,
): Promise<Result<PlannedChangeView, Refusal>> {
  const watched = ctx.clusters.get(input.cluster)
  if (!watched) return noCluster(input.cluster)
  const before = await loadPlannedById(ctx.db, input.id)
  if (!before?.clusters.includes(input.cluster))
    return no({ code: 'not-found', message: `There is no planned change ${input.id} on ${input.cluster}.` })
  const now = new Date(clusterNow(watched.clock))
  const ended = await ctx.db.tx(async (tx) => {
    if (!(await endPlanned(tx, input.id, now, permit.by.id))) return false
    const data = { at: now.toISOString(), reason: input.reason }
    await appendAudit(tx, `planned-change:${input.id}`, null, [{ actor: actorRef(permit.by), kind: 'planned-change.ended', data }])
    return true
  })
  if (!ended) return no({ code: 'not-now', message: `This planned change ended already, at ${endOf(before)}.` })
  await Promise.all(before.clusters.map((one) => ctx.impacts.refresh?.(one)))
  const change = { ...before, endedAt: now.toISOString(), endedBy: permit.by.id }
  const covered = (await countCovered(ctx.db, input.cluster, [input.id])).get(input.id) ?? 0
  return ok({ ...change, state: stateOf(change, now.getTime()), covered })
}
