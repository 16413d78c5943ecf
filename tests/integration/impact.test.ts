import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { appendAudit, readStream } from '../../lib/audit/store.ts'
import { permit } from '../../lib/auth/rules.ts'
import type { Actor, Deed, Permit } from '../../lib/auth/schema.ts'
import type { ClusterApi } from '../../lib/cluster/port.ts'
import { acknowledgeSignal } from '../../lib/impact/acknowledge-signal.ts'
import { addNote } from '../../lib/impact/add-note.ts'
import { listChanges } from '../../lib/impact/list-changes.ts'
import { listServices } from '../../lib/impact/list-services.ts'
import { moveT0 } from '../../lib/impact/move-t0.ts'
import { showIncident } from '../../lib/impact/show-incident.ts'
import { showService } from '../../lib/impact/show-service.ts'
import { showSituation } from '../../lib/impact/show-situation.ts'
import { openIncidentOf } from '../../lib/impact/store.ts'
import { type SignalWatch, watchSignals } from '../../lib/impact/watch-signals.ts'
import type { Clusters, Watched } from '../../lib/inventory/port.ts'
import { sleep } from '../../lib/kernel/pace.ts'
import { testDatabase } from '../../lib/testing/database.ts'
import { openPlayer, readRecording } from '../../lib/testing/golden-player.ts'

const SPEED = 15
const operator: Actor = { kind: 'person', id: 'p-1', name: 'Otto', roles: ['lead', 'operator'], email: null }
const nobodysApi: ClusterApi = {
  name: 'golden',
  mode: 'live',
  server: '',
  request: () => Promise.reject(new Error('no request expected')),
  stream: () => Promise.reject(new Error('no stream expected')),
  as: () => nobodysApi,
}

function may<D extends Deed>(deed: D): Permit<D> {
  const permitted = permit(operator, deed)
  if (!permitted.ok) throw new Error(permitted.error.message)
  return permitted.value
}

let database: Awaited<ReturnType<typeof testDatabase>>
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(async () => {
  await database.drop()
})

/** A recording as a watched cluster whose clock runs faster than ours. */
function play(name: string, fromMs = 0) {
  const tape = readRecording(join(import.meta.dirname, '../golden/scenarios', name))
  const player = openPlayer(tape, 'golden')
  player.playTo(fromMs)
  const started = Date.now()
  const watched: Watched = {
    entry: { name: 'golden', mode: 'live', secrets: 'none', paging: 'shadow', collect: [] },
    api: nobodysApi,
    inventory: player.inventory,
    history: player.history,
    clock: { base: Date.parse(tape.startedAt) + fromMs, at: started, factor: SPEED },
  }
  const clusters: Clusters = {
    get: (wanted) => (wanted === 'golden' ? watched : undefined),
    all: () => [watched],
    onChange: () => () => {},
  }
  const advance = async (ms: number) => {
    for (;;) {
      const at = fromMs + (Date.now() - started) * SPEED
      player.playTo(Math.min(at, ms))
      if (at >= ms) return
      await sleep(20)
    }
  }
  return { tape, clusters, advance }
}

async function until<T>(what: string, ask: () => T | null | undefined | false | Promise<T | null | undefined | false>): Promise<T> {
  for (let tries = 0; tries < 400; tries++) {
    const found = await ask()
    if (found) return found
    await sleep(25)
  }
  throw new Error(`waited in vain for ${what}`)
}

