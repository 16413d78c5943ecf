import { headers } from 'next/headers'
import { notFound, redirect } from 'next/navigation'
import type { Deed, Permit } from '../auth/schema.ts'
import { type Ctx, house } from '../boot/context.ts'
import type { Result } from '../kernel/result.ts'
import { admit, waitForCtx } from './endpoint.ts'
import type { Refusal } from './schema.ts'

/**
 * What a server component shows: the verb's answer, behind the same door as the API. Nobody recognized leads to
 * /sign-in, a missing thing to the not-found page; any other refusal is thrown with its code as `digest`.
 */
export async function read<D extends Deed, I, T>(
  deed: D,
  verb: (ctx: Ctx, permit: Permit<D>, input: I) => Promise<Result<T, Refusal>> | Result<T, Refusal>,
  input: I,
): Promise<T> {
  const ctx = await waitForCtx(60_000)
  if (!ctx) throw refused({ code: 'starting', message: house().trouble || 'The server is still starting.' })
  const said = await admit(ctx, await headers(), deed, false)
  if (!said.ok && said.error.code === 'not-signed-in') redirect('/sign-in')
  if (!said.ok) throw refused(said.error)
  const answer = await verb(ctx, said.value.permit, input)
  if (answer.ok) return answer.value
  if (answer.error.code === 'not-found') notFound()
  throw refused(answer.error)
}

/** Next passes on an error's digest to the browser, and nothing else of it. */
function refused(refusal: Refusal): Error {
  return Object.assign(new Error(refusal.message), { digest: refusal.code })
}
