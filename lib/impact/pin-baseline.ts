import { z } from 'zod'
import { appendAudit } from '../audit/store.ts'
import type { Permit } from '../auth/schema.ts'
import { clusterNow } from '../cluster/rules.ts'
import type { Db } from '../db/client.ts'
import { newId } from '../kernel/id.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import { type ImpactContext, noCluster } from './list-services.ts'
import { actorRef } from './store.ts'
import { listBaselineRows } from './store-read.ts'
import type { BaselineRow, BaselinesView } from './view.ts'

export const PinBaseline = z.object({
  cluster: z.string(),
  label: z.string().trim().min(1).max(200),
  at: z.iso.datetime({ offset: true }).optional(),
  key: z.string().optional(),
})
export type PinBaseline = z.infer<typeof PinBaseline>
export type PinRefusal = { readonly code: 'not-found' | 'bad-input'; readonly message: string }

/** Names an instant of the recorded history, such as "before the upgrade"; copies nothing. */
export async function pinBaseline(
  ctx: ImpactContext & { readonly db: Db },
  permit: Permit<'baseline.pin'>,
  input: PinBaseline,
): Promise<Result<BaselineRow, PinRefusal>> {
  const watched = ctx.clusters.get(input.cluster)
  if (!watched) return noCluster(input.cluster)
  const now = new Date(clusterNow(watched.clock))
  const at = input.at ? new Date(input.at) : now
  if (at.getTime() > now.getTime()) return no({ code: 'bad-input', message: 'A baseline is a moment of the past.' })
  await watched.history.flush()
  if (input.at !== undefined && (await watched.history.at(at)).length === 0)
    return no({
      code: 'bad-input',
      message: `Nothing of ${input.cluster} is recorded at ${at.toISOString()}: choose a later moment, or import what there was then.`,
    })
  const row: BaselineRow = {
    id: newId(),
    cluster: input.cluster,
    label: input.label,
    at: at.toISOString(),
    pinnedAt: new Date().toISOString(),
    pinnedBy: permit.by.id,
    imported: null,
  }
  await ctx.db.tx(async (tx) => {
    await tx.$executeRawUnsafe(
      'INSERT INTO baseline (id, cluster, label, at, pinned_at, pinned_by) VALUES ($1, $2, $3, $4, $5, $6)',
      row.id,
      row.cluster,
      row.label,
      at,
      new Date(row.pinnedAt),
      row.pinnedBy,
    )
    await appendAudit(tx, `baseline:${row.id}`, 0, [
      { actor: actorRef(permit.by), kind: 'baseline.pinned', data: { cluster: row.cluster, label: row.label, at: row.at } },
    ])
  })
  return ok(row)
}

export const ListBaselines = z.object({ cluster: z.string() })
export type ListBaselines = z.infer<typeof ListBaselines>

export async function listBaselines(
  ctx: ImpactContext & { readonly db: Pick<Db, 'pool'> },
  _permit: Permit<'cluster.read'>,
  input: ListBaselines,
): Promise<Result<BaselinesView, PinRefusal>> {
  const watched = ctx.clusters.get(input.cluster)
  if (!watched) return noCluster(input.cluster)
  const { observedAt, freshness } = watched.inventory.facts()
  return ok({ cluster: input.cluster, observedAt, freshness, items: [...(await listBaselineRows(ctx.db, input.cluster))], next: null })
}
