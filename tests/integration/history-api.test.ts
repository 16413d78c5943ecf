import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { house } from '#lib/boot/context'
import { clusterNow } from '#lib/cluster/rules'
import type { ChangesView, ObjectsView, RevisionsView } from '#lib/impact/view'
import { newId } from '#lib/kernel/id'
import { eventually } from '#lib/testing/wait'
import { type ApiStage, BOOTSTRAP, type Client, setApiStage } from './api-stage.ts'

const CLUSTER = '/clusters/prod-eu'
const MAP = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'flags', namespace: 'team' } }
let stage: ApiStage
let admin: Client
let uid = ''

function watched() {
  const cluster = house().ctx?.clusters.get('prod-eu')
  if (!cluster) throw new Error('the cluster is not watched')
  return cluster
}

async function write(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown) {
  const contentType = method === 'PATCH' ? 'application/merge-patch+json' : undefined
  const said = await watched().api.request({ method, path, ...(body ? { body } : {}), ...(contentType ? { contentType } : {}) })
  expect(said.status, said.text).toBeLessThan(300)
  return said.body as { metadata: { uid: string } }
}

const changes = async (query: string) => (await admin.get<ChangesView>(`${CLUSTER}/changes?namespace=team${query}`)).body.items
const shown = (items: ChangesView['items']) => items.map((one) => `${one.name} ${one.what}`)
const now = () => new Date(clusterNow(watched().clock)).toISOString()

beforeAll(async () => {
  stage = await setApiStage('history-api')
  admin = stage.admin
  await eventually(
    () => watched().inventory.ready(),
    (ready) => ready,
    90_000,
  )
  await write('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } })
  ;({
    metadata: { uid },
  } = await write('POST', '/api/v1/namespaces/team/configmaps', { ...MAP, data: { colour: 'red', password: 'hunter22222' } }))
  await eventually(
    () => changes(''),
    (items) => items.length > 0,
  )
})
afterAll(() => stage?.end())

test('a moment later, a past moment still shows what was there', async () => {
  const before = now()
  await write('PATCH', '/api/v1/namespaces/team/configmaps/flags', { data: { colour: 'blue' } })
  await eventually(
    () => changes(''),
    (items) => shown(items).includes('flags changed'),
  )
  await write('DELETE', '/api/v1/namespaces/team/configmaps/flags')
  await eventually(
    () => changes(''),
    (items) => shown(items).includes('flags deleted'),
  )
  const asked = (at: string) => admin.get<ObjectsView>(`${CLUSTER}/objects?kind=ConfigMap&namespace=team&name=flags${at}`)
  expect((await asked('')).body.items).toEqual([])
  const then = await asked(`&at=${before}`)
  expect(then.body).toMatchObject({ at: before, items: [{ name: 'flags', uid }] })
  expect(await asked('&at=2001-01-01T00:00:00Z')).toMatchObject({ status: 404, body: { code: 'not-found' } })
})

test('its versions are there, with what differs, whole and as they would be restored, and without secrets', async () => {
  const path = `${CLUSTER}/objects/${uid}/revisions`
  const all = (await admin.get<RevisionsView>(path)).body
  expect(all.items.map((one) => [one.n, one.what])).toEqual([
    [1, 'created'],
    [2, 'changed'],
    [3, 'deleted'],
  ])
  const second = (await admin.get<RevisionsView>(`${path}/2`)).body.revision
  expect(second).toMatchObject({
    diff: [{ path: '/data/colour', was: 'red', becomes: 'blue' }],
    redacted: true,
    manifest: { metadata: { uid } },
  })
  const clean = await admin.get<RevisionsView>(`${path}/1?sanitized=true`)
  expect(clean.body.revision?.manifest).toEqual({ ...MAP, data: { colour: 'red', password: expect.stringMatching(/^redacted:/) } })
  expect(clean.text).not.toContain('hunter')
  expect((await admin.get(`${path}/9`)).status).toBe(404)
})

test('who deleted it is not recorded until the API server’s own audit says so', async () => {
  const gone = async () => (await changes('')).find((one) => one.name === 'flags' && one.what === 'deleted')
  const before = await gone()
  expect(before).toMatchObject({ by: null, proof: null })
  const event = {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    auditID: newId(),
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/team/configmaps/flags',
    verb: 'delete',
    user: { username: 'ann@acme.test' },
    objectRef: { resource: 'configmaps', namespace: 'team', name: 'flags', apiVersion: 'v1', uid },
    responseStatus: { code: 200 },
    requestReceivedTimestamp: before?.at,
  }
  const list = { kind: 'EventList', apiVersion: 'audit.k8s.io/v1', items: [event, { ...event, auditID: newId(), verb: 'get' }] }
  // As the webhook of an API server sends it: without a key, and again when an answer is late.
  for (let i = 0; i < 2; i++)
    expect(await admin.post(`${CLUSTER}/k8s-audit`, list, {})).toMatchObject({ status: 200, body: { kept: 1, ignored: 1 } })
  expect(await gone()).toMatchObject({ by: 'ann@acme.test', proof: expect.stringContaining('audit of the API server') })
  expect(shown(await changes('&actor=ann@acme.test'))).toEqual(['flags deleted'])
  expect(await changes('&actor=nobody')).toEqual([])
  const lines = await admin.post(`${CLUSTER}/k8s-audit`, `${JSON.stringify(event)}\nnot json\n`, { 'content-type': 'application/x-ndjson' })
  expect(lines).toMatchObject({ status: 400, body: { code: 'bad-input' } })
})

test('a file of manifests becomes a baseline, and a hostile one is refused with its line', async () => {
  const yaml = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: cart, namespace: team }\nspec: { replicas: 2 }\n'
  const head = { 'content-type': 'application/yaml', 'idempotency-key': newId() }
  const made = await admin.post<{ id: string; at: string }>(`${CLUSTER}/baselines/import?label=from%20git`, yaml, head)
  expect(made).toMatchObject({ status: 201, body: { label: 'from git', imported: { objects: 1, moment: 'before-recording' } } })
  const then = await admin.get<ObjectsView>(`${CLUSTER}/objects?at=${made.body.at}`)
  expect(then.status, then.text).toBe(200)
  expect(then.body.items.map((one) => one.name)).toEqual(['cart'])
  const listed = await admin.get<{ items: { id: string }[] }>(`${CLUSTER}/baselines`)
  expect(listed.body.items.map((one) => one.id)).toContain(made.body.id)
  const refused = await admin.post(`${CLUSTER}/baselines/import`, { yaml: `${yaml}---\nkind: Service\n` })
  expect(refused).toMatchObject({
    status: 400,
    body: { code: 'bad-input', errors: [{ path: 'line 6', message: expect.stringMatching(/apiVersion/) }] },
  })
})

