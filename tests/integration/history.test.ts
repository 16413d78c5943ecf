import { createHash } from 'node:crypto'
import { zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WALL } from '../../lib/cluster/rules.ts'
import { createHistory, type HistoryOptions, type Recorder } from '../../lib/inventory/history-store.ts'
import { createLedger } from '../../lib/inventory/ledger.ts'
import { keptManifest, lastChange } from '../../lib/inventory/manifest.ts'
import { project } from '../../lib/inventory/rules.ts'
import { createInventory } from '../../lib/inventory/store.ts'
import { openSession } from '../../lib/inventory/writer-session.ts'
import { canonicalJson } from '../../lib/kernel/canonical-json.ts'
import { type TestDatabase, testDatabase } from '../../lib/testing/database.ts'
import { eventually } from '../../lib/testing/wait.ts'

const at = (second: number) => new Date(Date.UTC(2026, 10, 22, 10, 0, second)).toISOString()
const instant = (second: number) => new Date(at(second))

let store: TestDatabase
const running: Recorder[] = []
beforeEach(async () => {
  store = await testDatabase()
})
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop()
  await store.drop()
})

async function recorder(incarnation = 'one', more: Partial<HistoryOptions> = {}): Promise<Recorder> {
  const inventory = createInventory('c')
  inventory.setFacts({ incarnation })
  const history = createHistory({ cluster: 'c', inventory, db: store.db, now: () => WALL, ...more })
  running.push(history)
  await history.started()
  return history
}

type Options = {
  readonly uid?: string
  readonly second?: number
  readonly version?: number
  readonly replicas?: number
  readonly status?: object
  readonly meta?: object
}

function see(
  history: Recorder,
  name: string,
  { uid = `uid-${name}`, second = 1, version = 1, replicas = 1, status = {}, meta = {} }: Options = {},
): void {
  const object = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'a', uid, resourceVersion: String(version), creationTimestamp: '2026-11-22T09:00:00Z', ...meta },
    spec: { replicas },
    status,
  }
  const canonical = canonicalJson(keptManifest(object))
  history.observe({
    record: project(object, at(second)),
    body: { hash: createHash('sha256').update(canonical).digest('hex'), zstd: zstdCompressSync(canonical), redacted: false },
    by: lastChange(object),
  })
}

const rows = async () =>
  (
    await store.db.pool.query<{ name: string; what: string; open: boolean; deleted: boolean }>(
      'SELECT name, what, valid_to IS NULL AS open, deleted_at IS NOT NULL AS deleted FROM inventory_revision ORDER BY id',
    )
  ).rows

test('answers what was there at an instant, and with which manifest', async () => {
  const history = await recorder()
  see(history, 'cart', { second: 1 })
  see(history, 'cart', { second: 5, version: 2, replicas: 3 })
  history.gone('uid-cart', at(9))
  await history.flush()
  expect((await history.at(instant(0))).length).toBe(0)
  expect((await history.at(instant(6))).map((one) => one.resourceVersion)).toEqual(['2'])
  expect((await history.at(instant(10))).length).toBe(0)
  const ref = { kind: 'Deployment', namespace: 'a', name: 'cart' }
  expect((await history.manifest(ref, instant(2), true))?.manifest).toEqual({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'cart', namespace: 'a' },
    spec: { replicas: 1 },
  })
  expect((await history.manifest(ref, instant(6), false))?.manifest).toMatchObject({
    metadata: { uid: 'uid-cart', resourceVersion: '2' },
    spec: { replicas: 3 },
  })
  expect(await history.manifest(ref, instant(10), true)).toBeNull()
})

test('a flap of status writes nothing, a change of health a small revision that shares its manifest', async () => {
  const history = await recorder()
  see(history, 'cart', { status: { observedGeneration: 0, replicas: 1, updatedReplicas: 1, availableReplicas: 1 } })
  see(history, 'cart', {
    version: 2,
    second: 2,
    status: { observedGeneration: 0, replicas: 1, updatedReplicas: 1, availableReplicas: 1, collisionCount: 4 },
  })
  await history.flush()
  expect(await rows()).toHaveLength(1)
  see(history, 'cart', { version: 3, second: 3, status: { replicas: 1, updatedReplicas: 1, availableReplicas: 0 } })
  await history.flush()
  expect(await rows()).toHaveLength(2)
  expect((await store.db.pool.query('SELECT 1 FROM inventory_body')).rowCount).toBe(1)
})

