import { z } from 'zod'
import { appendAudit, rememberPerson } from '../audit/store.ts'
import type { Db } from '../db/client.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import type { AuthKeys } from './recognize.ts'
import { findPerson, openSession, type Person, takeLink } from './store.ts'
import { sealCookie } from './token.ts'

/** POST /sign-in */
export const SignIn = z.object({ token: z.string().min(16).max(200) })
export type SignIn = z.infer<typeof SignIn>

export type SignInCtx = { readonly db: Db; readonly keys: AuthKeys; readonly trial: () => boolean }
export type SignedIn = { readonly person: Person; readonly cookie: string; readonly until: number }
export type SignInRefusal = { readonly code: 'link-used' | 'not-permitted'; readonly message: string }

const USED = no({
  code: 'link-used',
  message: 'This link was used already, or is too old. The server prints a new one at each start.',
} as const)

/** Signs somebody in by a one-time link. `near` says that the request came from this very machine, as demo people must. */
export async function signIn(ctx: SignInCtx, input: SignIn, near: boolean, now: number): Promise<Result<SignedIn, SignInRefusal>> {
  if (ctx.trial() && !near)
    return no({
      code: 'not-permitted',
      message: 'The demo people can only be used from the machine that runs this server, at its loopback address.',
    })
  const opened = await ctx.db.tx(async (tx) => {
    const id = await takeLink(tx, input.token, now)
    const person = id === null ? null : await findPerson(tx, id)
    if (!person || (person.trial && !ctx.trial())) return null
    const session = await openSession(tx, person.id, now)
    await appendAudit(tx, 'auth', null, [
      { actor: { kind: 'person', id: person.id, roles: [...person.roles] }, kind: 'auth.signed-in', data: { by: 'link' } },
    ])
    return { person, ...session }
  })
  if (!opened) return USED
  await rememberPerson(ctx.db, opened.person)
  return ok(withCookie(ctx.keys, opened))
}

export function withCookie(keys: AuthKeys, opened: { person: Person; token: string; until: number }): SignedIn {
  const { person, token, until } = opened
  return {
    person,
    until,
    cookie: sealCookie(keys.cookieKey, token, {
      id: person.id,
      name: person.name,
      email: person.email,
      roles: [...person.roles],
      trial: person.trial,
      until,
    }),
  }
}
