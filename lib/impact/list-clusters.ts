import type { Permit } from '../auth/schema.ts'
import { ok, type Result } from '../kernel/result.ts'
import type { ImpactContext } from './list-services.ts'
import { summaryOf } from './show-situation.ts'
import type { ClusterSummary } from './view.ts'

/** Every watched cluster, with how much of it can be trusted now. */
export function listClusters(
  ctx: ImpactContext,
  _permit: Permit<'cluster.read'>,
): Result<{ items: readonly ClusterSummary[]; next: null }, never> {
  return ok({ items: ctx.clusters.all().map((one) => summaryOf(one, ctx.impacts)), next: null })
}
