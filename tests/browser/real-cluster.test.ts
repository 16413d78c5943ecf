import { readFileSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { parse } from 'yaml'
import { connect } from '#lib/cluster/client'
import { ClusterEntry } from '#lib/cluster/schema'
import { ScenarioDocument, scenarioOf } from '#lib/drills/schema'
import type { SituationView } from '#lib/impact/view'
import { newId } from '#lib/kernel/id'
import type { PreviewView, RunView } from '#lib/runs/view'
import { type RunningSandbox, startSandbox, stopSandbox } from '#lib/sandbox/process-client'
import { type TestDatabase, testDatabase } from '#lib/testing/database'
import { type Caller, caller } from '#lib/testing/play-run'
import { startServer, type TestServer } from '#lib/testing/server'

const TOKEN = 'a-bootstrap-token-of-a-test-0123456789'
let folder: string
let database: TestDatabase
let cluster: RunningSandbox
let server: TestServer
let admin: Caller

/** Two ordinary clusters of `blackstart.yaml`, one of them only looked at; that a simulation answers is known to nobody but this test. */
beforeAll(async () => {
  folder = join(inject('run').folder, 'real')
  await mkdir(folder, { recursive: true })
  const started = await startSandbox({ dir: join(folder, 'clusters'), name: 'elsewhere', fill: 'S', speed: 1, seed: 7 })
  if (!started.ok) throw new Error(started.error.message)
  cluster = started.value
  const config = join(folder, 'blackstart.yaml')
  writeFileSync(
    config,
    `clusters:
  - { name: prod-eu, kubeconfig: ${cluster.kubeconfig}, mode: live, actions: on, identity: account }
  - { name: prod-watched, kubeconfig: ${cluster.kubeconfig}, mode: live }
`,
  )
  database = await testDatabase()
  server = await startServer({ folder, env: { DATABASE_URL: database.url, BLACKSTART_CONFIG: config, BLACKSTART_BOOTSTRAP_TOKEN: TOKEN } })
  admin = caller(server.url, () => ({ authorization: `Bearer ${TOKEN}` }))
})

afterAll(async () => {
  await server?.discard()
  await stopSandbox({ dir: join(folder, 'clusters'), name: 'elsewhere' })
  await database?.drop()
})

async function start(name: string): Promise<string> {
  const answer = await admin.send('/runs', { runbook: 'argocd-namespace-deleted', kind: 'incident', clusters: [name], key: newId() })
  expect(answer).toMatchObject({ status: 201 })
  return (answer.body as { id: string }).id
}

async function stepOf(run: string, id: string) {
  const view = await admin.get<RunView>(`/runs/${run}`)
  const step = view.phases.flatMap((phase) => phase.steps).find((one) => one.id === id)
  if (!step) throw new Error(`no step ${id}`)
  return step
}

async function command(run: string, id: string, body: Record<string, unknown>) {
  const { version } = await stepOf(run, id)
  return admin.send(`/runs/${run}/commands`, { step: id, version, key: newId(), ...body })
}

test('an ordinary cluster of blackstart.yaml: seen, judged, acted on where that is on, and only looked at where it is off', async () => {
  const situation = () => admin.get<SituationView>('/situation')
  await expect.poll(async () => (await situation()).freshness, { timeout: 60_000 }).toBe('live')
  await expect.poll(async () => (await situation()).impact.healthy, { timeout: 60_000 }).toBeGreaterThan(100)
  expect((await situation()).clusters.map((one) => [one.name, one.mode, one.actions])).toEqual([
    ['prod-eu', 'live', 'on'],
    ['prod-watched', 'live', 'off'],
  ])

  const scenario = scenarioOf(ScenarioDocument.parse(parse(readFileSync('runbooks/scenarios/argocd-namespace-deleted.yaml', 'utf8'))))
  const commits = scenario.steps.filter((step) => step.inject.kind === 'git-commit')
  for (const commit of commits) {
    await cluster.control.inject(commit.inject)
    await new Promise((later) => setTimeout(later, 12_000))
  }
  const open = async (name: string) => (await situation()).signals.find((one) => one.kind === 'argocd-gone' && one.cluster === name)
  await expect.poll(async () => (await open('prod-eu'))?.causes[0]?.proof ?? null, { timeout: 60_000, interval: 500 }).toMatch(/Pruned/)
  await expect.poll(async () => (await open('prod-watched'))?.severity, { timeout: 60_000 }).toBe('critical')

  const watched = await start('prod-watched')
  const toKeep = await stepOf(watched, 'keep-volumes')
  expect(toKeep.next).not.toContain('act')
  expect(toKeep.next[0]).toBe('record-done')
  const shown = await admin.get<PreviewView>(`/runs/${watched}/steps/keep-volumes/preview`)
  expect(shown.refusal?.message).toMatch(/Actions are off for prod-watched/)
  expect(shown.kubectl.join('\n')).toMatch(/kubectl .*patch/)
  const refused = await command(watched, 'keep-volumes', { do: 'act', digest: shown.digest })
  expect(refused.status).toBeGreaterThanOrEqual(400)
  expect(JSON.stringify(refused.body)).toMatch(/Actions are off/)

  const acting = await start('prod-eu')
  const { digest } = await admin.get<PreviewView>(`/runs/${acting}/steps/keep-volumes/preview`)
  expect(await command(acting, 'keep-volumes', { do: 'act', digest })).toMatchObject({ status: 202 })
  await expect.poll(async () => (await stepOf(acting, 'keep-volumes')).outcome, { timeout: 60_000 }).toBe('verified')
  const api = connect(ClusterEntry.parse({ name: 'outside', kubeconfig: cluster.kubeconfig }))
  const volumes = (await api.request({ method: 'GET', path: '/api/v1/persistentvolumes' })).body as {
    items: { spec: { persistentVolumeReclaimPolicy: string; claimRef?: object } }[]
  }
  const claimed = volumes.items.filter((one) => one.spec.claimRef)
  expect(claimed.length).toBeGreaterThan(5)
  expect(new Set(claimed.map((one) => one.spec.persistentVolumeReclaimPolicy))).toEqual(new Set(['Retain']))

  // Done by hand elsewhere, the same step of the watched cluster is proved by looking.
  expect(await command(watched, 'keep-volumes', { do: 'record-done' })).toMatchObject({ status: 202 })
  await expect.poll(async () => (await stepOf(watched, 'keep-volumes')).outcome, { timeout: 60_000 }).toBe('verified')
}, 300_000)

test('nobody of the trial is known there; the first administrator comes by a one-time link', async () => {
  const link = new URL(server.signInLink() ?? '')
  const answer = await fetch(`${server.url}/api/v1/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: server.url, 'idempotency-key': newId() },
    body: JSON.stringify({ token: link.searchParams.get('token') }),
  })
  expect(answer.status).toBe(200)
  const cookie = answer.headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .join('; ')
  const me = (await (await fetch(`${server.url}/api/v1/me`, { headers: { cookie } })).json()) as { roles: string[]; others: unknown[] }
  expect(me.roles).toContain('administrator')
  expect(me.others).toEqual([])
})
