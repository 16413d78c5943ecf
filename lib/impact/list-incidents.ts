import { z } from 'zod'
import type { Permit } from '../auth/schema.ts'
import type { Db } from '../db/client.ts'
import { ok, type Result } from '../kernel/result.ts'
import { listIncidentRows } from './store-read.ts'
import type { IncidentSummary } from './view.ts'

export const ListIncidents = z.object({
  open: z.enum(['true', 'false']).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().optional(),
})
export type ListIncidents = z.input<typeof ListIncidents>

/** Incidents, newest first. */
export async function listIncidents(
  ctx: { readonly db: Pick<Db, 'pool'> },
  _permit: Permit<'incident.read'>,
  input: ListIncidents,
): Promise<Result<{ items: readonly IncidentSummary[]; next: string | null }, never>> {
  const { open, limit, cursor } = ListIncidents.parse(input)
  const rows = await listIncidentRows(ctx.db, { open: open === undefined ? undefined : open === 'true', limit: limit + 1, before: cursor })
  const items = rows.slice(0, limit)
  return ok({ items, next: rows.length > limit ? (items.at(-1)?.openedAt ?? null) : null })
}