test('tells what changed, in order, with who and with what was before', async () => {
  const history = await recorder()
  see(history, 'cart', { second: 1 })
  see(history, 'cart', {
    second: 4,
    version: 2,
    replicas: 3,
    meta: { managedFields: [{ manager: 'kubectl', time: '2026-11-22T10:00:03Z' }] },
  })
  see(history, 'cart', { second: 6, version: 3, replicas: 3, meta: { deletionTimestamp: '2026-11-22T10:00:05Z' } })
  history.gone('uid-cart', at(8))
  await history.flush()
  const changes = await history.changes(instant(2), instant(30))
  expect(changes.map((one) => [one.what, one.at, one.by])).toEqual([
    ['changed', at(3), 'kubectl'],
    ['deletion-started', at(5), null],
    ['gone', at(8), null],
  ])
  expect(changes[0]?.was?.facts).toMatchObject({ desired: 1 })
  expect(changes[0]?.record.facts).toMatchObject({ desired: 3 })
})

test('made again under one name is two objects, one after the other', async () => {
  const history = await recorder()
  see(history, 'cart', { uid: 'first' })
  await history.flush()
  see(history, 'cart', { uid: 'second', second: 5, version: 9 })
  await history.flush()
  expect((await history.at(instant(3))).map((one) => one.uid)).toEqual(['first'])
  expect((await history.at(instant(6))).map((one) => one.uid)).toEqual(['second'])
})

test('after a restart, what changed meanwhile lies between the last record and now', async () => {
  const before = await recorder()
  for (const name of ['same', 'changed', 'vanished']) see(before, name)
  await before.flush()
  await before.stop()
  const after = await recorder()
  see(after, 'same', { second: 40 })
  see(after, 'changed', { second: 40, version: 5, replicas: 7 })
  after.listed('apps', 'Deployment', new Set(['uid-same', 'uid-changed']), at(41))
  await after.flush()
  expect((await rows()).map((one) => [one.name, one.what, one.open, one.deleted])).toEqual([
    ['same', 'created', true, false],
    ['changed', 'created', false, false],
    ['vanished', 'created', false, true],
    ['changed', 'changed', true, false],
  ])
  const changes = await after.changes(instant(30), instant(50))
  expect(changes.map((one) => [one.record.name, one.what, typeof one.after])).toEqual([
    ['changed', 'changed', 'string'],
    ['vanished', 'gone', 'string'],
  ])
})

test('one process records, the other reads, and takes over when the first ends', async () => {
  const first = await recorder()
  see(first, 'cart')
  await first.flush()
  const second = await recorder()
  let missed = 0
  second.onMissed(() => missed++)
  see(second, 'other', { second: 2 })
  await second.flush()
  expect((await rows()).map((one) => one.name)).toEqual(['cart'])
  expect((await second.at(instant(3))).length).toBe(1)
  await first.stop()
  await eventually(
    () => missed,
    (count) => count === 1,
  )
  see(second, 'other', { second: 3 })
  await second.flush()
  expect((await rows()).map((one) => one.name)).toEqual(['cart', 'other'])
})

test('a lost connection loses nothing', async () => {
  const history = await recorder()
  see(history, 'a1')
  await history.flush()
  for (let i = 2; i <= 6; i++) {
    await store.db.pool.query(
      'SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = $1 AND pid <> pg_backend_pid() AND database = (SELECT oid FROM pg_database WHERE datname = current_database())',
      ['advisory'],
    )
    see(history, `a${i}`, { second: i })
    if (i % 2 === 0) history.gone(`uid-a${i - 1}`, at(i))
  }
  await history.flush()
  expect((await history.at(instant(30))).map((one) => one.name).sort()).toEqual(['a2', 'a4', 'a6'])
  expect(await rows()).toHaveLength(6)
})

