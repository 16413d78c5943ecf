import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { newId } from '#lib/kernel/id'
import { eventually } from '#lib/testing/wait'
import { type ApiStage, BOOTSTRAP, type Client, clientOf, setApiStage } from './api-stage.ts'

let stage: ApiStage
let admin: Client

beforeAll(async () => {
  stage = await setApiStage('contract')
  admin = stage.admin
  await eventually(
    async () => (await admin.get<{ impact: { healthy: number } }>('/situation')).body.impact.healthy,
    (healthy) => healthy > 100,
    90_000,
  )
})
afterAll(() => stage?.end())

const CLUSTER = '/clusters/prod-eu'
/** What may be asked without anything having happened yet, with the path of its document. */
const READ: readonly (readonly [string, string])[] = [
  ['/me', '/me'],
  ['/situation', '/situation'],
  ['/clusters', '/clusters'],
  [CLUSTER, '/clusters/{cluster}'],
  [`${CLUSTER}/services`, '/clusters/{cluster}/services'],
  [`${CLUSTER}/objects`, '/clusters/{cluster}/objects'],
  [`${CLUSTER}/changes`, '/clusters/{cluster}/changes'],
  [`${CLUSTER}/baselines`, '/clusters/{cluster}/baselines'],
  [`${CLUSTER}/planned-changes`, '/clusters/{cluster}/planned-changes'],
  [`${CLUSTER}/expected`, '/clusters/{cluster}/expected'],
  [`${CLUSTER}/blast-radius?apiVersion=v1&kind=Namespace&name=argocd`, '/clusters/{cluster}/blast-radius'],
  [`${CLUSTER}/planned-changes`, '/clusters/{cluster}/planned-changes'],
  ['/signals', '/signals'],
  ['/runbooks', '/runbooks'],
  ['/runbooks/argocd-namespace-deleted', '/runbooks/{name}'],
  ['/runbooks/argocd-namespace-deleted/readiness?cluster=prod-eu', '/runbooks/{name}/readiness'],
  ['/runbooks/argocd-namespace-deleted/preview?cluster=prod-eu', '/runbooks/{name}/preview'],
  ['/incidents', '/incidents'],
  ['/runs', '/runs'],
  ['/ledger', '/ledger'],
  ['/scenarios', '/scenarios'],
  ['/drills', '/drills'],
  ['/audit', '/audit'],
  ['/audit/head', '/audit/head'],
]
const LISTS = READ.map(([path]) => path).filter((path) =>
  /(clusters|services|objects|changes|baselines|planned-changes|signals|runbooks|incidents|runs|ledger|scenarios|drills|audit)$/.test(path),
)
/** Answers that say how things stand on a cluster. */
const ABOUT_A_CLUSTER = READ.map(([path]) => path).filter(
  (path) => path.startsWith('/clusters/') || path.includes('?cluster=') || path === '/situation',
)

