import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { readStream } from '../../lib/audit/store.ts'
import { COOKIE } from '../../lib/auth/recognize.ts'
import { Role } from '../../lib/auth/schema.ts'
import { findSession, makeLink, openSession, saveApiToken, savePerson } from '../../lib/auth/store.ts'
import { newToken, sealCookie } from '../../lib/auth/token.ts'
import { createClusterSet } from '../../lib/boot/clusters.ts'
import { type Ctx, house } from '../../lib/boot/context.ts'
import { endpoint, type Handler, reading } from '../../lib/http/endpoint.ts'
import { hostNames } from '../../lib/http/origin.ts'
import { PEER } from '../../lib/http/peer.ts'
import { leave, signInByLink, signInByPost, switchTo } from '../../lib/http/session.ts'
import { stream } from '../../lib/http/sse.ts'
import { watchSignals } from '../../lib/impact/watch-signals.ts'
import { newId } from '../../lib/kernel/id.ts'
import { createHub } from '../../lib/live/hub.ts'
import { NO_CATALOG } from '../../lib/services/read-catalog.ts'
import { type TestDatabase, testDatabase } from '../../lib/testing/database.ts'

const HOST = '127.0.0.1:4321'
const BOOTSTRAP = 'b'.repeat(40)
const cookieKey = randomBytes(32)
let database: TestDatabase
let trial = true
let sessions: Record<string, string>

const Note = z.object({ text: z.string().min(3), nested: z.object({ n: z.int() }).optional() })
let written: string[] = []
const write = endpoint(
  'run.command',
  Note,
  (_ctx, permit, note) => {
    written.push(note.text)
    return note.text === 'refuse me'
      ? { ok: false, error: { code: 'stale-version', message: 'too late', current: 7 } }
      : { ok: true, value: { by: permit.by.id, nth: written.length } }
  },
  { status: 202 },
)
const look = reading('situation.read', z.object({ n: z.coerce.number().optional() }), (_ctx, permit, query) => ({
  ok: true,
  value: { by: permit.by.id, n: query.n ?? null },
}))
const verify = endpoint('audit.verify', z.object({}), () => ({ ok: true, value: 'verified' }))
const broken = reading('me.read', z.object({}), () => {
  throw new Error('password=hunter2 at /srv/blackstart')
})

beforeAll(async () => {
  database = await testDatabase()
  const { db } = database
  const clusters = createClusterSet({
    watch: () => {
      throw new Error('none here')
    },
  })
  const impacts = watchSignals({ clusters, db, catalog: NO_CATALOG })
  const hub = createHub()
  hub.source('situation', () => ({ headline: 'calm' }))
  house().ctx = {
    db,
    clusters,
    impacts,
    hub,
    hosts: hostNames(4321, ['blackstart.example.org']),
    keys: { cookieKey, bootstrapToken: BOOTSTRAP },
    trial: () => trial,
    databaseUp: () => true,
    log: house().log,
  } as Ctx
  house().stage = 'up'
  house().log.level = 'silent'
  sessions = {}
  for (const role of Role.options) {
    await savePerson(db, { id: role, name: role, roles: [role], origin: role === 'viewer' || role === 'lead' ? 'trial' : 'local' })
    const { token, until } = await db.tx((tx) => openSession(tx, role, Date.now()))
    sessions[role] = sealCookie(cookieKey, token, { id: role, name: role, email: null, roles: [role], trial: false, until })
  }
})
afterAll(() => database.drop())
beforeEach(() => {
  written = []
  trial = true
})

type Sent = {
  readonly as?: string
  readonly body?: unknown
  readonly headers?: Record<string, string>
  readonly path?: string
  readonly method?: 'GET' | 'POST'
}

async function ask(handler: Handler, sent: Sent = {}): Promise<{ status: number; body: Record<string, unknown>; headers: Headers }> {
  const { as, body, path = '/api/v1/thing' } = sent
  const method = sent.method ?? (body === undefined ? 'GET' : 'POST')
  const headers = new Headers({
    host: HOST,
    ...(as ? { cookie: `${COOKIE}=${sessions[as]}` } : {}),
    ...(body === undefined ? {} : { 'content-type': 'application/json', 'idempotency-key': newId() }),
    ...sent.headers,
  })
  const request = new Request(`http://${HOST}${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const answer = await handler(request, { params: Promise.resolve({}) })
  const text = await answer.text()
  return {
    status: answer.status,
    headers: answer.headers,
    body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : { text },
  }
}

test('an unknown Host is refused before anything else, whoever asks', async () => {
  for (const host of ['evil.example', '127.0.0.1:9999', '127.0.0.1', 'localhost.evil.example:4321']) {
    expect(await ask(look, { as: 'lead', headers: { host } })).toMatchObject({ status: 421, body: { code: 'bad-host' } })
  }
  for (const host of ['localhost:4321', '[::1]:4321', 'Blackstart.example.org'])
    expect((await ask(look, { as: 'lead', headers: { host } })).status).toBe(200)
})

test('nobody is let in without a session or a token that holds', async () => {
  expect(await ask(look)).toMatchObject({ status: 401, body: { code: 'not-signed-in' } })
  expect(await ask(look, { headers: { cookie: `${COOKIE}=abc.def.ghi` } })).toMatchObject({ status: 401 })
  expect(await ask(look, { headers: { authorization: `Bearer ${'x'.repeat(40)}` } })).toMatchObject({ status: 401 })
  expect(await ask(look, { headers: { authorization: `Bearer ${BOOTSTRAP}` } })).toMatchObject({ status: 200, body: { by: 'bootstrap' } })
})

test('a changing request with a cookie must come from our own page', async () => {
  const body = { text: 'hello' }
  for (const headers of [
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: `http://${HOST}`, 'sec-fetch-site': 'cross-site' },
    { origin: 'http://127.0.0.1:9999' },
  ] as Record<string, string>[]) {
    expect(await ask(write, { as: 'operator', body, headers })).toMatchObject({ status: 403, body: { code: 'foreign-origin' } })
  }
  expect(written).toEqual([])
  expect((await ask(write, { as: 'operator', body, headers: { origin: `http://${HOST}`, 'sec-fetch-site': 'same-origin' } })).status).toBe(
    202,
  )
})

