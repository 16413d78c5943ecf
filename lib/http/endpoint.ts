import type { z } from 'zod'
import { type Recognized, recognize } from '../auth/recognize.ts'
import { isReading, permit } from '../auth/rules.ts'
import type { Deed, Permit } from '../auth/schema.ts'
import { type Ctx, type House, house } from '../boot/context.ts'
import { databaseAway, databaseFull } from '../db/away.ts'
import { sleep } from '../kernel/pace.ts'
import type { Result } from '../kernel/result.ts'
import { keepAnswer } from './keep-answer.ts'
import { knownHost, ownOrigin } from './origin.ts'
import { badInput, problem } from './problem.ts'
import { Page, type Refusal } from './schema.ts'

export type Params = Readonly<Record<string, string>>
type RouteContext = { params: Promise<Record<string, string | string[] | undefined>> }

/** What a verb needs, as the doors call it; `params` are the decoded parts of the path. */
export type DoorVerb<D extends Deed, I> = (
  ctx: Ctx,
  permit: Permit<D>,
  input: I,
  params: Params,
  request: Request,
) => Promise<Result<unknown, Refusal>> | Result<unknown, Refusal>

/** How a route describes itself: for the document of the API and for the test that walks the routes. */
export type Door = {
  readonly deed: Deed | null
  readonly input: z.ZodType | null
  readonly answers: z.ZodType | null
  readonly status: number
  readonly about: string
  readonly type: string
  readonly keyless: boolean
}
export type Handler = ((request: Request, context: RouteContext) => Promise<Response>) & { readonly door: Door }
export type Options = {
  /** The schema of a good answer, for the document. */
  readonly answers?: z.ZodType
  readonly status?: 200 | 201 | 202 | 204 | 303
  /** One sentence for the document. */
  readonly about?: string
  /** The media type of a good answer that is not JSON. */
  readonly type?: string
  /** Takes a form with a `file` of at most so many bytes, too; then its name, type and base64 `data` are the input. */
  readonly fileUpTo?: number
  /** Takes any other body of at most so many characters as this field of the input, with the query as its other fields. */
  readonly text?: { readonly as: string; readonly upTo: number }
  /** True where a repeat does no harm, so that no key is asked for. */
  readonly keyless?: true
}

/** How long a request waits for a server that is still starting, in ms. */
const PATIENCE = 15_000
const MAX_BODY = 2_000_000

/** A route that changes something: POST with a JSON body that `input` describes. */
export function endpoint<D extends Deed, S extends z.ZodType>(
  deed: D,
  input: S,
  verb: DoorVerb<D, z.output<S>>,
  options: Options = {},
): Handler {
  return handler(deed, input, options, (request, params) =>
    enter(request, deed, true, async (ctx, permitted) => {
      const body = await bodyOf(request, options)
      if (!body.ok) return problem(body.error)
      const parsed = input.safeParse(withKey(body.value, request, params))
      if (!parsed.success) return problem(badInput(parsed.error))
      if (!options.keyless && keyOf(body.value, request) === null) return problem(keyMissing())
      const act = async () => answerOf(await verb(ctx, permitted, parsed.data, params, request), options.status ?? 200)
      return keepAnswer(
        ctx.db,
        permitted.by.id,
        keyOf(body.value, request),
        [request.method, new URL(request.url).pathname, body.value],
        act,
      )
    }),
  )
}

/** A route that changes nothing: GET, with a query that `query` describes. */
export function reading<D extends Deed, S extends z.ZodType>(
  deed: D,
  query: S,
  verb: DoorVerb<D, z.output<S>>,
  options: Options = {},
): Handler {
  return handler(deed, query, options, (request, params) =>
    enter(request, deed, false, async (ctx, permitted) => {
      const parsed = query.safeParse({ ...Object.fromEntries(new URL(request.url).searchParams), ...params })
      if (!parsed.success) return problem(badInput(parsed.error))
      return answerOf(await verb(ctx, permitted, parsed.data, params, request), 200)
    }),
  )
}

type Items = { readonly items: readonly { readonly id?: string; readonly name?: string }[]; readonly next: null }