function* valuesIn(value: unknown, path = ''): Generator<readonly [string, unknown]> {
  if (typeof value === 'object' && value !== null)
    for (const [key, one] of Object.entries(value)) yield* valuesIn(one, Array.isArray(value) ? `${path}[]` : `${path}.${key}`)
  else yield [path, value]
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/
const EXACT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

test('whoever is nobody may ask whether it is alive, and nothing else', async () => {
  const nobody = clientOf(stage.url, null)
  expect((await nobody.get('/healthz')).status).toBe(200)
  expect((await nobody.get('/readyz')).status).toBe(200)
  for (const [path] of READ) {
    const said = await nobody.get(path)
    expect([path, said.status, said.body.code, said.headers.get('content-type')]).toEqual([
      path,
      401,
      'not-signed-in',
      'application/problem+json',
    ])
  }
})

test.each(READ)('GET %s answers what the document of the API says, in times with milliseconds', async (path, documented) => {
  const said = await admin.get(path)
  expect(said.status, said.text.slice(0, 300)).toBe(200)
  const loose = [...valuesIn(said.body)].filter(
    ([at, value]) => typeof value === 'string' && TIME.test(value) && !EXACT.test(value) && !at.endsWith('.hashedAt'),
  )
  expect(loose.slice(0, 3)).toEqual([])
  const document = (await admin.get<Document>('/openapi.json')).body
  const schema = document.paths[`/api/v1${documented}`]?.get?.responses['200']?.content?.['application/json']?.schema
  expect(schema, `${documented} has no documented answer`).toBeDefined()
  expect(
    z
      .fromJSONSchema(schema ?? {})
      .safeParse(said.body)
      .error?.issues.slice(0, 3) ?? [],
  ).toEqual([])
})

test.each(LISTS)('GET %s is a list of items with a next, and takes limit and cursor', async (path) => {
  const all = await admin.get<{ items: unknown[]; next: string | null }>(path)
  expect(all.body).toMatchObject({ items: expect.any(Array) })
  const first = await admin.get<{ items: unknown[]; next: string | null }>(`${path}?limit=1`)
  expect(first.status, first.text).toBe(200)
  expect(first.body.items.length).toBe(Math.min(1, all.body.items.length))
  expect(first.body.next === null || typeof first.body.next === 'string').toBe(true)
  expect(first.body.next !== null).toBe(all.body.items.length > 1 || all.body.next !== null)
  if (first.body.next === null) return
  const second = await admin.get<{ items: unknown[] }>(`${path}?limit=1&cursor=${encodeURIComponent(first.body.next)}`)
  expect(second.status, second.text).toBe(200)
  expect(second.body.items).toHaveLength(1)
  expect(second.body.items[0]).not.toEqual(first.body.items[0])
  expect(await admin.get(`${path}?limit=none`)).toMatchObject({ status: 400, body: { code: 'bad-input', errors: [{ path: 'limit' }] } })
})

test.each(ABOUT_A_CLUSTER)('GET %s says when the cluster was seen, and how fresh that is', async (path) => {
  const { body } = await admin.get(path)
  expect(body).toMatchObject({ observedAt: expect.stringMatching(EXACT), freshness: 'live' })
})

type Schema = Parameters<typeof z.fromJSONSchema>[0]
type Operation = {
  operationId: string
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>
  parameters?: { name: string; in: string; required: boolean }[]
}
type Document = {
  openapi: string
  paths: Record<string, Record<'get' | 'post', Operation> & { parameters?: { name: string; in: string }[] }>
}

test('the document of the API is whole: every operation named once, its parameters declared, its answer and its refusals described', async () => {
  const { body } = await admin.get<Document>('/openapi.json')
  expect(body.openapi).toMatch(/^3\.1\./)
  const ids: string[] = []
  for (const [path, item] of Object.entries(body.paths)) {
    expect((item.parameters ?? []).map((one) => one.name)).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))
    for (const method of ['get', 'post'] as const) {
      const operation = item[method]
      if (!operation) continue
      ids.push(operation.operationId)
      const good = Object.entries(operation.responses).find(([status]) => status.startsWith('2') || status.startsWith('3'))
      expect(good?.[0], `${method} ${path}`).toMatch(/^\d{3}$/)
      if (good?.[0] !== '204' && good?.[0] !== '303')
        expect(Object.keys(good?.[1].content ?? {}), `${method} ${path} says nothing of its answer`).toHaveLength(1)
      expect(operation.responses.default?.content).toHaveProperty('application/problem+json')
    }
  }
  expect(ids).toEqual([...new Set(ids)])
})

test('what is not there is 404, with the reason as a problem', async () => {
  for (const path of [
    '/clusters/none',
    '/clusters/none/services',
    '/runs/none',
    `/runs/${newId()}`,
    '/runbooks/none',
    '/incidents/none',
    '/clusters/prod-eu/services/no/such',
  ]) {
    const said = await admin.get(path)
    expect([path, said.status, said.body]).toMatchObject([
      path,
      404,
      { code: 'not-found', status: 404, title: expect.any(String), detail: expect.any(String) },
    ])
  }
})

