import { z } from 'zod'
import type { Permit } from '../auth/schema.ts'
import type { Db } from '../db/client.ts'
import { ok, type Result } from '../kernel/result.ts'
import { entryOf, type StoredEntry, summaryOf } from './rules.ts'
import { listEntries, namesOf } from './store.ts'
import type { AuditRow } from './view.ts'

/** The query of GET /audit; `stream` and `kind` may end in `*`, `cursor` is the `next` of the page before. */
export const ListAudit = z.object({
  stream: z.string().optional(),
  actor: z.string().optional(),
  kind: z.string().optional(),
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  cursor: z.coerce.number().int().positive().optional(),
})
export type ListAudit = z.infer<typeof ListAudit>

export type AuditPage = { readonly items: readonly AuditRow[]; readonly next: string | null }

/** Entries newest first, with the names their actors have today. */
export async function listAudit(
  ctx: { readonly db: Pick<Db, 'pool'> },
  _permit: Permit<'audit.read'>,
  input: ListAudit,
): Promise<Result<AuditPage, never>> {
  const rows = await listEntries(ctx.db, { ...input, before: input.cursor, limit: input.limit + 1 })
  const page = rows.slice(0, input.limit)
  const names = await namesOf(
    ctx.db,
    page.map((row) => row.actorId),
  )
  return ok({ items: page.map((row) => auditRow(row, names)), next: rows.length > page.length ? (page.at(-1)?.seq ?? null) : null })
}

function auditRow(row: StoredEntry, names: ReadonlyMap<string, string>): AuditRow {
  const entry = entryOf(row)
  const actor =
    names.get(row.actorId) ?? (row.actorKind === 'system' ? 'Blackstart' : row.actorKind === 'bootstrap' ? 'Bootstrap token' : row.actorId)
  return {
    seq: entry.seq,
    stream: row.stream,
    streamVersion: row.streamVersion,
    at: new Date(row.at).toISOString(),
    hashedAt: row.at,
    actor,
    actorId: row.actorId,
    kind: row.kind,
    summary: summaryOf(entry),
    hash: row.hash,
    prev: row.prev,
    body: row.body,
  }
}
