import { z } from 'zod'
import { COOKIE, cookieValue } from '../auth/recognize.ts'
import { deedsOf } from '../auth/rules.ts'
import { type SignedIn, SignIn, signIn } from '../auth/sign-in.ts'
import { signOut } from '../auth/sign-out.ts'
import { SwitchPerson, switchPerson } from '../auth/switch-person.ts'
import { MeView } from '../auth/view.ts'
import type { Ctx } from '../boot/context.ts'
import type { Result } from '../kernel/result.ts'
import { endpoint, handler, starting, waitForCtx } from './endpoint.ts'
import { knownHost, ownOrigin } from './origin.ts'
import { isNear } from './peer.ts'
import { badInput, problem } from './problem.ts'
import type { Refusal } from './schema.ts'

/** The cookie is Lax, not Strict: a browser must send it when somebody comes by a link. */
function cookieFor(request: Request, value: string, maxAgeMs: number): string {
  const secure = isNear(request.headers) ? '' : '; Secure'
  return `${COOKIE}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${Math.floor(maxAgeMs / 1000)}${secure}`
}

function tokenOf(request: Request): string {
  return cookieValue(request.headers.get('cookie'), COOKIE)?.split('.')[0] ?? ''
}

function signedIn(request: Request, said: SignedIn, answer: Response): Response {
  answer.headers.set('set-cookie', cookieFor(request, said.cookie, said.until - Date.now()))
  answer.headers.set('cache-control', 'no-store')
  return answer
}

function meOf({ person }: SignedIn): Response {
  const { kind, id, name, email, roles } = person
  return Response.json({
    person: { kind, id, name, email },
    roles: [...roles],
    permissions: deedsOf(roles),
    trial: person.trial,
    others: [],
  } satisfies MeView)
}

async function trySignIn(request: Request, input: unknown): Promise<Result<{ ctx: Ctx; said: SignedIn }, Response>> {
  const ctx = await waitForCtx()
  if (!ctx) return { ok: false, error: starting() }
  if (!knownHost(request.headers, ctx.hosts))
    return { ok: false, error: problem({ code: 'bad-host', message: 'This server is not known under that host name.' }) }
  const parsed = SignIn.safeParse(input)
  if (!parsed.success) return { ok: false, error: problem(badInput(parsed.error)) }
  const said = await signIn(ctx, parsed.data, isNear(request.headers), Date.now())
  return said.ok ? { ok: true, value: { ctx, said: said.value } } : { ok: false, error: problem(said.error) }
}

/** The printed link lands here: signs in and leads on to the situation, or back to the page that says why not. */
export const signInByLink = handler(
  null,
  SignIn,
  { status: 303, about: 'Signs in by a one-time link and leads to the console.' },
  async (request) => {
    const tried = await trySignIn(request, Object.fromEntries(new URL(request.url).searchParams))
    if (tried.ok) return signedIn(request, tried.value.said, new Response(null, { status: 303, headers: { location: '/' } }))
    const { code } = (await tried.error.json()) as Refusal
    // Who opens the link again with its session still open just goes on.
    const to = code === 'link-used' && tokenOf(request) !== '' ? '/' : `/sign-in?problem=${encodeURIComponent(code)}`
    return new Response(null, { status: 303, headers: { location: to, 'cache-control': 'no-store' } })
  },
)

export const signInByPost = handler(null, SignIn, { answers: MeView, about: 'Signs in by a one-time token.' }, async (request) => {
  if (!ownOrigin(request.headers)) return problem({ code: 'foreign-origin', message: 'This request came from another site.' })
  const tried = await trySignIn(request, await request.json().catch(() => null))
  return tried.ok ? signedIn(request, tried.value.said, meOf(tried.value.said)) : tried.error
})

export const switchTo = endpoint(
  'me.read',
  SwitchPerson,
  async (ctx, permit, input, _params, request) => {
    if (!isNear(request.headers))
      return {
        ok: false,
        error: { code: 'not-permitted', message: 'The demo people can only be used from the machine that runs this server.' },
      }
    const said = await switchPerson(ctx, permit, input, tokenOf(request), Date.now())
    return said.ok ? { ok: true, value: signedIn(request, said.value, meOf(said.value)) } : said
  },
  { answers: MeView, keyless: true, about: 'Goes on as another demo person of the trial.' },
)

export const leave = endpoint(
  'me.read',
  z.object({}),
  async (ctx, permit, _input, _params, request) => {
    await signOut(ctx, permit, tokenOf(request), Date.now())
    return { ok: true, value: new Response(null, { status: 204, headers: { 'set-cookie': cookieFor(request, '', 0) } }) }
  },
  { status: 204, keyless: true, about: 'Ends this session.' },
)