test('a changing POST needs a key; the same key gives the first answer, another body is refused', async () => {
  const pin = { label: 'before the change' }
  expect(await admin.post(`${CLUSTER}/baselines`, pin, {})).toMatchObject({
    status: 400,
    body: { code: 'bad-input', errors: [{ path: 'Idempotency-Key' }] },
  })
  const key = newId()
  const first = await admin.post(`${CLUSTER}/baselines`, pin, { 'idempotency-key': key })
  expect(first).toMatchObject({ status: 201, body: { label: 'before the change', at: expect.stringMatching(EXACT) } })
  expect(await admin.post(`${CLUSTER}/baselines`, pin, { 'idempotency-key': key })).toMatchObject({ status: 201, body: first.body })
  expect(await admin.post(`${CLUSTER}/baselines`, { label: 'another' }, { 'idempotency-key': key })).toMatchObject({
    status: 422,
    body: { code: 'key-reused' },
  })
  expect((await admin.get<{ items: unknown[] }>(`${CLUSTER}/baselines`)).body.items).toHaveLength(1)
})

type Message = { topic: string; epoch: string; from?: number; rev: number; set?: unknown; gone?: unknown; board?: unknown }

async function follow(path: string, enough: (seen: readonly Message[]) => boolean): Promise<{ seen: Message[]; type: string | null }> {
  const leaving = new AbortController()
  const said = await fetch(`${stage.url}/api/v1${path}`, { headers: { authorization: `Bearer ${BOOTSTRAP}` }, signal: leaving.signal })
  const seen: Message[] = []
  let text = ''
  for await (const part of said.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part
    const parts = text.split('\n\n')
    text = parts.pop() ?? ''
    for (const one of parts) if (one.startsWith('data: ')) seen.push(JSON.parse(one.slice(6)) as Message)
    if (enough(seen)) break
  }
  leaving.abort()
  return { seen, type: said.headers.get('content-type') }
}

test('the stream gives each topic whole, then patches of what is new, and nothing again to whoever has it', async () => {
  const topics = ['situation', 'signals', 'clusters', 'incidents', 'services:prod-eu']
  const first = await follow(`/stream?topics=${topics.join()}`, (seen) => topics.every((topic) => seen.some((one) => one.topic === topic)))
  expect(first.type).toMatch(/^text\/event-stream/)
  for (const topic of topics)
    expect(first.seen.find((one) => one.topic === topic)).toMatchObject({
      epoch: expect.any(String),
      rev: expect.any(Number),
      board: expect.any(Object),
    })
  const incidents = first.seen.find((one) => one.topic === 'incidents')
  const opened = admin.post('/incidents', { title: 'Something smells', cluster: 'prod-eu' })
  const again = await follow(`/stream?topics=incidents&since=${incidents?.epoch}:${incidents?.rev}`, (seen) => seen.length > 0)
  expect((await opened).status).toBe(201)
  expect(again.seen[0]).toMatchObject({ topic: 'incidents', epoch: incidents?.epoch, from: incidents?.rev, set: expect.anything() })
  expect(await admin.get('/stream?topics=nonsense')).toMatchObject({ status: 400, body: { errors: [{ path: 'topics' }] } })
})

