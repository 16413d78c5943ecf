import type { Permit } from '../auth/schema.ts'
import { ok, type Result } from '../kernel/result.ts'
import { type SignContext, signHead } from './sign-head.ts'
import { readPage } from './store.ts'

/** The chain as JSON Lines, ending with its signed head; verifiable offline by `blackstart audit verify --export`. */
export async function exportAudit(ctx: SignContext, _permit: Permit<'audit.export'>): Promise<Result<AsyncGenerator<string>, never>> {
  return ok(exportChain(ctx))
}

/** Lines, each with its line break, as they are read; the same for the command line, which has no permit to show. */
export async function* exportChain(ctx: SignContext): AsyncGenerator<string> {
  const signed = await signHead(ctx)
  const last = signed?.seq ?? 0
  // Pages are read apart from each other: entries never change, and what is appended meanwhile lies beyond the signed head.
  for (let after = 0; after < last; ) {
    const page = await readPage(ctx.db, after, last)
    if (page.length === 0) break
    for (const row of page) {
      after = Number(row.seq)
      yield `${JSON.stringify({ ...row, seq: after })}\n`
    }
  }
  yield `${JSON.stringify({ signedHead: signed })}\n`
}
