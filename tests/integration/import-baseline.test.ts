import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { permit } from '../../lib/auth/rules.ts'
import type { Actor, Deed, Permit } from '../../lib/auth/schema.ts'
import type { ClusterApi } from '../../lib/cluster/port.ts'
import { WALL } from '../../lib/cluster/rules.ts'
import { importBaseline } from '../../lib/impact/import-baseline.ts'
import { NO_MEMORY } from '../../lib/impact/memory.ts'
import { moveT0 } from '../../lib/impact/move-t0.ts'
import { listBaselines } from '../../lib/impact/pin-baseline.ts'
import { watchImpact } from '../../lib/impact/watch-impact.ts'
import { createHistory, type Recorder } from '../../lib/inventory/history-store.ts'
import type { Clusters, Watched } from '../../lib/inventory/port.ts'
import { type TestDatabase, testDatabase } from '../../lib/testing/database.ts'
import { openPlayer, type Player, readRecording } from '../../lib/testing/golden-player.ts'

const GOLDEN = join(import.meta.dirname, '../golden')
const EXPORT = gunzipSync(readFileSync(join(GOLDEN, 'baseline/argocd/admin-export.yaml.gz'))).toString('utf8')
const lead: Actor = { kind: 'person', id: 'p-1', name: 'Lea', roles: ['lead', 'operator'], email: null }
const nobodysApi = { name: 'golden', mode: 'live', server: '' } as ClusterApi

function may<D extends Deed>(deed: D): Permit<D> {
  const permitted = permit(lead, deed)
  if (!permitted.ok) throw new Error(permitted.error.message)
  return permitted.value
}

let store: TestDatabase
let history: Recorder
let player: Player
let clusters: Clusters
beforeEach(async () => {
  store = await testDatabase()
  player = openPlayer(readRecording(join(GOLDEN, 'scenarios/reinstall-finishes-deletion')), 'golden')
  history = createHistory({ cluster: 'golden', inventory: player.inventory, db: store.db, now: () => WALL })
  await history.started()
  const entry = { name: 'golden', mode: 'live', secrets: 'none', paging: 'shadow', collect: [] as string[] } as const
  const watched: Watched = { entry, api: nobodysApi, inventory: player.inventory, history, clock: WALL }
  clusters = { get: (name) => (name === 'golden' ? watched : undefined), all: () => [watched], onChange: () => () => {} }
})
afterEach(async () => {
  await history.stop()
  await store.drop()
})

// biome-ignore lint/suspicious/noExplicitAny: the board is not asked for here
const ctx = () => ({ clusters, db: store.db, config: { redact: [] }, impacts: {} as any })
const bring = (yaml: string, more: object = {}) => importBaseline(ctx(), may('baseline.pin'), { cluster: 'golden', yaml, ...more })

test('an argocd export, brought after the disaster, tells which services were lost', async () => {
  const said = await bring(EXPORT, { label: 'nightly export' })
  if (!said.ok) throw new Error(said.error.message)
  const baseline = said.value
  expect(baseline.imported).toMatchObject({
    kinds: { Application: 60, ApplicationSet: 4, AppProject: 4 },
    leftOut: [{ kind: 'Secret', count: 1 }],
    moment: 'from-file',
  })
  expect(baseline.imported?.byName).toBeGreaterThan(200)
  expect(baseline.imported?.cannotKnow.join(' ')).toMatch(/healthy then.*Uids.*by name only.*Secrets.*no owners/s)
  // The newest time that anything in the export speaks of.
  expect(baseline.at).toBe('2026-11-22T10:30:59.000Z')
  const listed = await listBaselines(ctx(), may('cluster.read'), { cluster: 'golden' })
  expect(listed.ok && listed.value.items).toEqual([baseline])

  const then = await history.at(new Date(baseline.at))
  player.playTo(player.duration)
  const board = watchImpact({ inventory: player.inventory, catalog: { rules: [], ephemeral: [] }, memory: NO_MEMORY, now: player.now })
  const before = board.rows().filter((row) => row.impacts.includes('lost')).length
  board.compareWith(baseline.at, then)
  const lost = board.rows().filter((row) => row.impacts.includes('lost'))
  expect(before).toBe(0)
  expect(lost.length).toBeGreaterThan(40)
  expect(lost.flatMap((row) => row.evidence.map((one) => one.was))).toContain('named by its Application')
  // What is known by name only accuses nobody of a lost volume or of bad health before.
  expect(board.rows().some((row) => board.badThen(row.id))).toBe(false)
  const named = then.filter((one) => one.facts.is === 'workload')
  expect(named.length).toBeGreaterThan(60)
  expect(new Set(named.map((one) => one.health?.status))).toEqual(new Set(['Healthy']))
  board.stop()
})