test('what waits is thinned to the newest of each object, and a gap says so', async () => {
  const ledger = createLedger({ cluster: 'c', known: { open: [], incarnation: null, recordedAt: null }, writer: 'w', most: 10 })
  const into = { observe: ledger.observe } as Recorder
  for (let i = 1; i <= 40; i++) see(into, 'cart', { second: i, version: i, replicas: i })
  see(into, 'other', { second: 41 })
  const batch = ledger.take()
  expect(batch?.revisions.length).toBeLessThanOrEqual(12)
  expect(batch?.revisions.filter((row) => row.record.name === 'cart').at(-1)?.record.resourceVersion).toBe('40')
  expect((batch?.gaps ?? []).reduce((sum, gap) => sum + gap.lost, 0) + (batch?.revisions.length ?? 0)).toBe(41)
})

test('another cluster at the same address is not recorded until somebody says that it was rebuilt', async () => {
  const before = await recorder('one')
  see(before, 'cart')
  await before.flush()
  await before.stop()
  const after = await recorder('two')
  see(after, 'stranger', { second: 9 })
  await eventually(
    () => after.replaced(),
    (replaced) => replaced !== null,
  )
  expect(after.replaced()).toEqual({ was: 'one', is: 'two' })
  expect((await rows()).map((one) => [one.name, one.open])).toEqual([['cart', true]])
  await after.accept()
  see(after, 'stranger', { second: 10 })
  await after.flush()
  expect((await rows()).map((one) => [one.name, one.open, one.deleted])).toEqual([
    ['cart', false, false],
    ['stranger', true, false],
  ])
})

test('a control plane that was set back deleted nothing', async () => {
  const history = await recorder()
  see(history, 'old')
  see(history, 'newer')
  await history.flush()
  history.restored('etcd was restored')
  history.listed('apps', 'Deployment', new Set(['uid-old']), at(20))
  await history.flush()
  expect((await history.changes(instant(10), instant(60))).filter((one) => one.what === 'gone')).toEqual([])
  expect((await history.at(instant(30))).map((one) => one.name)).toEqual(['old'])
  expect((await store.db.pool.query('SELECT why FROM inventory_gap')).rows).toEqual([{ why: 'etcd was restored' }])
})

test('events are kept once, however often they are told', async () => {
  const history = await recorder()
  const event = {
    at: at(3),
    type: 'Warning',
    reason: 'BackOff',
    message: 'm',
    object: { kind: 'Pod', namespace: 'a', name: 'p', uid: 'u' },
    source: 'kubelet',
  }
  history.event(event, 'k1')
  await history.flush()
  history.event(event, 'k1')
  history.event({ ...event, at: at(4) }, 'k2')
  await history.flush()
  expect((await history.events(instant(0), instant(9))).map((one) => one.at)).toEqual([at(3), at(4)])
})

test('without a database the state is live only', async () => {
  const history = createHistory({ cluster: 'c', inventory: createInventory('c'), db: null, now: () => WALL })
  see(history, 'cart')
  await history.flush()
  expect(await history.at(new Date())).toEqual([])
  await history.stop()
})

test('a limit cuts the oldest when the newest are asked for first, and one object can be asked for alone', async () => {
  const history = await recorder()
  for (let i = 1; i <= 5; i++) see(history, `app-${i}`, { second: i, meta: { creationTimestamp: at(i) } })
  see(history, 'app-2', { second: 8, version: 2, replicas: 4 })
  history.gone('uid-app-1', at(9))
  await history.flush()
  const of = async (limit: number, only: object) =>
    (await history.changes(instant(0), instant(20), limit, only)).map((one) => `${one.record.name} ${one.what}`)
  expect(await of(3, { newestFirst: true })).toEqual(['app-1 gone', 'app-2 changed', 'app-5 created'])
  expect(await of(2, {})).toEqual(['app-1 created', 'app-2 created'])
  expect(await of(9, { uid: 'uid-app-2' })).toEqual(['app-2 created', 'app-2 changed'])
  expect(await of(9, { namespace: 'b' })).toEqual([])
})

test('changes go on where the last page ended, without a change twice or left out', async () => {
  const history = await recorder()
  // All of one second, as a list that was read at once.
  for (let i = 0; i < 25; i++) see(history, `app-${i}`, { second: 3, meta: { creationTimestamp: at(2) } })
  history.gone('uid-app-7', at(3))
  await history.flush()
  const seen: string[] = []
  let behind: string | undefined
  for (;;) {
    const page = await history.changes(instant(0), instant(20), 4, { newestFirst: true, ...(behind ? { behind } : {}) })
    seen.push(...page.map((one) => `${one.record.name} ${one.what}`))
    behind = page.at(-1)?.place
    if (page.length < 4) break
  }
  expect(seen).toHaveLength(26)
  expect(new Set(seen).size).toBe(26)
  expect(await history.changes(instant(0), instant(20), 9, { madeAfter: instant(2) })).toMatchObject([{ what: 'gone' }])
})

