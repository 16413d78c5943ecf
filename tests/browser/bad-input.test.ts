import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { discardEmbedded } from '#lib/db/embedded'
import type { ClusterSummary, ClusterView } from '#lib/impact/view'
import { newId } from '#lib/kernel/id'
import type { RunView } from '#lib/runs/view'
import { type RunningSandbox, startSandbox, stopSandbox } from '#lib/sandbox/process-client'
import { type TestDatabase, testDatabase } from '#lib/testing/database'
import { type Caller, caller } from '#lib/testing/play-run'
import { freePort, startServer, type TestServer } from '#lib/testing/server'
import { eventually } from '#lib/testing/wait'
import { openWay, runStart, type Way } from './bad-stage.ts'

const TOKEN = 'bad-input-bootstrap-token-0123456789abcdef'
const headers = { authorization: `Bearer ${TOKEN}` }
let folder: string
let database: TestDatabase
let way: Way
let sandbox: RunningSandbox
let server: TestServer
let operator: Caller

beforeAll(async () => {
  folder = join(inject('run').folder, 'bad')
  mkdirSync(folder, { recursive: true })
  const dir = join(folder, 'cluster')
  const started = await startSandbox({ dir, name: 'good', fill: 'S', speed: 1, seed: 1 })
  if (!started.ok) throw new Error(started.error.message)
  sandbox = started.value
  database = await testDatabase()
  way = await openWay(database.url)
  server = await startServer({
    folder: join(folder, 'data'),
    env: { DATABASE_URL: way.url, BLACKSTART_BOOTSTRAP_TOKEN: TOKEN, BLACKSTART_CONFIG: configuration() },
  })
  operator = caller(server.url, () => headers)
  await eventually(
    async () => (await cluster('good')).freshness,
    (freshness) => freshness === 'live',
    60_000,
  )
})

afterAll(async () => {
  await server?.discard()
  await stopSandbox({ dir: join(folder, 'cluster'), name: 'good' })
  await way?.close()
  await database?.drop()
})

/** One good cluster among all that can be wrong with one, a broken runbook beside the shipped ones, and a full disk for anchors. */
function configuration(): string {
  const silent = join(folder, 'silent.kubeconfig')
  writeFileSync(silent, readFileSync(sandbox.kubeconfig, 'utf8').replace(/server: .*/, 'server: https://127.0.0.1:1'))
  const broken = join(folder, 'broken.kubeconfig')
  writeFileSync(broken, 'apiVersion: v1\nclusters: [{\n')
  cpSync('runbooks', join(folder, 'runbooks'), { recursive: true })
  writeFileSync(
    join(folder, 'runbooks', 'corrupt.yaml'),
    'apiVersion: blackstart.dev/v1\nkind: Runbook\nmetadata: { name: corrupt }\nspec:\n  title: Corrupt\n  stepz: []\n',
  )
  const file = join(folder, 'blackstart.yaml')
  writeFileSync(
    file,
    `clusters:
  - { name: good, kubeconfig: ${sandbox.kubeconfig}, mode: drill, actions: 'on' }
  - { name: missing-file, kubeconfig: ${join(folder, 'nowhere.kubeconfig')} }
  - { name: broken-file, kubeconfig: ${broken} }
  - { name: missing-context, kubeconfig: ${sandbox.kubeconfig}, context: elsewhere }
  - { name: silent, kubeconfig: ${silent} }
runbooks: [${join(folder, 'runbooks')}]
`,
  )
  return file
}

async function cluster(name: string): Promise<ClusterSummary> {
  const found = (await operator.get<{ items: ClusterSummary[] }>('/clusters')).items.find((one) => one.name === name)
  if (!found) throw new Error(`no cluster ${name}`)
  return found
}

test('a cluster that cannot be reached or opened says why and what to do, and the good one goes on', async () => {
  const wanted: Readonly<Record<string, RegExp>> = {
    'missing-file': /there is no kubeconfig .*nowhere\.kubeconfig\. Put the file there, or correct/,
    'broken-file': /broken\.kubeconfig cannot be read .*kubectl --kubeconfig/s,
    'missing-context': /context elsewhere is not in .* It has: .* Correct `context`/,
    silent: /127\.0\.0\.1:1|refused/,
  }
  for (const [name, sentence] of Object.entries(wanted)) {
    const shown = await eventually(
      () => cluster(name),
      (one) => one.trouble !== '',
      30_000,
    )
    expect(shown.trouble, name).toMatch(sentence)
    expect(shown.freshness, name).toBe('unreachable')
  }
  expect((await cluster('good')).freshness).toBe('live')
})

