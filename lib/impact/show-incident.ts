import { z } from 'zod'
import type { Permit } from '../auth/schema.ts'
import type { Db } from '../db/client.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import type { NotFound } from './list-services.ts'
import type { Impacts } from './port.ts'
import { loadSignal } from './store.ts'
import { incidentClocks, listIncidentRows, listNotes } from './store-read.ts'
import type { IncidentView } from './view.ts'

export const ShowIncident = z.object({ id: z.string() })
export type ShowIncident = z.infer<typeof ShowIncident>

/** One incident with its signals in full, its notes and its clocks. */
export async function showIncident(
  ctx: { readonly db: Pick<Db, 'pool'>; readonly impacts: Impacts },
  _permit: Permit<'incident.read' | 'incident.change' | 'run.read'>,
  input: ShowIncident,
): Promise<Result<IncidentView, NotFound>> {
  const [incident] = await listIncidentRows(ctx.db, { id: input.id, limit: 1 })
  if (!incident) return no({ code: 'not-found', message: 'There is no such incident.' })
  const live = new Map(ctx.impacts.signals().map((one) => [one.id, one]))
  const details = await Promise.all(incident.signals.map(async (id) => live.get(id) ?? (await loadSignal(ctx.db, id))))
  return ok({
    ...incident,
    details: details.filter((one) => one !== null),
    notes: [...(await listNotes(ctx.db, input.id))],
    clocks: { ...(await incidentClocks(ctx.db, input.id)), closedAt: incident.closedAt },
  })
}
