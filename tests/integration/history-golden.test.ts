import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { permit } from '../../lib/auth/rules.ts'
import type { Actor } from '../../lib/auth/schema.ts'
import type { ClusterApi } from '../../lib/cluster/port.ts'
import { ClusterEntry } from '../../lib/cluster/schema.ts'
import { listChanges } from '../../lib/impact/list-changes.ts'
import { isToldEvent, recordedEvent } from '../../lib/inventory/events.ts'
import { createHistory, type Recorder } from '../../lib/inventory/history-store.ts'
import { bodyOf } from '../../lib/inventory/kept.ts'
import { chooseKinds } from '../../lib/inventory/kinds.ts'
import { keptManifest, lastChange } from '../../lib/inventory/manifest.ts'
import type { Watched } from '../../lib/inventory/port.ts'
import { createRedactor } from '../../lib/inventory/redact.ts'
import { groupOf, project } from '../../lib/inventory/rules.ts'
import { createInventory } from '../../lib/inventory/store.ts'
import { at, type Dict, dict, text } from '../../lib/kernel/wire.ts'
import { type TestDatabase, testDatabase } from '../../lib/testing/database.ts'
import { type Recording, readRecording } from '../../lib/testing/golden-player.ts'

const viewer: Actor = { kind: 'person', id: 'p', name: 'Vera', roles: ['viewer'], email: null }
const inventory = createInventory('golden')
let store: TestDatabase
let history: Recorder
let tape: Recording
let clock: { base: number; at: number; factor: number }
const operations = new Set<string>()
let warnings = 0
let lines = 0

/** Plays the founding night into a recorder, as a collector would. */
async function record(): Promise<void> {
  const redact = createRedactor(new Uint8Array(32))
  const start = Date.parse(tape.startedAt)
  const kinds = new Map<string, { apiVersion: string; kind: string; full: boolean }>()
  const see = (resource: string, raw: unknown, ms: number) => {
    const kind = kinds.get(resource)
    const object: Dict = { ...dict(raw), ...(kind ? { apiVersion: kind.apiVersion, kind: kind.kind } : {}) }
    const when = new Date(start + ms).toISOString()
    const uid = text(at(object, 'metadata', 'uid'))
    if (resource === 'events') {
      if (!isToldEvent(object)) return
      warnings++
      history.event(recordedEvent(object, when), `${uid}:${text(at(object, 'metadata', 'resourceVersion'))}`)
      return
    }
    if (!kind?.full) return
    lines++
    const state = dict(at(object, 'status', 'operationState'))
    if (text(state.finishedAt) !== '') operations.add(`${uid} ${text(state.startedAt)} ${text(state.finishedAt)}`)
    history.observe({ record: project(object, when), body: bodyOf(keptManifest(object), redact), by: lastChange(object) })
  }
  for (const [resource, list] of Object.entries(tape.lists)) {
    const apiVersion = list.path.startsWith('/apis/') ? list.path.split('/').slice(2, 4).join('/') : 'v1'
    const kind = list.kind.replace(/List$/, '')
    const served = [{ group: groupOf(apiVersion), version: 'v1', kind, plural: resource, namespaced: true, verbs: ['list', 'watch'] }]
    const [chosen] = chooseKinds(served, { tracked: new Set(), collect: [], secrets: 'none' })
    kinds.set(resource, { apiVersion, kind, full: chosen?.depth === 'full' })
    for (const one of list.items) see(resource, one, 0)
  }
  for (const line of tape.lines) {
    if (line.type === 'DELETED' && kinds.get(line.resource)?.full)
      history.gone(text(at(line.object, 'metadata', 'uid')), new Date(start + line.ms).toISOString())
    else if (line.type === 'ADDED' || line.type === 'MODIFIED') see(line.resource, line.object, line.ms)
  }
  await history.flush()
}

beforeAll(async () => {
  store = await testDatabase()
  tape = readRecording(join(import.meta.dirname, '../golden/scenarios/argocd-namespace-deleted'))
  clock = { base: Date.parse(tape.startedAt) + 200_000, at: Date.now(), factor: 1 }
  inventory.setFacts({ incarnation: 'one' })
  history = createHistory({ cluster: 'golden', inventory, db: store.db, now: () => clock })
  await history.started()
  await record()
}, 60_000)
afterAll(async () => {
  await history.stop()
  await store.drop()
})

test('every operation that ended is recorded as it passed, however soon the next overwrote it', async () => {
  const { rows } = await store.db.pool.query<{ operation: string }>(
    `SELECT DISTINCT uid || ' ' || (slim->'facts'->'operation'->>'startedAt') || ' ' || (slim->'facts'->'operation'->>'finishedAt') AS operation
     FROM inventory_revision WHERE kind = 'Application' AND slim->'facts'->'operation'->>'finishedAt' IS NOT NULL`,
  )
  expect(operations.size).toBeGreaterThan(50)
  expect(rows.map((row) => row.operation).sort()).toEqual([...operations].sort())
})

test('every warning and every word of Argo CD is recorded, though its namespace took the events along', async () => {
  expect(warnings).toBeGreaterThan(100)
  const { rows } = await store.db.pool.query<{ n: number }>('SELECT count(*)::int AS n FROM inventory_event')
  expect(rows[0]?.n).toBe(warnings)
})

test('what only flaps writes nothing, and the same content is stored once', async () => {
  const count = async (table: string) =>
    (await store.db.pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`)).rows[0]?.n ?? 0
  const [revisions, bodies] = [await count('inventory_revision'), await count('inventory_body')]
  expect(revisions).toBeLessThan(lines)
  expect(bodies).toBeLessThan(revisions)
  const twice = await store.db.pool.query(
    `SELECT 1 FROM (SELECT hash, mark, lag(hash) OVER w AS was, lag(mark) OVER w AS marked FROM inventory_revision WINDOW w AS (PARTITION BY uid ORDER BY id)) r
     WHERE hash = was AND mark = marked`,
  )
  expect(twice.rowCount).toBe(0)
})

test('the sync that deleted the namespace is asked for by name, with its proof', async () => {
  const permitted = permit(viewer, 'cluster.read')
  if (!permitted.ok) throw new Error(permitted.error.message)
  const watched: Watched = {
    entry: ClusterEntry.parse({ name: 'golden' }),
    api: { name: 'golden', mode: 'live', server: '' } as ClusterApi,
    inventory,
    history,
    clock,
  }
  const clusters = { get: () => watched, all: () => [watched], onChange: () => () => {} }
  // biome-ignore lint/suspicious/noExplicitAny: the board is not asked for here
  const said = await listChanges({ db: store.db, clusters, impacts: {} as any }, permitted.value, {
    cluster: 'golden',
    actor: 'project-namespace',
  })
  expect(said.ok && said.value.items.map((one) => [one.object, one.what, one.at, one.by])).toEqual([
    ['Namespace argocd', 'deletion started', '2026-11-22T10:39:55.000Z', 'sync of project-namespace to 521aea6'],
  ])
  expect(said.ok && said.value.items[0]?.proof).toMatch(/sync result of the operation started .*: Namespace argocd Pruned/)
})

test('the state at an instant is that of the recording', async () => {
  const before = await history.at(new Date(Date.parse(tape.startedAt) + 1))
  const kinds = ['applications', 'namespaces', 'deployments', 'persistentvolumeclaims']
  for (const resource of kinds) {
    const list = tape.lists[resource]
    const kind = list?.kind.replace(/List$/, '')
    expect(before.filter((one) => one.kind === kind).length, resource).toBe(list?.items.length)
  }
})
