import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { SlimRecord } from '../cluster/schema.ts'
import { judged, readRecording, resourcesOf } from '../testing/golden-wire.ts'
import { project } from './rules.ts'
import { createInventory } from './store.ts'

type Moment = ReturnType<typeof readRecording>['truth']['moments'][number]

function playInto(inventory: ReturnType<typeof createInventory>, recording: ReturnType<typeof readRecording>) {
  const resources = resourcesOf(recording)
  const at = (ms: number) => new Date(Date.parse(recording.startedAt) + ms).toISOString()
  const seen = (plural: string, object: object, ms: number) => {
    const one = resources.get(plural)
    return project({ apiVersion: one?.group ? `${one.group}/${one.version}` : one?.version, kind: one?.kind, ...object }, at(ms))
  }
  const list = (plural: string, items: readonly object[], ms: number) => {
    const one = resources.get(plural)
    if (one)
      inventory.replace(
        one.group,
        one.kind,
        items.map((item) => seen(plural, item, ms)),
        at(ms),
      )
  }
  for (const plural of resources.keys()) list(plural, recording.lists[plural]?.items ?? [], 0)
  return (event: (typeof recording.events)[number]) => {
    if (!resources.has(event.resource)) return
    if (event.type === 'RELIST') list(event.resource, event.object.items as readonly object[], event.ms)
    else if (event.type === 'DELETED')
      inventory.apply([{ type: 'gone', uid: seen(event.resource, event.object, event.ms).uid, at: at(event.ms) }])
    else if (event.type === 'ADDED' || event.type === 'MODIFIED')
      inventory.apply([{ type: 'set', record: seen(event.resource, event.object, event.ms) }])
  }
}

function compare(held: ReadonlyMap<string, SlimRecord>, moment: Moment, plural: string): boolean {
  expect([plural, held.size]).toEqual([plural, moment.counts[plural]])
  const judgement = judged(moment, plural)
  if (!judgement) return false
  for (const key of judgement.gone) expect(held.has(key)).toBe(false)
  for (const changed of judgement.uidChanged) expect(held.get(changed.key)?.uid).toBe(changed.is)
  const deleting = [...held].filter(([, record]) => record.deletingAt !== null).map(([key]) => key)
  expect(deleting.sort()).toEqual(judgement.deleting.map((one) => one.key).sort())
  return true
}

test.each(readdirSync('tests/golden/scenarios'))('%s: at the end the store holds exactly what a fresh list gave', (scenario) => {
  const recording = readRecording(scenario)
  const inventory = createInventory('golden')
  const play = playInto(inventory, recording)
  // A list taken while things move may already hold what the watch brings a moment later; the end is still.
  const end = recording.truth.moments.find((moment) => moment.name === 'end')
  if (!end) throw new Error('the recording has no end')
  for (const event of recording.events) if (event.ms <= end.ms) play(event)
  const settled = [...resourcesOf(recording)].filter(([plural, one]) => {
    if (plural === 'events' || end.counts[plural] === undefined) return false
    const held = new Map(inventory.list(one.kind, one.group).map((record) => [`${record.namespace}/${record.name}`, record]))
    return compare(held, end, plural)
  })
  expect(settled.length).toBeGreaterThan(5)
})
