import { z } from 'zod'
import { appendAudit } from '../audit/store.ts'
import type { Permit } from '../auth/schema.ts'
import type { Db } from '../db/client.ts'
import { newId } from '../kernel/id.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import type { NotFound } from './list-services.ts'
import { actorRef, loadIncident } from './store.ts'
import type { NoteRow } from './view.ts'

export const AddNote = z.object({
  id: z.string(),
  text: z.string().trim().min(1).max(4000),
  at: z.iso.datetime({ offset: true }).optional(),
  key: z.string().optional(),
})
export type AddNote = z.infer<typeof AddNote>

/** What somebody did or saw, at the time it happened; written down now. */
export async function addNote(
  ctx: { readonly db: Db },
  permit: Permit<'incident.change'>,
  input: AddNote,
): Promise<Result<NoteRow, NotFound>> {
  if (!(await loadIncident(ctx.db, input.id))) return no({ code: 'not-found', message: 'There is no such incident.' })
  const written = new Date()
  const at = input.at ? new Date(input.at) : written
  const id = newId()
  await ctx.db.tx(async (tx) => {
    await tx.$executeRawUnsafe(
      'INSERT INTO incident_note (id, incident, at, written_at, "by", text) VALUES ($1, $2, $3, $4, $5, $6)',
      id,
      input.id,
      at,
      written,
      permit.by.id,
      input.text,
    )
    await appendAudit(tx, `incident:${input.id}`, null, [
      { actor: actorRef(permit.by), kind: 'incident.note', data: { note: id, at: at.toISOString(), text: input.text } },
    ])
  })
  return ok({ id, at: at.toISOString(), writtenAt: written.toISOString(), by: permit.by.id, text: input.text })
}
