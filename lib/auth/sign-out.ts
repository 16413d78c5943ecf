import { appendAudit } from '../audit/store.ts'
import type { Db } from '../db/client.ts'
import type { Permit } from './schema.ts'
import { revokeSession } from './store.ts'

/** Ends the session at hand; its token is worth nothing from then on. */
export async function signOut(ctx: { readonly db: Db }, permit: Permit<'me.read'>, current: string, now: number): Promise<void> {
  const { kind, id, roles } = permit.by
  await ctx.db.tx(async (tx) => {
    await revokeSession(tx, current, now)
    await appendAudit(tx, 'auth', null, [{ actor: { kind, id, roles: [...roles] }, kind: 'auth.signed-out', data: {} }])
  })
}
