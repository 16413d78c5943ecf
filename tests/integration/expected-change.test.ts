import { afterAll, beforeAll, expect, test } from 'vitest'
import { readStream } from '../../lib/audit/store.ts'
import { permit } from '../../lib/auth/rules.ts'
import type { Actor, Deed, Permit } from '../../lib/auth/schema.ts'
import type { ClusterApi } from '../../lib/cluster/port.ts'
import { endPlannedChange } from '../../lib/impact/end-planned-change.ts'
import { PlanChange, planChange } from '../../lib/impact/plan-change.ts'
import { showExpected } from '../../lib/impact/show-expected.ts'
import { type SignalWatch, watchSignals } from '../../lib/impact/watch-signals.ts'
import type { Clusters, History, Watched } from '../../lib/inventory/port.ts'
import { project } from '../../lib/inventory/rules.ts'
import { createInventory } from '../../lib/inventory/store.ts'
import { type TestDatabase, testDatabase } from '../../lib/testing/database.ts'
import { type Raw, raw, rawApplication, rawArgocd, rawWorkload } from '../../lib/testing/impact-stage.ts'
import { eventually } from '../../lib/testing/wait.ts'

const HOUR = 3_600_000
const lead: Actor = { kind: 'person', id: 'p-1', name: 'Otto', roles: ['lead'], email: null }
function may<D extends Deed>(deed: D): Permit<D> {
  const permitted = permit(lead, deed)
  if (!permitted.ok) throw new Error(permitted.error.message)
  return permitted.value
}

const api: ClusterApi = {
  name: 'live-eu',
  mode: 'live',
  server: '',
  request: () => Promise.reject(new Error('no request expected')),
  stream: () => Promise.reject(new Error('no stream expected')),
  as: () => api,
}
const nothing: History = {
  at: async () => [],
  changes: async () => [],
  events: async () => [],
  manifest: async () => null,
  manifests: async () => [],
  flush: async () => {},
} as Partial<History> as History

/** A watched cluster made by hand; its clock can be set forward. */
function aCluster(objects: readonly Raw[]) {
  const inventory = createInventory('live-eu')
  const put = (...raws: readonly Raw[]) =>
    inventory.apply(raws.map((one) => ({ type: 'set', record: project(one, new Date().toISOString()) })))
  put(...objects)
  inventory.setFacts({ incarnation: 'one', freshness: 'live', observedAt: new Date().toISOString() })
  inventory.setReady(true)
  let ahead = 0
  const watched = {
    entry: { name: 'live-eu', mode: 'live', secrets: 'none', paging: 'shadow', collect: [] },
    api,
    inventory,
    history: nothing,
    get clock() {
      return { base: ahead, at: 0, factor: 1 }
    },
  } satisfies Watched
  const clusters: Clusters = { get: (name) => (name === 'live-eu' ? watched : undefined), all: () => [watched], onChange: () => () => {} }
  const drop = (...uids: readonly string[]) =>
    inventory.apply(uids.map((uid) => ({ type: 'gone', uid, at: new Date(Date.now() + ahead).toISOString() })))
  return { inventory, clusters, put, drop, forward: (ms: number) => (ahead += ms) }
}

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

const names = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight']
const platform = [
  ...rawArgocd('argocd'),
  ...names.flatMap((name) => [rawApplication(name, 'argocd'), raw('v1', 'Namespace', name), rawWorkload('web', name, { app: name })]),
]
const impactsOf = (watch: SignalWatch, name: string) => watch.of('live-eu')?.row(`live-eu/${name}/${name}`)?.impacts.join()
const open = (clusters: Clusters) => watchSignals({ clusters, db: database.db, catalog: { rules: [], ephemeral: [] } })

