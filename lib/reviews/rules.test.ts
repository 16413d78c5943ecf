import { expect, test } from 'vitest'
import type { RunView } from '../runs/view.ts'
import { curveOf, servicesOf, timesOf } from './rules.ts'

const clocks: RunView['clocks'] = {
  disruptedAt: '2026-01-01T02:00:00.000Z',
  detectedAt: '2026-01-01T02:00:05.000Z',
  acknowledgedAt: '2026-01-01T02:03:00.000Z',
  startedAt: '2026-01-01T02:04:00.000Z',
  closedAt: '2026-01-01T02:40:00.000Z',
  rtoAt: '2026-01-01T02:30:00.000Z',
  projectedFinishAt: null,
}
const service = (name: string, impact: RunView['services'][number]['impact'], tier = 1) => ({
  id: `c/n/${name}`,
  name,
  tier,
  impact,
  recoveredAt: null,
  badAtT0: false,
})
const wall = (at: string) => at

test('services that came back have their time, one that is still lost has none, and one that was bad before is nobody of ours', () => {
  const services = [service('shop', 'healthy', 0), service('mail', 'lost'), { ...service('old', 'degraded'), badAtT0: true }]
  const recovered = { 'c/n/shop': '2026-01-01T02:10:00.000Z', 'c/n/gone': '2026-01-01T02:20:00.000Z' }
  const hit = servicesOf({ services, clocks }, recovered, wall)
  expect(hit).toEqual([
    { id: 'c/n/shop', name: 'shop', tier: 0, impact: 'healthy', recoveredAt: '2026-01-01T02:10:00.000Z', tookMs: 600_000 },
    { id: 'c/n/mail', name: 'mail', tier: 1, impact: 'lost', recoveredAt: null, tookMs: null },
    { id: 'c/n/gone', name: 'gone', tier: null, impact: null, recoveredAt: '2026-01-01T02:20:00.000Z', tookMs: 1_200_000 },
  ])
  expect(curveOf(hit).map((one) => one.back)).toEqual([1, 2])
  expect(timesOf(clocks, hit)).toEqual({ toDetectMs: 5_000, toAcknowledgeMs: 180_000, toRecoverMs: null, rtoMet: null })
})

test('the recovery is as long as its last service took, and is judged against the objective', () => {
  const hit = servicesOf({ services: [], clocks }, { 'c/n/a': '2026-01-01T02:10:00.000Z', 'c/n/b': '2026-01-01T02:31:00.000Z' }, wall)
  expect(timesOf(clocks, hit)).toMatchObject({ toRecoverMs: 31 * 60_000, rtoMet: false })
  expect(timesOf(clocks, hit.slice(0, 1))).toMatchObject({ toRecoverMs: 10 * 60_000, rtoMet: true })
  expect(timesOf({ ...clocks, rtoAt: null }, hit)).toMatchObject({ rtoMet: null })
})