test('a revision is read by itself, however short it lived', async () => {
  const history = await recorder()
  see(history, 'cart', { second: 4, replicas: 1 })
  see(history, 'cart', { second: 4, version: 2, replicas: 2 })
  see(history, 'cart', { second: 5, version: 3, replicas: 3 })
  await history.flush()
  const changes = await history.changes(instant(-3_600), instant(20), 9, { uid: 'uid-cart' })
  const manifests = await Promise.all(changes.map((one) => history.revision(one.revision ?? '', true)))
  expect(manifests.map((one) => one?.manifest.spec)).toEqual([{ replicas: 1 }, { replicas: 2 }, { replicas: 3 }])
  expect(await history.revision('999999', true)).toBeNull()
})

test('what another process recorded in between is not taken for ours: everything is told again', async () => {
  const ours = await recorder()
  let again = 0
  ours.onMissed(() => again++)
  see(ours, 'cart')
  await ours.flush()
  const { pool } = store.db
  const thief = await pool.connect()
  const taken = thief.query('SELECT pg_advisory_lock(7302111, hashtext($1))', ['c'])
  await pool.query(
    'SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = $1 AND granted AND pid <> pg_backend_pid() AND database = (SELECT oid FROM pg_database WHERE datname = current_database())',
    ['advisory'],
  )
  await taken
  await thief.query('UPDATE inventory_cluster SET writer = gen_random_uuid()')
  see(ours, 'passed-meanwhile', { second: 5 })
  thief.release(true)
  await eventually(
    () => again,
    (count) => count === 1,
    20_000,
  )
  // As the collector does when it is asked for everything.
  see(ours, 'cart')
  see(ours, 'passed-meanwhile', { second: 5 })
  await ours.flush()
  expect((await rows()).map((one) => one.name)).toEqual(['cart', 'passed-meanwhile'])
})

test('a calm time is no gap: a change found after a restart lies after the last word of the one before', async () => {
  const before = await recorder()
  see(before, 'cart')
  await before.flush()
  await before.stop()
  const session = await openSession(store.db.pool, 'c')
  await session?.beat(new Date(Date.now() + 60_000).toISOString())
  const last = (await session?.load())?.recordedAt
  await session?.close()
  const after = await recorder()
  see(after, 'cart', { second: 40, version: 2, replicas: 2 })
  await after.flush()
  expect((await after.changes(instant(30), instant(50))).map((one) => one.after)).toEqual([last])
  expect(await after.gaps(new Date(0), new Date(Date.now() + 3_600_000))).toMatchObject([{ from: last, why: 'nobody was recording' }])
})

test('what an outage left out shows as a gap, and what was there all the while is never missing', async () => {
  const session = await openSession(store.db.pool, 'c')
  if (!session) throw new Error('nobody else should record here')
  const ledger = createLedger({ cluster: 'c', known: await session.load(), writer: session.writer, most: 10 })
  const into = { observe: ledger.observe, event: ledger.event } as Recorder
  const write = async () => {
    for (let batch = ledger.take(); batch; batch = ledger.take()) {
      await session.write(batch, 'one', at(90))
      ledger.wrote(batch, 'one')
    }
  }
  see(into, 'cart', { second: 1 })
  await write()
  for (let i = 2; i <= 40; i++) see(into, 'cart', { second: i, version: i, replicas: i })
  see(into, 'new', { second: 41, version: 1, meta: { creationTimestamp: at(41) } })
  for (let i = 42; i <= 60; i++) see(into, 'new', { second: i, version: i, replicas: i, meta: { creationTimestamp: at(41) } })
  const told = { type: 'Warning', reason: 'r', message: 'm', object: { kind: 'Pod', namespace: 'a', name: 'p', uid: 'u' }, source: 's' }
  for (let i = 0; i < 12; i++) into.event({ ...told, at: at(i) }, `k${i}`)
  await write()
  await session.close()
  const history = await recorder()
  const gaps = await history.gaps(instant(0), instant(80))
  const lost = gaps.filter((one) => one.why !== 'nobody was recording')
  expect(lost.every((one) => one.why === 'too much waited for the database')).toBe(true)
  expect(lost.reduce((sum, one) => sum + one.lost, 0)).toBe(39 + 20 + 2 + 1 - (await rows()).length)
  expect((await history.at(instant(20))).map((one) => one.name)).toEqual(['cart'])
  expect((await history.at(instant(70))).map((one) => [one.name, one.resourceVersion]).sort()).toEqual([
    ['cart', '40'],
    ['new', '60'],
  ])
  const made = (await history.changes(instant(30), instant(80))).find((one) => one.record.name === 'new')
  expect(made).toMatchObject({ what: 'created', at: at(41) })
})

