import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { judged, readRecording, resourcesOf } from '../testing/golden-wire.ts'
import { project } from './rules.ts'
import { createInventory } from './store.ts'

test.each(readdirSync('tests/golden/scenarios'))('%s: at each moment the store holds exactly what a fresh list gave', (scenario) => {
  const recording = readRecording(scenario)
  const resources = resourcesOf(recording)
  const inventory = createInventory('golden')
  const at = (ms: number) => new Date(Date.parse(recording.startedAt) + ms).toISOString()
  const shaped = (plural: string, object: object) => {
    const one = resources.get(plural)
    return { apiVersion: one?.group ? `${one.group}/${one.version}` : one?.version, kind: one?.kind, ...object }
  }
  for (const [plural, one] of resources) {
    inventory.replace(
      one.group,
      one.kind,
      (recording.lists[plural]?.items ?? []).map((item) => project(shaped(plural, item), at(0))),
      at(0),
    )
  }
  let next = 0
  const settled: string[] = []
  for (const moment of recording.truth.moments) {
    for (; next < recording.events.length; next++) {
      const event = recording.events[next]
      if (!event || event.ms > moment.ms) break
      const one = resources.get(event.resource)
      if (!one) continue
      const object = event.object
      if (event.type === 'RELIST')
        inventory.replace(
          one.group,
          one.kind,
          (object.items as readonly object[]).map((item) => project(shaped(event.resource, item), at(event.ms))),
          at(event.ms),
        )
      else if (event.type === 'DELETED') inventory.apply([{ type: 'gone', uid: project(object, '').uid, at: at(event.ms) }])
      else if (event.type === 'ADDED' || event.type === 'MODIFIED')
        inventory.apply([{ type: 'set', record: project(shaped(event.resource, object), at(event.ms)) }])
    }
    // A list taken while things move may already hold what the watch brings a moment later; the end is still.
    if (moment.name !== 'end') continue
    for (const [plural, one] of resources) {
      if (plural === 'events' || moment.counts[plural] === undefined) continue
      expect([plural, inventory.list(one.kind, one.group).length]).toEqual([plural, moment.counts[plural]])
      const judgement = judged(moment, plural)
      if (!judgement) continue
      settled.push(plural)
      const held = new Map(inventory.list(one.kind, one.group).map((record) => [`${record.namespace}/${record.name}`, record]))
      for (const key of judgement.gone) expect(held.has(key)).toBe(false)
      for (const changed of judgement.uidChanged) expect(held.get(changed.key)?.uid).toBe(changed.is)
      expect(
        [...held]
          .filter(([, record]) => record.deletingAt !== null)
          .map(([key]) => key)
          .sort(),
      ).toEqual(judgement.deleting.map((one) => one.key).sort())
    }
  }
  expect(settled.length).toBeGreaterThan(5)
})
