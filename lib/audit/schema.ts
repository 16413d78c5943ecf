import { z } from 'zod'

/** Who did it, as the chain keeps it: an id and roles, never a name or an address (those live in side tables). */
export const ActorRef = z.object({
  kind: z.enum(['person', 'token', 'bootstrap', 'system']),
  id: z.string(),
  roles: z.array(z.string()).default([]),
})
export type ActorRef = z.infer<typeof ActorRef>

/** One stored entry of the chain. `body` is the RFC 8785 text that was hashed. */
export const AuditEntry = z.object({
  seq: z.int(),
  stream: z.string(),
  streamVersion: z.int(),
  at: z.iso.datetime({ precision: 6 }).or(z.iso.datetime()),
  actor: ActorRef,
  kind: z.string(),
  data: z.record(z.string(), z.unknown()),
  hash: z.string(),
  prev: z.string(),
})
export type AuditEntry = z.infer<typeof AuditEntry>

/** What a verb appends; `kind` is kebab-case with a dot, such as `run.started`. */
export type NewEntry = { readonly actor: ActorRef; readonly kind: string; readonly data: Readonly<Record<string, unknown>> }
