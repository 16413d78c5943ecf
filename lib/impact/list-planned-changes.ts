import { z } from 'zod'
import type { Permit } from '../auth/schema.ts'
import { clusterNow } from '../cluster/rules.ts'
import type { Db } from '../db/client.ts'
import { ok, type Result } from '../kernel/result.ts'
import type { PlannedChangesView } from './expected-view.ts'
import { type ImpactContext, type NotFound, noCluster } from './list-services.ts'
import { stateOf } from './planned-rules.ts'
import { countCovered, loadPlanned } from './planned-store.ts'

const SHOWN_MS = 90 * 24 * 3_600_000

export const ListPlannedChanges = z.object({ cluster: z.string() })
export type ListPlannedChanges = z.infer<typeof ListPlannedChanges>

/** Planned changes of the last 90 days, the latest beginning first. */
export async function listPlannedChanges(
  ctx: ImpactContext & { readonly db: Pick<Db, 'pool'> },
  _permit: Permit<'cluster.read'>,
  input: ListPlannedChanges,
): Promise<Result<PlannedChangesView, NotFound>> {
  const watched = ctx.clusters.get(input.cluster)
  if (!watched) return noCluster(input.cluster)
  const now = clusterNow(watched.clock)
  const changes = await loadPlanned(ctx.db, input.cluster, new Date(now - SHOWN_MS))
  const covered = await countCovered(
    ctx.db,
    input.cluster,
    changes.map((one) => one.id),
  )
  const { observedAt, freshness } = watched.inventory.facts()
  const items = changes.map((one) => ({ ...one, state: stateOf(one, now), covered: covered.get(one.id) ?? 0 }))
  return ok({ cluster: input.cluster, observedAt, freshness, items, next: null })
}