/** As `reading`, for a list that the verb gives whole: `limit` and `cursor` (the last id or name seen) cut a page out of it. */
export function listing<D extends Deed, S extends z.ZodObject>(
  deed: D,
  query: S,
  verb: DoorVerb<D, z.output<S>>,
  options: Options = {},
): Handler {
  const page = query.extend(Page.shape) as unknown as z.ZodType<z.output<S> & z.output<typeof Page>>
  const paged: DoorVerb<D, z.output<S> & z.output<typeof Page>> = async (ctx, permitted, input, params, request) => {
    const said = await verb(ctx, permitted, input, params, request)
    return said.ok ? { ok: true, value: pageIn(said.value as Items, input) } : said
  }
  return reading(deed, page, paged, options)
}

function pageIn(whole: Items, { limit, cursor }: z.output<typeof Page>): unknown {
  const mark = (one: Items['items'][number] | undefined) => one?.id ?? one?.name ?? null
  const from = cursor === undefined ? 0 : whole.items.findIndex((one) => mark(one) === cursor) + 1
  const items = whole.items.slice(from, limit === undefined ? undefined : from + limit)
  return { ...whole, items, next: from + items.length < whole.items.length ? mark(items.at(-1)) : null }
}

export function handler(
  deed: Deed | null,
  input: z.ZodType | null,
  options: Options,
  act: (request: Request, params: Params) => Promise<Response>,
): Handler {
  const door: Door = {
    deed,
    input,
    answers: options.answers ?? null,
    status: options.status ?? 200,
    about: options.about ?? '',
    type: options.type ?? 'application/json',
    keyless: options.keyless ?? false,
  }
  return Object.assign(async (request: Request, context: RouteContext) => safely(async () => act(request, await paramsOf(context))), {
    door,
  })
}

/** Host, origin, actor, permit: what every request has to pass, whatever it wants. */
export async function enter<D extends Deed>(
  request: Request,
  deed: D,
  changes: boolean,
  go: (ctx: Ctx, permitted: Permit<D>, who: Recognized) => Promise<Response>,
): Promise<Response> {
  const ctx = await waitForCtx()
  if (!ctx) return starting()
  const said = await admit(ctx, request.headers, deed, changes)
  return said.ok ? go(ctx, said.value.permit, said.value.who) : problem(said.error)
}

/** The same door for whoever has no Request at hand, such as a server component. */
export async function admit<D extends Deed>(
  ctx: Ctx,
  headers: Headers,
  deed: D,
  changes: boolean,
): Promise<Result<{ permit: Permit<D>; who: Recognized }, Refusal>> {
  const refuse = (code: string, message: string) => ({ ok: false, error: { code, message } }) as const
  if (!knownHost(headers, ctx.hosts))
    return refuse('bad-host', 'This server is not known under that host name. Add it to `hosts` in blackstart.yaml.')
  const who = await recognize(ctx, { cookie: headers.get('cookie'), authorization: headers.get('authorization') }, Date.now())
  if (!who.ok) return who
  if (changes && who.value.by === 'cookie' && !ownOrigin(headers)) return refuse('foreign-origin', 'This request came from another site.')
  if (who.value.readOnly && !isReading(deed))
    return refuse('database-away', 'The database is away: what is live can be read, nothing can be changed.')
  const permitted = permit(who.value.actor, deed)
  return permitted.ok ? { ok: true, value: { permit: permitted.value, who: who.value } } : permitted
}

/** The built context; null when the server is still starting after some patience, or could not start. */
export async function waitForCtx(patience = PATIENCE): Promise<Ctx | null> {
  const until = Date.now() + patience
  let at: House = house()
  while (!at.ctx && at.stage === 'starting' && Date.now() < until) {
    await sleep(50)
    at = house()
  }
  return at.ctx
}

export function starting(): Response {
  const { stage, trouble } = house()
  const message = stage === 'failed' ? `The server could not start: ${trouble}` : 'The server is still starting.'
  return problem({ code: 'starting', message }, { 'retry-after': '2' })
}

export function answerOf(result: Result<unknown, Refusal>, status: number): Response {
  if (!result.ok) return problem(result.error)
  return result.value instanceof Response
    ? result.value
    : Response.json(result.value ?? null, { status, headers: { 'cache-control': 'no-store' } })
}

