import { z } from 'zod'
import { appendAudit } from '../audit/store.ts'
import type { Permit } from '../auth/schema.ts'
import type { Db } from '../db/client.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import type { Impacts } from './port.ts'
import { actorRef, loadIncident } from './store.ts'
import { hasRestored, listBaselineRows } from './store-read.ts'

export const MoveT0 = z.object({
  id: z.string(),
  t0: z.iso.datetime({ offset: true }).optional(),
  /** A baseline whose moment it becomes, instead of `t0`. */
  baseline: z.string().optional(),
  reason: z.string().trim().max(2000).default(''),
  key: z.string().optional(),
})
export type MoveT0 = z.input<typeof MoveT0>
export type MoveT0Refusal = { readonly code: 'not-found' | 'incident-closed' | 'bad-input' | 'not-now'; readonly message: string }

/** Another moment to compare with. The lead may move it until something was restored from it. */
export async function moveT0(
  ctx: { readonly db: Db; readonly impacts: Impacts },
  permit: Permit<'incident.change'>,
  input: MoveT0,
): Promise<Result<{ id: string; t0: string }, MoveT0Refusal>> {
  const incident = await loadIncident(ctx.db, input.id)
  if (!incident) return no({ code: 'not-found', message: 'There is no such incident.' })
  if (incident.closed_at) return no({ code: 'incident-closed', message: 'The incident is closed: its T0 stands.' })
  const said = input.baseline === undefined ? input.t0 : await momentOfBaseline(ctx.db, incident.cluster, input.baseline)
  if (said === undefined)
    return no({
      code: 'bad-input',
      message: input.baseline === undefined ? 'Say which moment: `t0` or `baseline`.' : `${incident.cluster} has no such baseline.`,
    })
  const t0 = new Date(said)
  if (t0.getTime() > incident.opened_at.getTime()) return no({ code: 'bad-input', message: 'T0 must be before the incident was opened.' })
  if (await hasRestored(ctx.db, input.id))
    return no({ code: 'not-now', message: 'Objects were restored from T0 already: it can no longer move.' })
  await ctx.db.tx(async (tx) => {
    await tx.$executeRawUnsafe('UPDATE incident SET t0 = $2, t0_by = $3 WHERE id = $1', input.id, t0, permit.by.id)
    await appendAudit(tx, `incident:${input.id}`, null, [
      {
        actor: actorRef(permit.by),
        kind: 'incident.t0-moved',
        data: { from: incident.t0.toISOString(), to: t0.toISOString(), reason: input.reason ?? '' },
      },
    ])
  })
  await ctx.impacts.refresh?.(incident.cluster)
  return ok({ id: input.id, t0: t0.toISOString() })
}

async function momentOfBaseline(db: Pick<Db, 'pool'>, cluster: string, id: string): Promise<string | undefined> {
  return (await listBaselineRows(db, cluster, id))[0]?.at
}
