import { afterAll, beforeAll, expect, test } from 'vitest'
import { readStream } from '../../lib/audit/store.ts'
import { permit } from '../../lib/auth/rules.ts'
import type { Actor, Deed, Permit, Role } from '../../lib/auth/schema.ts'
import { WALL } from '../../lib/cluster/rules.ts'
import { endPlannedChange } from '../../lib/impact/end-planned-change.ts'
import { listPlannedChanges } from '../../lib/impact/list-planned-changes.ts'
import { PlanChange, planChange } from '../../lib/impact/plan-change.ts'
import type { Watched } from '../../lib/inventory/port.ts'
import { createInventory } from '../../lib/inventory/store.ts'
import { type TestDatabase, testDatabase } from '../../lib/testing/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

function actor(role: Role): Actor {
  return { kind: 'token', id: `ci-${role}`, name: 'CI', roles: [role], email: null }
}

function may<D extends Deed>(deed: D, role: Role = 'operator'): Permit<D> {
  const permitted = permit(actor(role), deed)
  if (!permitted.ok) throw new Error(permitted.error.message)
  return permitted.value
}

const known = new Map(
  ['prod-eu', 'prod-us'].map((name) => {
    const inventory = createInventory(name)
    return [name, { entry: { name }, clock: WALL, inventory } as unknown as Watched]
  }),
)
const refreshed: string[] = []
const world = () => ({
  db: database.db,
  clusters: { get: (name: string) => known.get(name), all: () => [...known.values()], onChange: () => () => {} },
  impacts: {
    of: () => undefined,
    signals: () => [],
    onSignals: () => () => {},
    refresh: async (cluster: string) => void refreshed.push(cluster),
  },
})
const asked = (more: object) =>
  PlanChange.parse({
    cluster: 'prod-eu',
    title: 'nightly clean-up',
    selector: { namespace: 'nightly-*' },
    effects: ['delete'],
    for: '1h',
    ...more,
  })

test('a planned change is kept with who planned it, ended early by another, and both stand in the audit log', async () => {
  const planned = await planChange(world(), may('planned-change.change'), asked({ ticket: 'OPS-7', maxObjects: 3 }))
  if (!planned.ok) throw new Error(planned.error.message)
  const { id } = planned.value
  expect(planned.value).toMatchObject({ state: 'now', maxObjects: 3, clusters: ['prod-eu'], plannedBy: 'ci-operator', endedAt: null })
  expect(Date.parse(planned.value.to) - Date.parse(planned.value.from)).toBe(3_600_000)
  expect(refreshed).toEqual(['prod-eu'])

  const listed = await listPlannedChanges(world(), may('cluster.read'), { cluster: 'prod-eu' })
  expect(listed.ok && listed.value.items).toEqual([planned.value])
  const elsewhere = await listPlannedChanges(world(), may('cluster.read'), { cluster: 'prod-us' })
  expect(elsewhere.ok && elsewhere.value.items).toEqual([])

  const end = (cluster: string) => endPlannedChange(world(), may('planned-change.change', 'lead'), { cluster, id, reason: 'done' })
  expect(await end('prod-us')).toMatchObject({ ok: false, error: { code: 'not-found' } })
  expect(await end('prod-eu')).toMatchObject({ ok: true, value: { state: 'past', endedBy: 'ci-lead' } })
  expect(await end('prod-eu')).toMatchObject({ ok: false, error: { code: 'not-now' } })

  const entries = await readStream(database.db, `planned-change:${id}`)
  expect(entries.map((one) => [one.kind, one.actor.id])).toEqual([
    ['planned-change.planned', 'ci-operator'],
    ['planned-change.ended', 'ci-lead'],
  ])
})

test('one change may be about several clusters, and ends on all of them', async () => {
  const planned = await planChange(world(), may('planned-change.change'), asked({ clusters: ['prod-us', 'prod-eu', 'prod-us'] }))
  if (!planned.ok) throw new Error(planned.error.message)
  expect(planned.value.clusters).toEqual(['prod-us', 'prod-eu'])
  const there = await listPlannedChanges(world(), may('cluster.read'), { cluster: 'prod-us' })
  expect(there.ok && there.value.items.map((one) => one.id)).toEqual([planned.value.id])
})

test.each([
  ['a cluster that is not here', { clusters: ['prod-eu', 'none'] }, 'not-found', 'There is no cluster none here.'],
  ['only other clusters', { clusters: ['prod-us'] }, 'bad-input', 'clusters: must name prod-eu, under which it is planned.'],
  ['too long', { for: '13h' }, 'bad-input', 'to: a planned change lasts at most 12 hours; plan the rest as a second one.'],
  ['nothing named', { selector: {} }, 'bad-input', 'selector: name what it covers: a namespace, a kind, a name, an application or labels.'],
] as const)('refused, and nothing written: %s', async (_what, more, code, message) => {
  const before = (await database.db.pool.query('SELECT 1 FROM planned_change')).rowCount
  expect(await planChange(world(), may('planned-change.change'), asked(more))).toMatchObject({ ok: false, error: { code, message } })
  expect((await database.db.pool.query('SELECT 1 FROM planned_change')).rowCount).toBe(before)
})

test.each([
  ['an unknown word in the selector', { selector: { nmespace: 'x' } }],
  ['no effect', { effects: [] }],
  ['an effect that is none', { effects: ['argocd-gone'] }],
  ['no object at all', { maxObjects: 0 }],
  ['a length that is none', { for: 'soon' }],
])('does not pass the door: %s', (_what, more) => expect(() => asked(more)).toThrow())

test('a viewer plans nothing', () => expect(permit(actor('viewer'), 'planned-change.change').ok).toBe(false))