test('what the account may not read is named, the rest goes on; refused credentials are named too', async () => {
  await sandbox.control.setFaults({ forbid: [{ verb: '*', resource: 'configmaps' }], dropWatches: true })
  const seen = await eventually(
    () => operator.get<ClusterView>('/clusters/good'),
    (one) => one.kinds.some((kind) => kind.kind === 'ConfigMap' && kind.note !== ''),
    60_000,
  )
  expect(seen.kinds.find((kind) => kind.kind === 'ConfigMap')?.note).toMatch(/configmaps/i)
  expect(seen.kinds.find((kind) => kind.kind === 'Deployment')?.note).toBe('')
  await sandbox.control.setFaults({ unauthorized: true, dropWatches: true })
  const shut = await eventually(
    () => cluster('good'),
    (one) => /401|credential/i.test(one.trouble),
    60_000,
  )
  expect(shut.freshness).not.toBe('live')
  await sandbox.control.setFaults({})
  await eventually(
    () => cluster('good'),
    (one) => one.freshness === 'live' && one.trouble === '',
    90_000,
  )
})

test('a corrupt runbook is listed with its problem, and the others work', async () => {
  const { items } = await operator.get<{ items: { name: string; problems: string[] }[] }>('/runbooks')
  const corrupt = items.find((one) => one.name === 'corrupt')
  expect(corrupt?.problems.join('\n')).toMatch(/corrupt\.yaml:6:\d+ .*stepz/)
  expect(items.find((one) => one.name === 'argocd-namespace-deleted')?.problems).toEqual([])
  const refused = await operator.send('/runs', { runbook: 'corrupt', kind: 'drill', clusters: ['good'], key: newId() })
  expect(refused.status).toBe(409)
})

test('while the database is away live state can be read and nothing changed; then an open run goes on', async () => {
  const started = await operator.send('/runs', { runbook: 'argocd-namespace-deleted', kind: 'drill', clusters: ['good'], key: newId() })
  expect(started.status, JSON.stringify(started.body)).toBe(201)
  const { id } = started.body as RunView
  way.cut()
  await eventually(
    async () => ((await (await fetch(`${server.url}/readyz`)).json()) as { database: boolean }).database,
    (up) => !up,
    30_000,
  )
  // The headline is made of what is live; nobody has to be asked for it.
  expect((await cluster('good')).freshness).toBe('live')
  expect((await operator.get<{ database: boolean }>('/situation')).database).toBe(false)
  const page = async (path: string) => (await fetch(`${server.url}${path}`, { headers })).text()
  expect(await page('/')).toMatch(/The database does not answer\. This is the live state, read only\./)
  // The runbook is a file: it can be read and printed when everything else is gone.
  expect(await page('/runbooks/argocd-namespace-deleted')).toMatch(/Keep every claimed volume/)
  await expect(operator.send(`/runs/${id}/commands`, { do: 'comment', text: 'while it is away', key: newId() })).rejects.toThrow(
    /database-away.*Try again|database-away.*try again/s,
  )
  way.mend()
  await eventually(
    async () => ((await (await fetch(`${server.url}/readyz`)).json()) as { database: boolean }).database,
    (up) => up,
    30_000,
  )
  const answer = await operator.send(`/runs/${id}/commands`, { do: 'comment', text: 'it is back', key: newId() })
  expect(answer.status).toBe(202)
  // The driver goes on by itself: the check that needs nobody is looked at and closed.
  await eventually(
    () => operator.get<RunView>(`/runs/${id}`),
    (run) => run.phases.flatMap((phase) => phase.steps).some((step) => step.id === 'classify' && step.outcome === 'verified'),
    60_000,
  )
  expect((await operator.send(`/runs/${id}/commands`, { do: 'abort', reason: 'seen enough', key: newId() })).status).toBe(202)
})

