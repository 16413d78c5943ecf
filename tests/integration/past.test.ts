import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { permit } from '../../lib/auth/rules.ts'
import type { Actor, Deed, Permit } from '../../lib/auth/schema.ts'
import type { ClusterApi } from '../../lib/cluster/port.ts'
import { WALL } from '../../lib/cluster/rules.ts'
import type { SlimRecord } from '../../lib/cluster/schema.ts'
import { listServices } from '../../lib/impact/list-services.ts'
import { lookAtPast } from '../../lib/impact/look-at-past.ts'
import { showService } from '../../lib/impact/show-service.ts'
import { showSituation } from '../../lib/impact/show-situation.ts'
import { closeSignal, openSignal } from '../../lib/impact/store.ts'
import { type SignalWatch, watchSignals } from '../../lib/impact/watch-signals.ts'
import { createHistory, type Recorder } from '../../lib/inventory/history-store.ts'
import type { Clusters, Watched } from '../../lib/inventory/port.ts'
import { testDatabase } from '../../lib/testing/database.ts'
import { openPlayer, readRecording } from '../../lib/testing/golden-player.ts'

const reader: Actor = { kind: 'person', id: 'p-1', name: 'Otto', roles: ['viewer'], email: null }
const api = { name: 'golden', mode: 'live', server: '' } as ClusterApi
const tape = readRecording(join(import.meta.dirname, '../golden/scenarios/argocd-namespace-deleted'))
const instant = (ms: number) => new Date(Date.parse(tape.startedAt) + ms)
const at = (ms: number) => instant(ms).toISOString()
const SLIM = new Set(['Pod', 'ReplicaSet', 'Job', 'Node', 'EndpointSlice', 'Secret'])
const MARKED = 28_481
const END = 164_016

function may<D extends Deed>(deed: D): Permit<D> {
  const permitted = permit(reader, deed)
  if (!permitted.ok) throw new Error(permitted.error.message)
  return permitted.value
}

let database: Awaited<ReturnType<typeof testDatabase>>
let history: Recorder
let clusters: Clusters
let impacts: SignalWatch

/** The founding night in Postgres, as the recorder writes it. */
beforeAll(async () => {
  database = await testDatabase()
  const { db } = database
  const player = openPlayer(tape)
  const { inventory } = player
  history = createHistory({ cluster: 'golden', inventory, db, now: () => WALL })
  await history.started()
  const observe = (record: SlimRecord) => {
    if (SLIM.has(record.kind)) return
    const text = JSON.stringify(record)
    const hash = createHash('sha256').update(text).digest('hex')
    history.observe({ record, body: { hash, zstd: zstdCompressSync(text), redacted: false }, by: null })
  }
  for (const record of inventory.all()) observe(record)
  inventory.subscribe((deltas) => {
    for (const delta of deltas) {
      if (delta.type === 'set') observe(delta.record)
      else history.gone(delta.record.uid, delta.at)
    }
  })
  player.playTo(player.duration)
  await history.flush()
  const watched: Watched = {
    entry: { name: 'golden', mode: 'live', secrets: 'none', paging: 'shadow', collect: [] },
    api,
    inventory,
    history,
    clock: { base: Date.parse(tape.startedAt) + END, at: 0, factor: 0 },
  }
  clusters = { get: (name) => (name === 'golden' ? watched : undefined), all: () => [watched], onChange: () => () => {} }
  const found = {
    kind: 'argocd-gone',
    scope: 'argocd',
    severity: 'critical',
    title: 'Argo CD in argocd is being deleted',
    since: at(MARKED),
    evidence: [],
    victims: [],
    atOnce: true,
  } as const
  const opening = {
    cluster: 'golden',
    kind: 'incident',
    found,
    paging: 'pages',
    pagingReason: '',
    causes: [],
    t0: at(MARKED - 1_001),
    at: instant(MARKED + 500),
  } as const
  const signal = await openSignal(db, opening)
  impacts = watchSignals({ clusters, db, catalog: { rules: [], ephemeral: [] } })
  await closeSignal(db, signal.id, instant(END + 60_000))
})
afterAll(async () => {
  await impacts.stop()
  await history.stop()
  await database.drop()
})

