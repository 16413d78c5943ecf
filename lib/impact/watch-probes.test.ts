import { expect, test } from 'vitest'
import { impactStage, rawWorkload } from '../testing/impact-stage.ts'
import { type AskProbe, watchProbes } from './watch-probes.ts'

const URL = 'https://shop.example/healthz'
const declared = () => [
  { id: 'c/a/shop', probe: URL },
  { id: 'c/a/quiet', probe: null },
]

test('a probe fails after three answers in a row that were none, since the first of them, and one answer makes it well', async () => {
  const answers = [true, false, false, true, false, false, false, false, true]
  const changed: string[] = []
  let at = 0
  const watch = watchProbes({
    declared,
    ask: () => Promise.resolve({ answers: answers[at] ?? false, told: answers[at] ? '200' : '503' }),
    now: () => Date.UTC(2026, 0, 1, 0, at),
    changed: (id) => changed.push(id),
  })
  const told: (boolean | undefined)[] = []
  for (; at < answers.length; at++) {
    await watch.ask(at * 30_000 + 1_000_000)
    told.push(watch.of('c/a/shop')?.answers)
    if (at === 7) expect(watch.of('c/a/shop')).toEqual({ url: URL, answers: false, told: '503', since: '2026-01-01T00:04:00.000Z' })
  }
  expect(told).toEqual([true, true, true, true, true, true, false, false, true])
  expect(changed).toEqual(['c/a/shop', 'c/a/shop', 'c/a/shop'])
  expect(watch.of('c/a/quiet')).toBeNull()
})

test('nobody is asked twice within half a minute, and one that may not be asked says nothing', async () => {
  let asked = 0
  const ask: AskProbe = () => {
    asked += 1
    return Promise.resolve(null)
  }
  const watch = watchProbes({ declared, ask, now: () => 0, changed: () => {} })
  for (const wall of [100_000, 105_000, 129_000]) await watch.ask(wall)
  expect(asked).toBe(1)
  await watch.ask(130_000)
  expect(asked).toBe(2)
  expect([watch.of('c/a/shop'), watch.all()]).toEqual([null, []])
})

test('a service whose probe fails is degraded though every pod is ready; without the control plane its probe still tells', () => {
  const stage = impactStage([rawWorkload('shop', 'a')])
  stage.pass(60_000)
  const row = () => stage.board.row('stage/a/shop')
  const since = stage.at()
  stage.probed('stage/a/shop', { url: URL, answers: false, told: '503', since })
  stage.pass(1_000)
  expect(row()).toMatchObject({
    impact: 'degraded',
    evidence: [{ object: { kind: 'Probe', name: URL }, is: 'does not answer: 503', since, source: 'probe' }],
  })
  stage.probed('stage/a/shop', { url: URL, answers: true, told: '200', since })
  stage.pass(1_000)
  expect(row()?.impact).toBe('healthy')
  stage.inventory.setFacts({ freshness: 'unreachable', trouble: 'connection refused' })
  stage.pass(120_000)
  expect(row()).toMatchObject({ impact: 'unknown', evidence: [{}, { is: 'answers: 200' }] })
  expect(stage.open().get('control-plane-unreachable/')?.evidence[0]?.is).toBe('connection refused; 1 of 1 declared probe answering')
})
