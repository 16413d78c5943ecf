import { expect, test } from 'vitest'
import { lookAt } from '../argocd/rules.ts'
import { project } from '../inventory/rules.ts'
import { raw, rawApplication, rawWorkload } from '../testing/impact-stage.ts'
import type { PlannedChange } from './expected-schema.ts'
import { counts, endOf, names, stateOf, windowOf } from './planned-rules.ts'

const NOW = Date.parse('2026-03-01T02:00:00.000Z')
const at = (minutes: number) => new Date(NOW + minutes * 60_000).toISOString()
const HOUR = 60
const record = (one: Parameters<typeof project>[0]) => project(one, at(0))

const change: PlannedChange = {
  id: 'c',
  clusters: ['prod'],
  title: 'nightly clean-up',
  ticket: 'OPS-7',
  selector: { namespace: 'nightly-*' },
  effects: ['delete'],
  maxObjects: 10,
  from: at(0),
  to: at(60),
  plannedAt: at(0),
  plannedBy: 'p',
  endedAt: null,
  endedBy: null,
}

test.each([
  ['from now for an hour', { to: at(60) }, { from: at(0), to: at(60) }],
  ['by its length', { for: '1h30m' }, { from: at(0), to: at(90) }],
  ['later', { from: at(60), to: at(120) }, { from: at(60), to: at(120) }],
  ['a little late, by another clock', { from: at(-4), to: at(60) }, { from: at(-4), to: at(60) }],
  ['twelve hours', { to: at(12 * HOUR) }, { from: at(0), to: at(12 * HOUR) }],
  ['longer than twelve hours', { to: at(12 * HOUR + 1) }, 'to'],
  ['longer than twelve hours, later', { from: at(60), to: at(13 * HOUR + 1) }, 'to'],
  ['longer by its length', { for: '13h' }, 'to'],
  ['neither an end nor a length', {}, 'to'],
  ['both an end and a length', { to: at(60), for: '1h' }, 'to'],
  ['over already', { from: at(-4), to: at(-1) }, 'to'],
  ['ends before it begins', { from: at(60), to: at(30) }, 'to'],
  ['explains what is past', { from: at(-60), to: at(60) }, 'from'],
  ['names nothing', { to: at(60), selector: {} }, 'selector'],
  [
    'names nothing, and does nothing to objects',
    { to: at(60), selector: {}, effects: ['unreachable'] as const },
    { from: at(0), to: at(60) },
  ],
] as const)('a change planned %s', (_what, asked, is) => {
  const said = windowOf({ selector: change.selector, effects: change.effects, ...asked }, NOW)
  if (typeof is === 'string') expect(said).toMatchObject({ ok: false, error: { path: is } })
  else expect(said).toEqual({ ok: true, value: is })
})

test.each([
  ['before it begins', change, -1, 'next'],
  ['as it begins', change, 0, 'now'],
  ['a moment before its end', change, 59, 'now'],
  ['at its end', change, 60, 'past'],
  ['ended early', { ...change, endedAt: at(20) }, 20, 'past'],
  ['before it was ended early', { ...change, endedAt: at(20) }, 19, 'now'],
  ['ended before it began', { ...change, from: at(30), endedAt: at(5) }, 10, 'past'],
] as const)('a change %s', (_what, one, minutes, is) => expect(stateOf(one, NOW + minutes * 60_000)).toBe(is))

test('a change that was ended late ends when it was planned to', () => expect(endOf({ ...change, endedAt: at(90) })).toBe(at(60)))

test.each([
  ['a workload of the namespace', rawWorkload('job', 'nightly-1'), 'delete', true],
  ['the namespace itself', raw('v1', 'Namespace', 'nightly-1'), 'delete', true],
  ['an Application that deploys there', rawApplication('nightly-1', 'argocd'), 'delete', true],
  ['a workload of another namespace', rawWorkload('job', 'shop'), 'delete', false],
  ['an effect that it does not name', rawWorkload('job', 'nightly-1'), 'restart', false],
] as const)('a change of nightly-* that deletes: %s', (_what, one, effect, is) => expect(names(change, effect, record(one))).toBe(is))

test.each([
  [rawWorkload('web', 'shop'), true],
  [raw('batch/v1', 'CronJob', 'report', 'shop'), true],
  [rawApplication('shop', 'argocd'), true],
  [raw('v1', 'Namespace', 'shop'), true],
  [raw('v1', 'PersistentVolumeClaim', 'data', 'shop'), true],
  [raw('v1', 'ConfigMap', 'web', 'shop'), false],
  [raw('v1', 'Service', 'web', 'shop'), false],
  [raw('v1', 'Pod', 'web-1', 'shop'), false],
] as const)('%o counts against maxObjects: %s', (one, is) => expect(counts(record(one), lookAt([]))).toBe(is))
