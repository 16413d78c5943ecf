import { z } from 'zod'
import { appendAudit, rememberPerson } from '../audit/store.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import type { Permit } from './schema.ts'
import { type SignedIn, type SignInCtx, withCookie } from './sign-in.ts'
import { findPerson, openSession, revokeSession } from './store.ts'

/** POST /me/switch */
export const SwitchPerson = z.object({ person: z.string().min(1).max(100) })
export type SwitchPerson = z.infer<typeof SwitchPerson>

export type SwitchRefusal = { readonly code: 'not-permitted' | 'not-found'; readonly message: string }

/** Lets one of the trial's demo people go on as another, so that one reader can play both sides of four eyes. */
export async function switchPerson(
  ctx: SignInCtx,
  permit: Permit<'me.read'>,
  input: SwitchPerson,
  current: string,
  now: number,
): Promise<Result<SignedIn, SwitchRefusal>> {
  const { by } = permit
  if (!ctx.trial() || !(await findPerson(ctx.db.prisma, by.id))?.trial)
    return no({ code: 'not-permitted', message: 'Only the demo people of the trial can be switched between.' })
  const person = await findPerson(ctx.db.prisma, input.person)
  if (!person?.trial) return no({ code: 'not-found', message: `There is no demo person ${input.person}.` })
  const session = await ctx.db.tx(async (tx) => {
    await revokeSession(tx, current, now)
    const opened = await openSession(tx, person.id, now)
    await appendAudit(tx, 'auth', null, [
      { actor: { kind: 'person', id: person.id, roles: [...person.roles] }, kind: 'auth.signed-in', data: { by: 'switch', from: by.id } },
    ])
    return opened
  })
  await rememberPerson(ctx.db, person)
  return ok(withCookie(ctx.keys, { person, ...session }))
}