test('the command line brings an argocd export, pins a moment and writes either as manifests to apply', async () => {
  const file = join(inject('run').folder, 'admin-export.yaml')
  writeFileSync(file, gunzipSync(readFileSync(join(import.meta.dirname, '../golden/baseline/argocd/admin-export.yaml.gz'))))
  const env = { ...process.env, VITEST: '', BLACKSTART_URL: stage.url, BLACKSTART_TOKEN: BOOTSTRAP }
  const blackstart = async (...args: string[]) =>
    (await promisify(execFile)(process.execPath, [join('bin', 'blackstart.ts'), 'baseline', ...args], { env, maxBuffer: 1e8 })).stdout
  const documents = async (id: string, ...more: string[]) =>
    parseAllDocuments(await blackstart('export', id, '--cluster', 'prod-eu', ...more)).map((one) => one.toJS() as Record<string, never>)

  const brought = JSON.parse(await blackstart('import', file, '--cluster', 'prod-eu', '--json'))
  expect(brought.imported).toMatchObject({ kinds: { Application: 60 }, moment: 'from-file' })
  const [first, ...rest] = await documents(brought.id)
  expect(first).toMatchObject({ apiVersion: expect.any(String), metadata: { name: expect.any(String) } })
  const applications = rest.filter((one) => one.kind === 'Application')
  expect(applications).toHaveLength(60)
  expect(JSON.stringify(applications)).not.toContain('automated')

  const pinned = (await blackstart('pin', 'before the upgrade', '--cluster', 'prod-eu')).split(' ')[0] ?? ''
  const whole = await documents(pinned, '--namespace', 'argocd')
  expect(new Set(whole.map((one) => one.kind))).toContain('StatefulSet')
  const never = await admin.post(`${CLUSTER}/baselines`, { label: 'too early', at: '2001-01-01T00:00:00Z' })
  expect(never).toMatchObject({ status: 400, body: { code: 'bad-input', detail: expect.stringContaining('import') } })
}, 60_000)