test('each role may do what its row of the table says, and no more', async () => {
  const may = async (role: Role, handler: Handler, body?: unknown) =>
    (await ask(handler, { as: role, ...(body === undefined ? {} : { body }) })).status < 300
  for (const role of Role.options) expect(await may(role, look), `${role} reads`).toBe(true)
  const commanding = (
    await Promise.all(Role.options.map(async (role) => ((await may(role, write, { text: 'go on' })) ? role : null)))
  ).filter(Boolean)
  expect(commanding).toEqual(['operator', 'approver', 'lead', 'administrator'])
  expect(await ask(write, { as: 'viewer', body: { text: 'go on' } })).toMatchObject({
    status: 403,
    body: { code: 'not-permitted', deed: 'run.command' },
  })
  expect(await may('viewer', verify, {})).toBe(false)
  expect(await may('auditor', verify, {})).toBe(true)
})

test('wrong input is named by its path', async () => {
  const answer = await ask(write, { as: 'operator', body: { text: 'x', nested: { n: 'many' } } })
  expect(answer).toMatchObject({ status: 400, body: { code: 'bad-input', errors: [{ path: 'text' }, { path: 'nested.n' }] } })
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  expect(await ask(write, { as: 'operator', body: '{"text":' })).toMatchObject({ status: 400 })
  expect(await ask(write, { as: 'operator', body: '{"text":"hello"}', headers: { 'content-type': 'text/plain' } })).toMatchObject({
    status: 415,
  })
  expect(await ask(look, { as: 'operator', path: '/api/v1/thing?n=many' })).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'n' }] },
  })
  expect(written).toEqual([])
})

test('the same key gives the first answer again; with another body it is refused', async () => {
  const key = newId()
  const send = (text: string, as = 'operator') => ask(write, { as, body: { text }, headers: { 'idempotency-key': key } })
  const first = await send('once')
  expect(first).toMatchObject({ status: 202, body: { by: 'operator', nth: 1 } })
  expect(await send('once')).toMatchObject({ status: 202, body: { by: 'operator', nth: 1 } })
  expect(await send('twice')).toMatchObject({ status: 422, body: { code: 'key-reused' } })
  // Keys are each person's own.
  expect(await send('once', 'lead')).toMatchObject({ status: 202, body: { by: 'lead', nth: 2 } })
  expect(written).toEqual(['once', 'once'])
})

test('of the same request sent ten times at once, one is carried out', async () => {
  const key = newId()
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => ask(write, { as: 'operator', body: { text: 'at once' }, headers: { 'idempotency-key': key } })),
  )
  expect(new Set(answers.map((answer) => JSON.stringify([answer.status, answer.body])))).toEqual(
    new Set(['[202,{"by":"operator","nth":1}]']),
  )
  expect(written).toEqual(['at once'])
})

test('a refusal keeps its facts, leaves its key free, and is no answer to repeat', async () => {
  const key = newId()
  expect(await ask(write, { as: 'operator', body: { text: 'refuse me' }, headers: { 'idempotency-key': key } })).toMatchObject({
    status: 409,
    body: { code: 'stale-version', current: 7 },
  })
  expect(await ask(write, { as: 'operator', body: { text: 'another' }, headers: { 'idempotency-key': key } })).toMatchObject({
    status: 202,
  })
})

test('what breaks inside tells nothing of the inside', async () => {
  const answer = await ask(broken, { as: 'viewer' })
  expect(answer).toMatchObject({ status: 500, body: { code: 'internal' } })
  expect(JSON.stringify(answer.body)).not.toMatch(/hunter2|srv/)
})