const situationAt = (ms: number) => lookAtPast(showSituation)({ db: database.db, clusters, impacts }, may('situation.read'), { at: at(ms) })

test('a minute before the night all is as it was: nothing unmanaged, no signal, no incident, and the answer says that it is the past', async () => {
  const said = await situationAt(MARKED - 5_000)
  expect(said.ok && said.value).toMatchObject({
    services: 48,
    impact: { unmanaged: 0, deletionPending: 0, lost: 0, degraded: 2, healthy: 46 },
    signals: [],
    incidents: [],
    clusters: [{ argocd: [{ namespace: 'argocd', state: 'running' }], freshness: 'stale' }],
    observedAt: at(MARKED - 5_000),
    freshness: 'stale',
    past: { at: at(MARKED - 5_000), from: at(0), gaps: [], notRecorded: [] },
  })
})

test('in the night it is what people saw then: open signal and incident, compared with T0, with no word of what came after', async () => {
  const said = await situationAt(END - 60_000)
  expect(said.ok && said.value).toMatchObject({
    tone: 'bad',
    impact: { unmanaged: 48, deletionPending: 48, lost: 0 },
    signals: [{ kind: 'argocd-gone', closedAt: null }],
    incidents: [{ t0: at(MARKED - 1_001), closedAt: null }],
    baseline: { label: 'T0', at: at(MARKED - 1_001) },
  })
  expect(said.ok && said.value.headline).toContain('48 services are unmanaged.')
  expect(said.ok && said.value.changes.every((one) => one.at <= at(END - 60_000))).toBe(true)
})

test('one service and the list of them answer for the same moment', async () => {
  const input = { cluster: 'golden', impact: 'unmanaged', q: 'ledger', at: at(END - 60_000) } as const
  const listed = await lookAtPast(listServices)({ clusters, impacts }, may('service.read'), input)
  expect(listed.ok && listed.value.items.map((one) => one.name)).toEqual(['ledger-dev', 'ledger-prod', 'ledger-staging'])
  const one = { cluster: 'golden', service: 'payments-prod/ledger-prod', at: at(MARKED - 5_000) }
  const calm = await lookAtPast(showService)({ db: database.db, clusters, impacts }, may('service.read'), one)
  expect(calm.ok && calm.value).toMatchObject({ impact: 'healthy', observedAt: one.at, freshness: 'stale', past: { at: one.at } })
  expect(calm.ok && calm.value.objects.length).toBeGreaterThan(5)
})

test('before anything was recorded there is a clear no, and so for a cluster that nobody watches', async () => {
  expect(await situationAt(-60_000)).toEqual({
    ok: false,
    error: { code: 'not-recorded', message: `Nothing was recorded yet at ${at(-60_000)}. Choose a later moment.` },
  })
  const elsewhere = { cluster: 'nowhere', at: at(MARKED) }
  expect(await lookAtPast(listServices)({ clusters, impacts }, may('service.read'), elsewhere)).toMatchObject({
    ok: false,
    error: { code: 'not-found' },
  })
})

test('what was not recorded is named with its time and its reason', async () => {
  await database.db.pool.query(
    `INSERT INTO inventory_gap (cluster, from_at, to_at, lost, why) VALUES ('golden', $1, $2, 7, 'too much waited for the database')`,
    [instant(50_000), instant(60_000)],
  )
  await database.db.pool.query(
    `UPDATE inventory_revision SET after_at = $1 WHERE id = (SELECT min(id) FROM inventory_revision WHERE cluster = 'golden' AND valid_from > $2)`,
    [instant(62_000), instant(66_000)],
  )
  const said = await situationAt(END - 10_000)
  expect(said.ok && said.value.past?.gaps).toMatchObject([
    { cluster: 'golden', from: at(50_000), to: at(60_000), why: 'too much waited for the database' },
    { cluster: 'golden', from: at(62_000), why: 'nobody was recording' },
  ])
})