const DAY = { revisions: 1, kinds: {}, events: 1, audit: 1 }

test('what is old enough goes, with its manifest, and what somebody may compare with or restore from stays', async () => {
  const first = await recorder()
  for (let i = 1; i <= 6; i++) see(first, 'cart', { second: i, version: i, replicas: i })
  see(first, 'short', { second: 5, replicas: 99 })
  first.gone('uid-short', at(6))
  first.event(
    { at: at(3), type: 'Warning', reason: 'r', message: 'm', object: { kind: 'Pod', namespace: 'a', name: 'p', uid: 'u' }, source: 's' },
    'k',
  )
  await first.flush()
  await first.stop()
  const { pool } = store.db
  await pool.query(`UPDATE inventory_body SET recorded_at = now() - interval '2 hours'`)
  await pool.query(`INSERT INTO baseline (id, cluster, label, at, pinned_at, pinned_by) VALUES ('b', 'c', 'before', $1, now(), 'p')`, [
    instant(2),
  ])
  const incident = `INSERT INTO incident (id, title, cluster, kind, t0, opened_at, closed_at) VALUES ($1, 't', 'c', 'incident', $2, now(), $3)`
  await pool.query(incident, ['open', instant(3), null])
  await pool.query(incident, ['closed', instant(4), new Date()])
  const left = async () =>
    (await pool.query<{ v: string }>('SELECT resource_version AS v FROM inventory_revision ORDER BY id')).rows.map(({ v }) => v)

  const second = await recorder('one', { keep: { ...DAY, kinds: { Deployment: 400 } }, retireEvery: 20 })
  await eventually(
    () => second.events(instant(0), instant(9)),
    (events) => events.length === 0,
  )
  expect(await left()).toHaveLength(7)
  await second.stop()

  const third = await recorder('one', { keep: DAY, retireEvery: 20 })
  await eventually(left, (versions) => versions.length === 3)
  expect(await left()).toEqual(['2', '3', '6'])
  await eventually(
    async () => (await pool.query('SELECT 1 FROM inventory_body')).rowCount,
    (bodies) => bodies === 3,
  )
  expect(await third.gaps(instant(0), instant(9))).toEqual([
    { from: new Date(0).toISOString(), to: at(6), lost: 4, why: 'older versions were dropped by retention' },
  ])
  // The same content once more, though its manifest went.
  see(third, 'short', { uid: 'uid-again', second: 20, replicas: 99 })
  await third.flush()
  expect((await third.manifest({ kind: 'Deployment', namespace: 'a', name: 'short' }, instant(30), true))?.manifest).toMatchObject({
    spec: { replicas: 99 },
  })
})

test('what an open run restores from is kept', async () => {
  const first = await recorder()
  for (let i = 1; i <= 3; i++) see(first, 'cart', { second: i, version: i, replicas: i })
  await first.flush()
  await first.stop()
  await store.db.pool.query(
    `INSERT INTO run (id, runbook, title, hash, kind, clusters, ground, incident, lead, stage, version, state, started_at)
     VALUES (gen_random_uuid(), 'r', 't', 'h', 'incident', '{c}', 'g', 'i', 'l', 'running', 1, $1::jsonb, now())`,
    [JSON.stringify({ started: { t0: at(2) } })],
  )
  await recorder('one', { keep: DAY, retireEvery: 20 })
  const left = async () =>
    (await store.db.pool.query<{ v: string }>('SELECT resource_version AS v FROM inventory_revision ORDER BY id')).rows
  await eventually(left, (versions) => versions.length === 2)
  expect((await left()).map(({ v }) => v)).toEqual(['2', '3'])
})