test('a full disk under the database is told with the remedy, nothing is half done, and it goes on by itself', async () => {
  const { pool } = database.db
  // What Postgres answers when it cannot extend a file, at the table that everything starts with.
  await pool.query(`CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION USING ERRCODE = 'disk_full', MESSAGE = 'could not extend file: No space left on device'; END $$`)
  await pool.query('CREATE TRIGGER no_room BEFORE INSERT ON audit_entry EXECUTE FUNCTION no_room()')
  const start = () => operator.send('/runs', { runbook: 'argocd-namespace-deleted', kind: 'drill', clusters: ['good'], key: newId() })
  const runs = async () => (await operator.get<{ items: unknown[] }>('/runs')).items.length
  const before = await runs()
  const full = async () => (await operator.get<{ databaseFull: boolean }>('/situation')).databaseFull
  await expect(start()).rejects.toThrow(/507.*database-full.*Free some space/s)
  expect(await full()).toBe(true)
  expect(await (await fetch(server.url, { headers })).text()).toMatch(/disk is full: nothing can be recorded/)
  expect(server.output()).toMatch(/disk is full.*Free some space/)
  expect((await cluster('good')).freshness).toBe('live')
  expect(await runs()).toBe(before)
  await pool.query('DROP TRIGGER no_room ON audit_entry; DROP FUNCTION no_room')
  await eventually(full, (still) => !still, 15_000)
  const started = await start()
  expect(started.status, JSON.stringify(started.body)).toBe(201)
  await operator.send(`/runs/${(started.body as RunView).id}/commands`, { do: 'abort', reason: 'seen enough', key: newId() })
})

test('a full disk under the anchors is told with the remedy, and the server still ends in order', async () => {
  const own = await testDatabase()
  const file = join(folder, 'full.yaml')
  writeFileSync(file, 'sandbox: { enabled: false }\naudit: { anchors: /dev/full }\n')
  const full = await startServer({
    folder: join(folder, 'full'),
    env: { DATABASE_URL: own.url, BLACKSTART_CONFIG: file, BLACKSTART_BOOTSTRAP_TOKEN: TOKEN },
  })
  try {
    expect((await caller(full.url, () => headers).send('/audit/verify', {})).body).toMatchObject({ ok: true })
    expect(await full.stop()).toBe(0)
    expect(full.output()).toMatch(/\/dev\/full could not be written \(ENOSPC.*Free some space.*audit\.anchors/)
  } finally {
    await full.discard()
    await own.drop()
  }
})

test('a wrong blackstart.yaml ends the start with code 2, and names file, line and what to write', async () => {
  const file = join(folder, 'wrong.yaml')
  writeFileSync(file, 'clusters:\n  - name: one\n    mode: sometimes\n    kubeconfg: x\n')
  const { code, said } = await runStart({ BLACKSTART_CONFIG: file, BLACKSTART_DATA: join(folder, 'wrong'), PORT: String(await freePort()) })
  expect(code, said).toBe(2)
  expect(said).toMatch(/wrong\.yaml:3:\d+: clusters\[0\]\.mode: write live or drill/)
  expect(said).toMatch(/wrong\.yaml:4:\d+: clusters\[0\]\.kubeconfg: there is no such field here; check its spelling/)
})

test('a taken port ends the start with code 2, and says whose it is and what to do', async () => {
  const port = await freePort()
  const holder = createServer()
  await new Promise<void>((ready) => holder.listen(port, '127.0.0.1', ready))
  const { code, said } = await runStart({ BLACKSTART_DATA: join(folder, 'port'), PORT: String(port) })
  await new Promise((closed) => holder.close(closed))
  expect(code, said).toBe(2)
  expect(said).toMatch(new RegExp(`Port ${port} is already used.*PORT=${port + 1} npm start`))
})

test('a second process on the same embedded data is told who holds it, and the first goes on', async () => {
  const data = join(folder, 'embedded')
  const first = await startServer({ folder: data, env: { DATABASE_URL: '', BLACKSTART_CONFIG: withoutClusters() } })
  try {
    const port = await freePort()
    const second = startServer({ folder: data, port, env: { DATABASE_URL: '', BLACKSTART_CONFIG: withoutClusters() } })
    await expect(second).rejects.toThrow(
      /ended with 2 .*already used by pid \d+, port \d+\. Open http:\/\/127\.0\.0\.1:\d+, stop that process \(kill \d+\), or set BLACKSTART_DATA/s,
    )
    expect((await fetch(`${first.url}/readyz`)).status).toBe(200)
  } finally {
    await first.discard()
    await discardEmbedded(process.cwd(), data)
  }
})

function withoutClusters(): string {
  const file = join(folder, 'plain.yaml')
  writeFileSync(file, 'sandbox: { enabled: false }\n')
  return file
}