test('the founding night goes into the audit, pins T0 before its cause, and outlives a restart of the dashboard', async () => {
  const { db } = database
  const errors: unknown[] = []
  const { clusters, advance } = play('argocd-namespace-deleted', 20_000)
  const open = (): SignalWatch =>
    watchSignals({
      clusters,
      db,
      catalog: { rules: [], ephemeral: [] },
      runbooksFor: (kind) => (kind === 'argocd-gone' ? ['argocd-namespace-deleted'] : []),
      onError: (error, what) => errors.push([what, error]),
    })
  let impacts = open()
  await until('the board', () => impacts.of('golden')?.rows().length === 48)
  await advance(27_000)
  await until('memory', async () => (await db.pool.query('SELECT 1 FROM service_memory')).rowCount === 46)

  // The namespace is marked 0.4 s before the sync that did it writes its result.
  await advance(28_500)
  await until('argocd-gone, not yet proved', () =>
    impacts.signals().find((one) => one.kind === 'argocd-gone' && one.causes[0]?.proof === null),
  )
  await advance(95_000)
  const gone = await until('argocd-gone with its proof', () =>
    impacts.signals().find((one) => one.kind === 'argocd-gone' && one.causes[0]?.proof),
  )
  expect(gone).toMatchObject({
    severity: 'critical',
    scope: 'argocd',
    since: '2026-11-22T10:39:55.000Z',
    closedAt: null,
    runbooks: ['argocd-namespace-deleted'],
  })
  expect(gone.causes[0]).toMatchObject({ revision: '521aea64069091322cce239725632a395059991d', by: 'Argo CD, automated sync' })
  const incident = await until('an incident', () => openIncidentOf(db, 'golden'))
  expect(incident.t0.toISOString()).toBe('2026-11-22T10:39:53.999Z')
  await until('the other critical signal joins', async () => (await openIncidentOf(db, 'golden'))?.signals.length === 2)
  await until('the comparison with T0', () => impacts.of('golden')?.t0() === '2026-11-22T10:39:53.999Z')

  const situation = await showSituation({ db, clusters, impacts }, may('situation.read'))
  expect(situation.ok && situation.value).toMatchObject({
    tone: 'bad',
    services: 48,
    affected: 48,
    baseline: { label: 'T0', at: '2026-11-22T10:39:53.999Z' },
    impact: { unmanaged: 48, deletionPending: 48, lost: 0, dataAtRisk: 0 },
    incidents: [{ kind: 'incident', cluster: 'golden' }],
    database: true,
    databaseFull: false,
  })
  expect(situation.ok && situation.value.headline).toContain(
    'Nothing customers use is down. 48 services are unmanaged. Do not re-install Argo CD.',
  )

  await until('the night in the database', async () => (await db.pool.query('SELECT 1 FROM impact_minute WHERE unmanaged = 48')).rowCount)
  const begin = impacts.strip('golden')[0]
  await impacts.stop()
  impacts = open()
  await until('the course of the night', () => impacts.strip('golden').length > 1)
  expect(impacts.strip('golden')[0]).toEqual(begin)
  await until('what was open is open again', () => impacts.signals().some((one) => one.id === gone.id && one.closedAt === null))
  await until('the same T0', () => impacts.of('golden')?.t0() === '2026-11-22T10:39:53.999Z')
  await sleep(300)
  expect((await db.pool.query<{ count: number }>('SELECT count(*)::int AS count FROM signal')).rows[0]?.count).toBe(2)

  const seen = await acknowledgeSignal({ db, clusters, impacts }, may('signal.acknowledge'), { id: gone.id })
  expect(seen.ok && seen.value).toMatchObject({ acknowledgedBy: 'p-1', closedAt: null })
  // The recording's own time, not the wall's.
  expect(seen.ok && seen.value.acknowledgedAt?.slice(0, 13)).toBe('2026-11-22T10')
  const noted = await addNote({ db }, may('incident.change'), { id: incident.id, text: 'nobody re-installs' })
  expect(noted.ok).toBe(true)
  const moved = await moveT0({ db, impacts }, may('incident.change'), {
    id: incident.id,
    t0: '2026-11-22T10:39:45.000Z',
    reason: 'before the adoption',
  })
  expect(moved.ok).toBe(true)
  await until('the moved T0', () => impacts.of('golden')?.t0() === '2026-11-22T10:39:45.000Z')
  const run = '0195d0c0-0000-7000-8000-000000000001'
  await db.pool.query(
    `INSERT INTO run (id, runbook, title, hash, kind, clusters, ground, incident, lead, stage, version, state, started_at)
     VALUES ($1, 'r', 'r', 'h', 'incident', '{golden}', 'golden', $2, 'p-1', 'running', 1, '{}', now())`,
    [run, incident.id],
  )
  const acted = async (verb: string) =>
    db.tx(async (tx) =>
      appendAudit(tx, `run:${run}`, null, [
        {
          actor: { kind: 'person', id: 'p-1', roles: [] },
          kind: 'act.intended',
          data: { step: 's', act: 'a', items: [{ key: 'k', verb }] },
        },
      ]),
    )
  const again = { id: incident.id, t0: '2026-11-22T10:39:45.000Z' }
  await acted('patch')
  expect((await moveT0({ db, impacts }, may('incident.change'), again)).ok).toBe(true)
  await acted('create')
  expect(await moveT0({ db, impacts }, may('incident.change'), again)).toMatchObject({ ok: false, error: { code: 'not-now' } })
  const shown = await showIncident({ db, impacts }, may('incident.read'), { id: incident.id })
  expect(shown.ok && shown.value).toMatchObject({
    notes: [{ text: 'nobody re-installs', by: 'p-1' }],
    clocks: { disruptedAt: '2026-11-22T10:39:55.000Z' },
  })

  const filtered = listServices({ clusters, impacts }, may('service.read'), {
    cluster: 'golden',
    impact: 'unmanaged',
    q: 'ledger',
    limit: 2,
  })
  expect(filtered.ok && filtered.value).toMatchObject({
    items: [{ name: 'ledger-dev' }, { name: 'ledger-prod' }],
    next: 'golden/payments-prod/ledger-prod',
  })
  const ledger = await showService({ db, clusters, impacts }, may('service.read'), {
    cluster: 'golden',
    service: 'golden/payments-prod/ledger-prod',
  })
  expect(ledger.ok && ledger.value.objects.filter((one) => one.kind === 'PersistentVolumeClaim').map((one) => one.state)).toEqual([
    'present',
    'present',
  ])
  const changes = await listChanges({ db, clusters, impacts }, may('cluster.read'), {
    cluster: 'golden',
    from: '2026-11-22T10:39:00Z',
    to: '2026-11-22T11:00:00Z',
    limit: 2000,
  })
  expect(changes.ok && changes.value.items.find((one) => one.object === 'Namespace argocd' && one.what === 'deletion started')?.by).toBe(
    'sync of project-namespace to 521aea6',
  )

  const entries = (await readStream(db, `signal:${gone.id}`)).map((entry) => entry.kind)
  expect(entries[0]).toBe('signal.opened')
  expect(entries).toContain('signal.causes-found')
  expect(entries.at(-1)).toBe('signal.acknowledged')
  expect((await readStream(db, `incident:${incident.id}`)).map((entry) => entry.kind)).toEqual([
    'incident.opened',
    'incident.joined',
    'incident.note',
    'incident.t0-moved',
    'incident.t0-moved',
  ])
  await impacts.stop()
  expect(errors).toEqual([])
})
