import type { Permit } from '../auth/schema.ts'
import type { Db } from '../db/client.ts'
import { ok, type Result } from '../kernel/result.ts'
import { readHead, readSignedHeads } from './store.ts'
import type { AuditHead } from './view.ts'

/** Where the chain ends now, and the newest signed head, to be kept outside. */
export async function showHead(ctx: { readonly db: Pick<Db, 'pool'> }, _permit: Permit<'audit.read'>): Promise<Result<AuditHead, never>> {
  const [head, signed] = await Promise.all([readHead(ctx.db), readSignedHeads(ctx.db)])
  const newest = signed.at(-1)
  return ok({
    ...head,
    at: new Date(head.at).toISOString(),
    hashedAt: head.at,
    signed: newest
      ? { seq: newest.seq, hash: newest.hash, at: newest.signedAt, signature: newest.signature, publicKey: newest.publicKey }
      : null,
  })
}