test('an incident is opened by hand, noted in, its T0 moved, joined instead of opened twice, and closed for a reason', async () => {
  const [open] = (await admin.get<{ items: { id: string }[] }>('/incidents?open=true')).body.items
  const id = open?.id ?? ''
  expect(await admin.get(`/incidents/${id}`)).toMatchObject({
    status: 200,
    body: { signals: [], t0: expect.stringMatching(EXACT), lead: 'bootstrap', runs: [], notes: [], clocks: { closedAt: null } },
  })
  const twice = await admin.post('/incidents', { title: 'Once more', cluster: 'prod-eu' })
  expect(twice).toMatchObject({ status: 409, body: { code: 'incident-open', incident: id } })
  expect(await admin.post(`/incidents/${id}/notes`, { text: 'The phone rang.' })).toMatchObject({
    status: 201,
    body: { at: expect.stringMatching(EXACT) },
  })
  const t0 = new Date(Date.now() - 3_600_000).toISOString()
  expect(await admin.post(`/incidents/${id}/t0`, { t0, reason: 'it began before' })).toMatchObject({ status: 200, body: { t0 } })
  expect(await admin.post(`/incidents/${id}/close`, {})).toMatchObject({ status: 400, body: { errors: [{ path: 'reason' }] } })
  const closed = await admin.post(`/incidents/${id}/close`, { reason: 'a false alarm' })
  expect(closed).toMatchObject({ status: 200, body: { closedAt: expect.stringMatching(EXACT), notes: [{ text: 'The phone rang.' }] } })
  expect(await admin.post(`/incidents/${id}/close`, { reason: 'once more' })).toMatchObject({
    status: 409,
    body: { code: 'incident-closed' },
  })
})

test('the list of runbooks tells what the background look at each of them found', async () => {
  const readiness = async () =>
    (await admin.get<{ items: { name: string; readiness: string }[] }>('/runbooks')).body.items.find(
      (one) => one.name === 'argocd-namespace-deleted',
    )?.readiness
  await eventually(readiness, (word) => word === 'ready', 90_000)
  const asked = await admin.get('/runbooks/argocd-namespace-deleted/readiness?cluster=prod-eu')
  expect(asked.body).toMatchObject({
    state: 'ready',
    steps: expect.arrayContaining([{ id: 'stop-controllers', title: expect.any(String), state: 'ready', what: '' }]),
  })
  const watched = await admin.get('/runbooks/argocd-namespace-deleted/readiness?cluster=prod-watched')
  expect(watched.body).toMatchObject({ state: 'action-required' })
})

test('CI plans a change from the command line and ends it; a scope that is missing is told with exit code 1', async () => {
  const env = { ...process.env, VITEST: '', BLACKSTART_URL: stage.url, BLACKSTART_TOKEN: BOOTSTRAP }
  const said = async (...args: readonly string[]) =>
    promisify(execFile)(process.execPath, ['bin/blackstart.ts', 'planned-change', ...args], { env }).then(
      ({ stdout }) => ({ code: 0, text: stdout.trim() }),
      (error: { code: number; stderr: string }) => ({ code: error.code, text: error.stderr.trim() }),
    )
  const begin = ['start', 'nightly clean-up', '--cluster', 'prod-eu', '--effect', 'delete', '--for', '1h']
  expect(await said(...begin)).toMatchObject({ code: 1, text: expect.stringContaining('name what it covers') })
  const begun = await said(...begin, '--namespace', 'nightly-*', '--max', '5', '--ticket', 'OPS-7')
  expect(begun).toMatchObject({ code: 0, text: expect.stringMatching(/^[0-9a-f-]{36}$/) })
  type Planned = { id: string; maxObjects: number; ticket: string; state: string }
  const listed = async () =>
    (await admin.get<{ items: Planned[] }>(`${CLUSTER}/planned-changes`)).body.items.find((one) => one.id === begun.text)
  expect(await listed()).toMatchObject({ maxObjects: 5, ticket: 'OPS-7', state: 'now' })
  expect((await admin.get<{ planned: unknown[] }>('/situation')).body.planned).toMatchObject([{ id: begun.text, cluster: 'prod-eu' }])
  expect(await said('end', begun.text, '--cluster', 'prod-eu')).toMatchObject({ code: 0, text: 'ended; it covered 0 objects on prod-eu' })
  expect(await listed()).toMatchObject({ state: 'past' })
  expect(await said('end', begun.text, '--cluster', 'prod-eu')).toMatchObject({ code: 1, text: expect.stringContaining('ended already') })
})
