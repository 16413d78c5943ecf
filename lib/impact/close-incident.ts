import { z } from 'zod'
import { appendAudit } from '../audit/store.ts'
import type { Permit } from '../auth/schema.ts'
import { clusterNow } from '../cluster/rules.ts'
import type { Db } from '../db/client.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import type { Hub } from '../live/port.ts'
import type { ImpactContext } from './list-services.ts'
import { showIncident } from './show-incident.ts'
import { actorRef, loadIncident } from './store.ts'
import type { IncidentView } from './view.ts'

export const CloseIncident = z.object({
  id: z.string(),
  reason: z.string().trim().min(3, 'say why, in a few words').max(2000),
  key: z.string().optional(),
})
export type CloseIncident = z.infer<typeof CloseIncident>
type Refusal = { readonly code: 'not-found' | 'incident-closed' | 'not-now'; readonly message: string }

/** A person says that it is over. One with an open signal or an open run is not. */
export async function closeIncident(
  ctx: ImpactContext & { readonly db: Db; readonly hub: Hub },
  permit: Permit<'incident.change'>,
  input: CloseIncident,
): Promise<Result<IncidentView, Refusal>> {
  const incident = await loadIncident(ctx.db, input.id)
  if (!incident) return no({ code: 'not-found', message: 'There is no such incident.' })
  if (incident.closed_at) return no({ code: 'incident-closed', message: 'The incident is closed already.' })
  const open = await ctx.db.pool.query<{ what: string }>(
    `SELECT 'run of ' || runbook AS what FROM run WHERE incident = $1 AND stage <> 'closed'
     UNION ALL SELECT 'signal “' || title || '”' FROM signal WHERE incident = $1 AND closed_at IS NULL LIMIT 1`,
    [input.id],
  )
  if (open.rows[0]) return no({ code: 'not-now', message: `It is not over: the ${open.rows[0].what} is open.` })
  const watched = ctx.clusters.get(incident.cluster)
  const at = new Date(watched ? clusterNow(watched.clock) : Date.now())
  await ctx.db.tx(async (tx) => {
    const closed = await tx.$executeRawUnsafe('UPDATE incident SET closed_at = $2 WHERE id = $1 AND closed_at IS NULL', input.id, at)
    if (closed > 0)
      await appendAudit(tx, `incident:${input.id}`, null, [
        { actor: actorRef(permit.by), kind: 'incident.closed', data: { reason: input.reason } },
      ])
  })
  await ctx.impacts.refresh?.(incident.cluster)
  for (const topic of ['incidents', 'situation']) ctx.hub.touch(topic)
  const shown = await showIncident(ctx, permit, { id: input.id })
  return shown.ok ? ok(shown.value) : no(shown.error)
}
