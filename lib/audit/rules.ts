import { z } from 'zod'
import { ActorRef, type AuditEntry, type NewEntry } from './schema.ts'

/** The format of bodies written today; readers know every earlier one for ever. */
export const FORMAT = 1

/** What is hashed of an entry, before it becomes RFC 8785 text: all but seq, time and the previous hash. */
export const Body = z.object({
  v: z.literal(FORMAT),
  stream: z.string(),
  actor: ActorRef,
  kind: z.string(),
  data: z.record(z.string(), z.unknown()),
})
export type Body = z.infer<typeof Body>

/** One row of `audit_entry`; `at` in UTC with six decimals, hashes in lower-case hex. */
export type StoredEntry = {
  readonly seq: string
  readonly stream: string
  readonly streamVersion: number
  readonly at: string
  readonly actorKind: string
  readonly actorId: string
  readonly kind: string
  readonly body: string
  readonly prev: string
  readonly hash: string
}

/** SHA-256, given by whoever calls, so that the rules hold in a browser too. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array

export const GENESIS = '00'.repeat(32)

export function bodyOf(stream: string, entry: NewEntry): Body {
  return {
    v: FORMAT,
    stream,
    actor: { kind: entry.actor.kind, id: entry.actor.id, roles: [...entry.actor.roles] },
    kind: entry.kind,
    data: { ...entry.data },
  }
}

/** A stored row as the rest of the house reads it; throws when the body is not of a known format. */
export function entryOf(row: StoredEntry): AuditEntry {
  const body = Body.parse(JSON.parse(row.body))
  return {
    seq: Number(row.seq),
    stream: row.stream,
    streamVersion: row.streamVersion,
    at: row.at,
    actor: body.actor,
    kind: body.kind,
    data: body.data,
    hash: row.hash,
    prev: row.prev,
  }
}

/**
 * The hash of an entry in hex: sha256(prev ‖ seq ‖ at ‖ sha256(body)), seq and at (microseconds since 1970) as 8 bytes each,
 * big-endian. The database computes the same in `audit_hash()`.
 */
export function entryHash(
  entry: { readonly prev: string; readonly seq: number; readonly at: string; readonly body: string },
  sha256: Sha256,
): string {
  const bytes = new Uint8Array(32 + 8 + 8 + 32)
  const view = new DataView(bytes.buffer)
  bytes.set(fromHex(entry.prev))
  view.setBigInt64(32, BigInt(entry.seq))
  view.setBigInt64(40, microseconds(entry.at))
  bytes.set(sha256(new TextEncoder().encode(entry.body)), 48)
  return toHex(sha256(bytes))
}

/** Microseconds since 1970 of `2026-01-31T12:00:00.123456Z`; fewer decimals mean zeros. */
export function microseconds(at: string): bigint {
  const [, whole, decimals = ''] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?Z$/.exec(at) ?? []
  if (!whole) throw new TypeError(`not a time in UTC with at most six decimals: ${at}`)
  return BigInt(Date.parse(`${whole}Z`)) * 1000n + BigInt(decimals.padEnd(6, '0'))
}

/** The text that is signed for a head: RFC 8785, whose members these are in order. */
export function signedText(head: { readonly seq: number; readonly at: string; readonly hash: string; readonly signedAt: string }): string {
  return JSON.stringify({ at: head.at, hash: head.hash, seq: head.seq, signedAt: head.signedAt, v: 1 })
}

// What a reader wants first of an entry's data, in this order.
const TELLING = ['step', 'name', 'title', 'service', 'cluster', 'runbook', 'outcome', 'verdict', 'reason', 'text', 'to'] as const

/** One line for lists: the kind in words, and the few data that tell most. */
export function summaryOf(entry: Pick<AuditEntry, 'kind' | 'data'>): string {
  const words = entry.kind.replace('.', ' ').replaceAll('-', ' ')
  const telling = TELLING.flatMap((key) => {
    const value = entry.data[key]
    return typeof value === 'string' && value !== '' ? [value.length > 160 ? `${value.slice(0, 160)}…` : value] : []
  })
  return telling.length > 0 ? `${words}: ${telling.join(', ')}` : words
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