test('the printed link signs in once, only from this machine, and leaves an entry', async () => {
  const token = await makeLink(database.db, 'viewer', Date.now())
  const path = `/api/v1/sign-in?token=${token}`
  const far = await ask(signInByLink, { path, headers: { [PEER]: 'far' } })
  expect(far.headers.get('location')).toContain('not-permitted')
  const rebound = await ask(signInByLink, { path, headers: { [PEER]: 'near', host: 'evil.example' } })
  expect(rebound.headers.get('set-cookie')).toBeNull()
  const named = await ask(signInByLink, { path, headers: { [PEER]: 'near', host: 'blackstart.example.org' } })
  expect(named.headers.get('set-cookie')).toBeNull()
  const before = (await readStream(database.db, 'auth')).length
  const near = await ask(signInByLink, { path, headers: { [PEER]: 'near' } })
  expect(near.headers.get('location')).toBe('/')
  expect(near.headers.get('set-cookie')).toMatch(/; HttpOnly; SameSite=Lax; Max-Age=\d+$/)
  expect((await ask(signInByLink, { path, headers: { [PEER]: 'near' } })).headers.get('location')).toContain('link-used')
  expect((await readStream(database.db, 'auth')).slice(before)).toMatchObject([{ kind: 'auth.signed-in', actor: { id: 'viewer' } }])
})

test('demo people count only while there is nothing but sandboxes to touch', async () => {
  const token = await makeLink(database.db, 'lead', Date.now())
  trial = false
  expect(await ask(look, { as: 'lead' })).toMatchObject({ status: 401 })
  expect(await ask(signInByPost, { body: { token }, headers: { [PEER]: 'near' } })).toMatchObject({ status: 410 })
  expect(await ask(look, { as: 'operator' })).toMatchObject({ status: 200 })
})

test('a demo person can go on as the other one, and nobody else can', async () => {
  const { token, until } = await database.db.tx((tx) => openSession(tx, 'viewer', Date.now()))
  sessions.player = sealCookie(cookieKey, token, { id: 'viewer', name: 'viewer', email: null, roles: ['viewer'], trial: true, until })
  expect(await ask(switchTo, { as: 'operator', body: { person: 'lead' }, headers: { [PEER]: 'near' } })).toMatchObject({ status: 403 })
  expect(await ask(switchTo, { as: 'player', body: { person: 'administrator' }, headers: { [PEER]: 'near' } })).toMatchObject({
    status: 404,
  })
  expect(await ask(switchTo, { as: 'player', body: { person: 'lead' }, headers: { [PEER]: 'far' } })).toMatchObject({ status: 403 })
  const switched = await ask(switchTo, { as: 'player', body: { person: 'lead' }, headers: { [PEER]: 'near' } })
  expect(switched).toMatchObject({ status: 200, body: { person: { id: 'lead' } } })
  expect(await findSession(database.db, token, Date.now())).toBeNull()
})

test('who signs out cannot come back with the old cookie', async () => {
  const { token, until } = await database.db.tx((tx) => openSession(tx, 'author', Date.now()))
  sessions.gone = sealCookie(cookieKey, token, { id: 'author', name: 'author', email: null, roles: ['author'], trial: false, until })
  expect((await ask(leave, { as: 'gone', body: {} })).status).toBe(204)
  expect((await ask(look, { as: 'gone' })).status).toBe(401)
})

test('an API token has the roles it was given, until it expires', async () => {
  const [good, old] = [newToken(), newToken()]
  await database.db.tx(async (tx) => {
    await saveApiToken(tx, {
      id: newId(),
      token: good,
      name: 'ci',
      roles: ['viewer'],
      createdBy: 'administrator',
      expiresAt: new Date(Date.now() + 60_000),
    })
    await saveApiToken(tx, {
      id: newId(),
      token: old,
      name: 'old',
      roles: ['lead'],
      createdBy: 'administrator',
      expiresAt: new Date(Date.now() - 1),
    })
  })
  expect((await ask(look, { headers: { authorization: `Bearer ${good}` } })).status).toBe(200)
  expect((await ask(write, { body: { text: 'hello' }, headers: { authorization: `Bearer ${good}` } })).status).toBe(403)
  expect((await ask(look, { headers: { authorization: `Bearer ${old}` } })).status).toBe(401)
})

test('the stream gives the whole board first, and refuses what nobody makes', async () => {
  expect(await ask(stream(''), { as: 'viewer', path: '/api/v1/stream?topics=nonsense' })).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'topics' }] },
  })
  const abort = new AbortController()
  const request = new Request(`http://${HOST}/api/v1/stream?topics=situation`, {
    headers: { host: HOST, cookie: `${COOKIE}=${sessions.operator}` },
    signal: abort.signal,
  })
  const answer = await stream('')(request, { params: Promise.resolve({}) })
  expect(answer.headers.get('cache-control')).toContain('no-transform')
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (!text.includes('"board"')) text += (await reader?.read())?.value ?? ''
  expect(text).toContain('"board":{"headline":"calm"}')
  expect(house().ctx?.hub.subscribers).toBe(1)
  abort.abort()
  expect(house().ctx?.hub.subscribers).toBe(0)
})
