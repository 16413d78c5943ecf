import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SlimRecord } from '../cluster/schema.ts'
import type { Delta } from './port.ts'
import { project } from './rules.ts'
import { createInventory, type Heard } from './store.ts'

const AT = '2026-11-22T10:00:00.000Z'

function record(name: string, uid: string, version: number, more: object = {}): SlimRecord {
  return project(
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'a', uid, resourceVersion: String(version), ...more } },
    AT,
  )
}

test('made again under one name is two facts, in order', () => {
  const inventory = createInventory('c')
  inventory.apply([{ type: 'set', record: record('x', 'one', 1) }])
  const deltas = inventory.apply([{ type: 'set', record: record('x', 'two', 2) }])
  expect(deltas.map((one) => [one.type, one.record.uid])).toEqual([
    ['gone', 'one'],
    ['set', 'two'],
  ])
  expect(inventory.get('one')).toBeUndefined()
  expect(inventory.find('Deployment', 'a', 'x')?.uid).toBe('two')
})

test('what is told again unchanged is no change', () => {
  const inventory = createInventory('c')
  inventory.apply([{ type: 'set', record: record('x', 'one', 1) }])
  expect(inventory.apply([{ type: 'set', record: record('x', 'one', 1) }])).toEqual([])
})

test('forgetting says nothing of any deletion', () => {
  const inventory = createInventory('c')
  const heard: Delta[] = []
  inventory.apply([{ type: 'set', record: record('x', 'one', 1) }])
  inventory.subscribe((deltas) => heard.push(...deltas))
  inventory.forget()
  expect([inventory.list('Deployment').length, inventory.inNamespace('a').length, heard.length, inventory.ready()]).toEqual([
    0,
    0,
    0,
    false,
  ])
})

test('every index tells the same as the objects themselves, whatever is told in whatever order', () => {
  // Two uids share each name: one may be made again as the other.
  const nameOf = (uid: string) => (Number(uid) < 3 ? 'low' : 'high')
  const told: fc.Arbitrary<Heard> = fc.oneof(
    fc
      .record({
        uid: fc.constantFrom('1', '2', '3', '4'),
        version: fc.integer({ min: 1, max: 50 }),
        owner: fc.constantFrom('o1', 'o2', ''),
        app: fc.constantFrom('p', 'q', ''),
      })
      .map(
        ({ uid, version, owner, app }): Heard => ({
          type: 'set',
          record: record(nameOf(uid), uid, version, {
            ...(owner ? { ownerReferences: [{ uid: owner }] } : {}),
            ...(app ? { annotations: { 'argocd.argoproj.io/tracking-id': `${app}:apps/Deployment:a/${nameOf(uid)}` } } : {}),
          }),
        }),
      ),
    fc.constantFrom('1', '2', '3', '4').map((uid): Heard => ({ type: 'gone', uid, at: AT })),
  )
  fc.assert(
    fc.property(fc.array(told, { maxLength: 40 }), (stream) => {
      const inventory = createInventory('c')
      const replica = new Map<string, SlimRecord>()
      inventory.subscribe((deltas) => {
        for (const delta of deltas) {
          if (delta.type === 'gone') replica.delete(delta.record.uid)
          else replica.set(delta.record.uid, delta.record)
        }
      })
      for (const one of stream) inventory.apply([one])
      const all = [...inventory.all()]
      const uids = (records: readonly SlimRecord[]) => records.map((one) => one.uid).sort()
      expect(uids([...replica.values()])).toEqual(uids(all))
      expect(uids(inventory.list('Deployment', 'apps'))).toEqual(uids(all))
      expect(uids(inventory.inNamespace('a'))).toEqual(uids(all))
      for (const owner of ['o1', 'o2'])
        expect(uids(inventory.ownedBy(owner))).toEqual(uids(all.filter((one) => one.owners.some((o) => o.uid === owner))))
      for (const app of ['p', 'q']) expect(uids(inventory.trackedBy(app))).toEqual(uids(all.filter((one) => one.tracking?.app === app)))
      for (const one of all) expect(inventory.find('Deployment', 'a', one.name)).toBe(one)
    }),
  )
})
