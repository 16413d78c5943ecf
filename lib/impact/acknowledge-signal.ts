import { z } from 'zod'
import { appendAudit } from '../audit/store.ts'
import type { Permit } from '../auth/schema.ts'
import { clusterNow } from '../cluster/rules.ts'
import type { Db } from '../db/client.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import type { ImpactContext, NotFound } from './list-services.ts'
import { actorRef, loadSignal } from './store.ts'
import type { SignalView } from './view.ts'

export const AcknowledgeSignal = z.object({ id: z.string(), key: z.string().optional() })
export type AcknowledgeSignal = z.infer<typeof AcknowledgeSignal>

/** Somebody has seen it. It never closes a signal; the first who acknowledges stays named, a second time changes nothing. */
export async function acknowledgeSignal(
  ctx: ImpactContext & { readonly db: Db },
  permit: Permit<'signal.acknowledge'>,
  input: AcknowledgeSignal,
): Promise<Result<SignalView, NotFound>> {
  const known = await loadSignal(ctx.db, input.id)
  if (!known) return no({ code: 'not-found', message: 'There is no such signal.' })
  const watched = ctx.clusters.get(known.cluster)
  // Beside `since` and `openedAt` it stands in the cluster's own time; the chain keeps the wall's.
  const at = new Date(watched ? clusterNow(watched.clock) : Date.now())
  await ctx.db.tx(async (tx) => {
    const first = await tx.$executeRawUnsafe(
      'UPDATE signal SET acknowledged_by = $2, acknowledged_at = $3 WHERE id = $1 AND acknowledged_at IS NULL',
      input.id,
      permit.by.id,
      at,
    )
    if (first > 0)
      await appendAudit(tx, `signal:${input.id}`, null, [
        { actor: actorRef(permit.by), kind: 'signal.acknowledged', data: { at: at.toISOString() } },
      ])
  })
  await ctx.impacts.refresh?.(known.cluster)
  const view = ctx.impacts.signals().find((one) => one.id === input.id) ?? (await loadSignal(ctx.db, input.id))
  return view ? ok(view) : no({ code: 'not-found', message: 'There is no such signal.' })
}
