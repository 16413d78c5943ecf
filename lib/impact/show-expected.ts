import { z } from 'zod'
import type { Permit } from '../auth/schema.ts'
import type { Db } from '../db/client.ts'
import { ok, type Result } from '../kernel/result.ts'
import type { ExpectedView } from './expected-view.ts'
import { listPlannedChanges } from './list-planned-changes.ts'
import type { ImpactContext, NotFound } from './list-services.ts'
import { listRemovals } from './store-memory.ts'

const MOST_PLANNED = 100

export const ShowExpected = z.object({ cluster: z.string() })
export type ShowExpected = z.infer<typeof ShowExpected>

/** All that is not taken for a disaster on a cluster: what was planned, what comes and goes by itself, and removals that are accepted. */
export async function showExpected(
  ctx: ImpactContext & { readonly db: Pick<Db, 'pool'> },
  permit: Permit<'cluster.read'>,
  input: ShowExpected,
): Promise<Result<ExpectedView, NotFound>> {
  const planned = await listPlannedChanges(ctx, permit, input)
  if (!planned.ok) return planned
  const { cluster, observedAt, freshness, items } = planned.value
  return ok({
    cluster,
    observedAt,
    freshness,
    planned: items.slice(0, MOST_PLANNED),
    ephemeral: [...(ctx.impacts.of(cluster)?.ephemeral?.() ?? [])],
    removals: [...(await listRemovals(ctx.db, cluster))],
  })
}
