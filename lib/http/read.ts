import { headers } from 'next/headers'
import { notFound, redirect } from 'next/navigation'
import type { Deed, Permit } from '../auth/schema.ts'
import { type Ctx, house } from '../boot/context.ts'
import { databaseAway } from '../db/away.ts'
import { no, type Result } from '../kernel/result.ts'
import { admit, waitForCtx } from './endpoint.ts'
import type { Refusal } from './schema.ts'

/** A verb's answer for a server component, behind the same door as the API; nobody recognized leads to /sign-in. */
export async function ask<D extends Deed, I, T>(
  deed: D,
  verb: (ctx: Ctx, permit: Permit<D>, input: I) => Promise<Result<T, Refusal>> | Result<T, Refusal>,
  input: I,
): Promise<Result<T, Refusal>> {
  const ctx = await waitForCtx(60_000)
  if (!ctx) return no({ code: 'starting', message: house().trouble || 'The server is still starting.' })
  const said = await admit(ctx, await headers(), deed, false)
  if (!said.ok && said.error.code === 'not-signed-in') redirect('/sign-in')
  if (!said.ok) return said
  try {
    return await verb(ctx, said.value.permit, input)
  } catch (error) {
    if (!databaseAway(error)) throw error
    return no({ code: 'database-away', message: 'The database does not answer. What is live can be read.' })
  }
}

/** The same for what a page cannot do without: a missing thing leads to the not-found page, any other refusal is thrown with its code as `digest`. */
export async function read<D extends Deed, I, T>(
  deed: D,
  verb: (ctx: Ctx, permit: Permit<D>, input: I) => Promise<Result<T, Refusal>> | Result<T, Refusal>,
  input: I,
): Promise<T> {
  const answer = await ask(deed, verb, input)
  if (answer.ok) return answer.value
  if (answer.error.code === 'not-found') notFound()
  throw refused(answer.error)
}

/** Next passes on an error's digest to the browser, and nothing else of it. */
function refused(refusal: Refusal): Error {
  return Object.assign(new Error(refusal.message), { digest: refusal.code })
}
