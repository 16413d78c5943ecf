import { z } from 'zod'
import { ActorRef, type AuditEntry, type NewEntry } from './schema.ts'

/** The format of bodies written today; readers know every earlier one for ever. */
export const FORMAT = 1

/** What is hashed of an entry, before it becomes RFC 8785 text: all but seq, time and the previous hash. */
export const Body = z.object({ v: z.literal(FORMAT), stream: z.string(), actor: ActorRef, kind: z.string(), data: z.record(z.string(), z.unknown()) })
export type Body = z.infer<typeof Body>

/** One row of `audit_entry`; `at` with microseconds, hashes in hex. */
export type StoredEntry = {
  readonly seq: string
  readonly stream: string
  readonly streamVersion: number
  readonly at: string
  readonly body: string
  readonly prev: string
  readonly hash: string
}

export function bodyOf(stream: string, entry: NewEntry): Body {
  return { v: FORMAT, stream, actor: { kind: entry.actor.kind, id: entry.actor.id, roles: [...entry.actor.roles] }, kind: entry.kind, data: { ...entry.data } }
}

/** A stored row as the rest of the house reads it; throws when the body is not of a known format. */
export function entryOf(row: StoredEntry): AuditEntry {
  const body = Body.parse(JSON.parse(row.body))
  return { seq: Number(row.seq), stream: row.stream, streamVersion: row.streamVersion, at: row.at, actor: body.actor, kind: body.kind, data: body.data, hash: row.hash, prev: row.prev }
}