test('a planned change, a proper end and their acceptance outlive restarts of the dashboard', async () => {
  const { db } = database
  const { clusters, drop, put, forward } = aCluster(platform)
  let impacts = open(clusters)
  const ctx = () => ({ db, clusters, impacts })
  await eventually(
    async () => (await db.pool.query('SELECT 1 FROM service_memory')).rowCount,
    (count) => count === names.length,
  )

  const asked = { cluster: 'live-eu', title: 'the old shop goes', selector: { namespace: 't*' }, effects: ['delete'], for: '1h' }
  const planned = await planChange(ctx(), may('planned-change.change'), PlanChange.parse(asked))
  if (!planned.ok) throw new Error(planned.error.message)
  drop('Deployment/two/web', 'Deployment/three/web')
  put(rawApplication('one', 'argocd', { metadata: { deletionTimestamp: new Date().toISOString() } }))
  drop('Deployment/one/web')
  drop('Application/argocd/one')
  const fates = () => names.slice(0, 4).map((name) => impactsOf(impacts, name))
  await eventually(
    async () => fates(),
    (seen) => seen.join() === 'removed,removed,removed,healthy',
  )
  await eventually(
    async () => (await db.pool.query('SELECT 1 FROM planned_change_object')).rowCount,
    (count) => count === 2,
  )
  forward(2 * 60_000)
  await eventually(
    async () => (await db.pool.query('SELECT 1 FROM accepted_removal WHERE due_at IS NOT NULL')).rowCount,
    (count) => count === 1,
  )

  await impacts.stop()
  forward(2 * HOUR)
  impacts = open(clusters)
  await eventually(
    async () => fates(),
    (seen) => seen.join() === 'removed,removed,removed,healthy',
  )
  expect(impacts.signals().filter((one) => one.severity === 'critical')).toEqual([])
  const shown = await showExpected(ctx(), may('cluster.read'), { cluster: 'live-eu' })
  expect(shown.ok && shown.value).toMatchObject({
    planned: [{ id: planned.value.id, state: 'past', covered: 2 }],
    removals: [{ service: 'live-eu/one/one', by: 'impact', due: expect.any(String) }],
  })
  expect(
    await endPlannedChange(ctx(), may('planned-change.change'), { cluster: 'live-eu', id: planned.value.id, reason: '' }),
  ).toMatchObject({
    ok: false,
    error: { code: 'not-now' },
  })

  forward(23 * HOUR)
  await eventually(
    async () => (await db.pool.query('SELECT 1 FROM accepted_removal WHERE due_at IS NULL')).rowCount,
    (count) => count === 1,
  )
  const entries = await readStream(db, 'service:live-eu/one/one')
  expect(entries.map((one) => [one.kind, one.actor.id])).toEqual([
    ['service.removal-expected', 'impact'],
    ['service.removal-accepted', 'impact'],
  ])
  await eventually(
    async () => impactsOf(impacts, 'one'),
    (seen) => seen === undefined,
  )
  await impacts.stop()
}, 60_000)

test('in the first week a critical signal says that it would have paged, after it that it pages', async () => {
  const { db } = database
  await db.pool.query('TRUNCATE signal, incident CASCADE')
  await db.pool.query('TRUNCATE service_memory, cluster_memory, accepted_removal')
  const { clusters, drop, forward } = aCluster(platform)
  const impacts = open(clusters)
  await eventually(
    async () => (await db.pool.query('SELECT 1 FROM cluster_memory')).rowCount,
    (count) => count === 1,
  )
  forward(6 * 24 * HOUR)
  drop(...names.map((name) => `Deployment/${name}/web`))
  const found = (kind: string) => impacts.signals().find((one) => one.kind === kind && one.closedAt === null)
  const first = await eventually(
    async () => found('mass-deletion'),
    (one) => one !== undefined,
    20_000,
  )
  expect(first).toMatchObject({ severity: 'critical', paging: 'would-have-paged', pagingReason: expect.stringContaining('seven days') })
  const [entry] = await readStream(db, `signal:${first?.id}`)
  expect(entry?.data).toMatchObject({ paging: 'would-have-paged' })
  forward(2 * 24 * HOUR)
  drop('Namespace//argocd', 'StatefulSet/argocd/argocd-application-controller')
  expect(
    await eventually(
      async () => found('argocd-gone'),
      (one) => one !== undefined,
      20_000,
    ),
  ).toMatchObject({ paging: 'pages', pagingReason: '' })
  await impacts.stop()
}, 60_000)

test('an outage that was said to come opens its signal and pages nobody, until the change is over', async () => {
  const { db } = database
  await db.pool.query('TRUNCATE signal, incident, planned_change CASCADE')
  await db.pool.query("UPDATE cluster_memory SET since = now() - interval '30 days'")
  const { inventory, clusters, forward } = aCluster(platform)
  const impacts = open(clusters)
  await eventually(
    async () => impacts.of('live-eu')?.begun?.(),
    (begun) => begun === true,
  )
  const asked = { cluster: 'live-eu', title: 'control plane upgrade', effects: ['unreachable'], for: '30m' }
  const planned = await planChange({ db, clusters, impacts }, may('planned-change.change'), PlanChange.parse(asked))
  expect(planned.ok).toBe(true)
  inventory.setFacts({ freshness: 'unreachable', trouble: 'connection refused' })
  forward(3 * 60_000)
  const found = () => impacts.signals().find((one) => one.kind === 'control-plane-unreachable' && one.closedAt === null)
  expect(
    await eventually(
      async () => found(),
      (one) => one !== undefined,
      20_000,
    ),
  ).toMatchObject({
    severity: 'critical',
    paging: 'silent',
    pagingReason: 'planned change "control plane upgrade"',
  })
  forward(HOUR)
  expect(
    await eventually(
      async () => found()?.paging,
      (paging) => paging === 'pages',
      20_000,
    ),
  ).toBe('pages')
  await impacts.stop()
}, 60_000)
