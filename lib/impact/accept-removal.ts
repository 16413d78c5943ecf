import { z } from 'zod'
import { appendAudit } from '../audit/store.ts'
import type { Permit } from '../auth/schema.ts'
import type { Db } from '../db/client.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import { type ImpactContext, type NotFound, noCluster } from './list-services.ts'
import { actorRef } from './store.ts'
import type { ServiceRow } from './view.ts'

export const AcceptRemoval = z.object({
  cluster: z.string(),
  service: z.string(),
  reason: z.string().trim().min(3, 'say why, in a few words').max(2000),
  key: z.string().optional(),
})
export type AcceptRemoval = z.infer<typeof AcceptRemoval>

/** A person says that what is gone was meant to go: shown greyed with the reason, never hidden. */
export async function acceptRemoval(
  ctx: ImpactContext & { readonly db: Db },
  permit: Permit<'service.accept-removal'>,
  input: AcceptRemoval,
): Promise<Result<ServiceRow, NotFound>> {
  if (!ctx.clusters.get(input.cluster)) return noCluster(input.cluster)
  const id = input.service.startsWith(`${input.cluster}/`) ? input.service : `${input.cluster}/${input.service}`
  const row = ctx.impacts.of(input.cluster)?.row(id)
  if (!row) return no({ code: 'not-found', message: `There is no service ${id} on ${input.cluster}.` })
  await ctx.db.tx(async (tx) => {
    await tx.$executeRawUnsafe(
      'INSERT INTO accepted_removal (cluster, service, at, "by", reason) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (cluster, service) DO UPDATE SET at = excluded.at, "by" = excluded."by", reason = excluded.reason, due_at = NULL',
      input.cluster,
      id,
      new Date(),
      permit.by.id,
      input.reason,
    )
    await appendAudit(tx, `service:${id}`, null, [
      {
        actor: actorRef(permit.by),
        kind: 'service.removal-accepted',
        data: { cluster: input.cluster, service: id, was: row.impacts, reason: input.reason },
      },
    ])
  })
  ctx.impacts.accept?.(input.cluster, id, input.reason)
  return ok(ctx.impacts.of(input.cluster)?.row(id) ?? row)
}