test('what it holds can be restored from, and what it names can not', async () => {
  const said = await bring(EXPORT)
  if (!said.ok) throw new Error(said.error.message)
  const at = new Date(said.value.at)
  const applications = await history.manifests('Application', at, true, 'argoproj.io')
  expect(applications).toHaveLength(60)
  expect(applications[0]?.manifest).toMatchObject({
    kind: 'Application',
    metadata: { namespace: 'argocd' },
    spec: { project: expect.any(String) },
  })
  expect(applications[0]?.manifest.status).toBeUndefined()
  expect(await history.manifests('Deployment', at, true, 'apps')).toEqual([])
  expect(await history.manifests('Application', new Date(at.getTime() + 1), true, 'argoproj.io')).toEqual([])
  expect(await history.changes(new Date(0), new Date())).toEqual([])
})

test('T0 of an incident may be set to it', async () => {
  const said = await bring(EXPORT)
  if (!said.ok) throw new Error(said.error.message)
  const opened = new Date('2026-11-22T10:40:00Z')
  await store.db.pool.query(
    `INSERT INTO incident (id, title, cluster, kind, t0, opened_at) VALUES ('i-1', 'Argo CD is gone', 'golden', 'incident', $1, $2)`,
    [new Date('2026-11-22T10:39:00Z'), opened],
  )
  const move = (input: object) => moveT0(ctx(), may('incident.change'), { id: 'i-1', ...input })
  expect(await move({})).toMatchObject({ ok: false, error: { code: 'bad-input' } })
  expect(await move({ baseline: 'nope' })).toMatchObject({ ok: false, error: { code: 'bad-input' } })
  expect(await move({ baseline: said.value.id })).toEqual({ ok: true, value: { id: 'i-1', t0: said.value.at } })
})

test('manifests without a status are taken as running, and secrets are taken out before anything is stored', async () => {
  const manifests = `apiVersion: apps/v1
kind: Deployment
metadata: { name: cart, namespace: shop }
spec:
  replicas: 2
  template: { spec: { containers: [{ name: c, env: [{ name: DB_PASSWORD, value: hunter22222 }] }] } }
---
apiVersion: v1
kind: Secret
metadata: { name: s, namespace: shop }
stringData: { password: hunter33333 }
`
  const said = await bring(manifests, { at: '2026-11-22T09:00:00Z' })
  if (!said.ok) throw new Error(said.error.message)
  expect(said.value.imported).toMatchObject({ objects: 1, moment: 'given', leftOut: [{ kind: 'Secret', count: 1 }] })
  const [cart] = await history.at(new Date('2026-11-22T09:00:00Z'))
  expect(cart?.facts).toMatchObject({ desired: 2, ready: 2 })
  expect(cart?.health?.status).toBe('Healthy')
  const held = await history.manifest({ kind: 'Deployment', namespace: 'shop', name: 'cart' }, new Date('2026-11-22T09:00:00Z'), true)
  expect(held?.redacted).toBe(true)
  expect(JSON.stringify(held)).not.toContain('hunter')
  expect(await bring(manifests, { at: '2026-11-22T09:00:00Z' })).toMatchObject({ ok: false, error: { code: 'bad-input' } })
})

test.each([
  ['an object without a namespace', 'apiVersion: v1\nkind: Service\nmetadata: { name: s }\n', 'line 1', /namespace/],
  [
    'one object twice',
    'apiVersion: v1\nkind: Service\nmetadata: { name: s, namespace: a }\n---\napiVersion: v1\nkind: Service\nmetadata: { name: s, namespace: a }\n',
    'line 5',
    /twice/,
  ],
  ['nothing to keep', 'apiVersion: v1\nkind: Secret\nmetadata: { name: s }\n', undefined, /nothing to compare/],
])('%s is refused, and nothing is stored', async (_what, yaml, path, message) => {
  const said = await bring(yaml)
  expect(said).toMatchObject({ ok: false, error: { code: 'bad-input', message: expect.stringMatching(message) } })
  expect(!said.ok && said.error.code === 'bad-input' && 'errors' in said.error ? said.error.errors?.[0]?.path : undefined).toBe(path)
  expect((await store.db.pool.query('SELECT 1 FROM baseline')).rowCount).toBe(0)
})