/** Whatever is thrown leaves as a problem that says nothing of our insides; the log has the rest. */
export async function safely(act: () => Promise<Response>): Promise<Response> {
  try {
    return await act()
  } catch (error) {
    if (databaseAway(error))
      return problem(
        { code: 'database-away', message: 'The database is away. Live state can still be read; try again in a moment.' },
        { 'retry-after': '2' },
      )
    if (databaseFull(error)) {
      house().ctx?.databaseTrouble.note(error)
      return problem({
        code: 'database-full',
        message: "The database's disk is full, so nothing was recorded and nothing was done. Free some space there, then try again.",
      })
    }
    if (error instanceof Error && error.name === 'Unreachable')
      return problem(
        { code: 'cluster-unreachable', message: 'The cluster does not answer. Try again in a moment.' },
        { 'retry-after': '2' },
      )
    house().log.error({ err: error }, 'a request failed')
    return problem({ code: 'internal', message: 'Something went wrong here. The log of the server has the details.' })
  }
}

async function paramsOf(context: RouteContext): Promise<Params> {
  const params: Record<string, string> = {}
  for (const [name, value] of Object.entries((await context?.params) ?? {})) {
    if (value !== undefined) params[name] = (Array.isArray(value) ? value : [value]).map(decode).join('/')
  }
  return params
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

async function bodyOf(request: Request, { fileUpTo = 0, text: whole }: Options): Promise<Result<unknown, Refusal>> {
  // Base64 is a third longer than what it holds.
  const most = Math.max(MAX_BODY, Math.ceil(fileUpTo * 1.4), whole?.upTo ?? 0)
  const tooLarge = {
    ok: false,
    error: { code: 'too-large', message: `The body is larger than ${Math.floor(most / 1_000_000)} MB.` },
  } as const
  if (Number(request.headers.get('content-length') ?? 0) > most) return tooLarge
  if (fileUpTo > 0 && /^multipart\/form-data\b/i.test(request.headers.get('content-type') ?? '')) return formOf(request)
  const text = await request.text()
  if (text.length > most) return tooLarge
  if (text.trim() === '') return { ok: true, value: {} }
  if (whole) return { ok: true, value: inputOf(text, whole.as, request) }
  if (!/^application\/(.+\+)?json\b/i.test(request.headers.get('content-type') ?? ''))
    return { ok: false, error: { code: 'not-json', message: 'Send JSON, with Content-Type: application/json.' } }
  try {
    return { ok: true, value: JSON.parse(text) as unknown }
  } catch {
    return {
      ok: false,
      error: { code: 'bad-input', message: 'The body is not JSON.', errors: [{ path: '', message: 'not JSON' }] } as Refusal,
    }
  }
}

/** JSON that has the field is the input itself; everything else is what the field is to hold. */
function inputOf(text: string, field: string, request: Request): unknown {
  if (/\bjson\b/i.test(request.headers.get('content-type') ?? '')) {
    try {
      const said: unknown = JSON.parse(text)
      if (typeof said === 'object' && said !== null && field in said) return said
    } catch {
      // Several documents, or lines, of JSON.
    }
  }
  return { ...Object.fromEntries(new URL(request.url).searchParams), [field]: text }
}

async function formOf(request: Request): Promise<Result<unknown, Refusal>> {
  const form = await request.formData().catch(() => null)
  const file = form?.get('file')
  if (!form || !(file instanceof File)) return { ok: false, error: { code: 'bad-input', message: 'The form has no `file`.' } }
  const fields = Object.fromEntries([...form].filter((pair): pair is [string, string] => typeof pair[1] === 'string'))
  const type = file.type.split(';')[0] ?? ''
  const data = Buffer.from(await file.arrayBuffer()).toString('base64')
  return { ok: true, value: { name: file.name, type, ...fields, data } }
}

function keyOf(body: unknown, request: Request): string | null {
  const inBody = typeof body === 'object' && body !== null && 'key' in body ? body.key : undefined
  return typeof inBody === 'string' ? inBody : request.headers.get('idempotency-key')
}

function keyMissing(): Refusal & { errors: { path: string; message: string }[] } {
  const message = 'send a key of your own with every change, so that a repeat is harmless'
  return { code: 'bad-input', message: `Idempotency-Key: ${message}.`, errors: [{ path: 'Idempotency-Key', message }] }
}

/** The parts of the path are input too; inputs that want `key` in the body may have it in the header instead. */
function withKey(body: unknown, request: Request, params: Params): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body
  const key = request.headers.get('idempotency-key')
  return { ...(key === null ? {} : { key }), ...body, ...params }
}
