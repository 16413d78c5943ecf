import { z } from 'zod'
import { AuditEntry } from './schema.ts'

export const AuditRow = z.object({
  seq: z.int(),
  stream: z.string(),
  streamVersion: z.int(),
  at: z.string(),
  /** The same to the microsecond, as it went into the hash. */
  hashedAt: z.string(),
  actor: z.string(),
  actorId: z.string(),
  kind: z.string(),
  summary: z.string(),
  hash: z.string(),
  prev: z.string(),
  body: z.string(),
})
export type AuditRow = z.infer<typeof AuditRow>

/** One entry of a stream as the API gives it; `hashedAt` is `at` to the microsecond, as it went into the hash. */
export const EntryRow = AuditEntry.extend({ at: z.string(), hashedAt: z.string() })
export type EntryRow = z.infer<typeof EntryRow>

export const AuditHead = z.object({
  seq: z.int(),
  at: z.string(),
  /** The same to the microsecond, as it went into the hash. */
  hashedAt: z.string(),
  hash: z.string(),
  signed: z.object({ seq: z.int(), hash: z.string(), at: z.string(), signature: z.string(), publicKey: z.string() }).nullable(),
})
export type AuditHead = z.infer<typeof AuditHead>

export const AuditVerdict = z.object({
  ok: z.boolean(),
  entries: z.int(),
  head: z.string(),
  tookMs: z.int(),
  /** The first bad entry, named, with what is wrong with it. */
  bad: z
    .object({ seq: z.int(), what: z.enum(['changed', 'removed', 'inserted', 'head', 'signature', 'fold']), message: z.string() })
    .nullable(),
})
export type AuditVerdict = z.infer<typeof AuditVerdict>
