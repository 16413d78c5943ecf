import { expect, test } from 'vitest'
import { advance, type DrillSight, type DrillState } from './machine.ts'

const running: DrillState = {
  stage: 'running',
  injectedAt: '2026-01-01T00:00:10.000Z',
  detectedAt: null,
  acknowledgedAt: null,
  recoveredAt: null,
  signalId: null,
  incidentId: null,
  runId: null,
}
const quiet: DrillSight = { now: '2026-01-01T00:01:00.000Z', signals: [], well: true, run: null }
const signal = { id: 's1', openedAt: '2026-01-01T00:00:16.000Z', acknowledgedAt: null, incident: 'i1' }

test('a drill whose fault nobody has seen yet has nothing to note, however well its cluster looks', () => {
  expect(advance(running, quiet)).toBeNull()
})

test('a signal that was open before the fault is not its detection', () => {
  expect(advance(running, { ...quiet, signals: [{ ...signal, incident: null, openedAt: '2026-01-01T00:00:09.000Z' }] })).toBeNull()
})

test('the first signal after the fault is the detection, its acknowledgement follows', () => {
  expect(advance(running, { ...quiet, well: false, signals: [signal] })).toEqual({
    detectedAt: signal.openedAt,
    signalId: 's1',
    incidentId: 'i1',
  })
  const detected: DrillState = { ...running, detectedAt: signal.openedAt, signalId: 's1', incidentId: 'i1' }
  expect(advance(detected, { ...quiet, well: false, signals: [{ ...signal, acknowledgedAt: '2026-01-01T00:00:30.000Z' }] })).toEqual({
    acknowledgedAt: '2026-01-01T00:00:30.000Z',
  })
})

test('recovered is the first moment all is well after detection, and stays that moment', () => {
  const detected: DrillState = { ...running, detectedAt: signal.openedAt, signalId: 's1', incidentId: 'i1' }
  expect(advance(detected, { ...quiet, signals: [signal] })).toEqual({ recoveredAt: quiet.now })
  expect(advance({ ...detected, recoveredAt: quiet.now }, { ...quiet, now: '2026-01-01T00:09:00.000Z', signals: [signal] })).toBeNull()
})

test('the drill follows its run and closes with its outcome', () => {
  const run = { id: 'r1', incident: 'i1', stage: 'stabilizing', outcome: null }
  expect(advance({ ...running, incidentId: 'i1' }, { ...quiet, run })).toEqual({ runId: 'r1', stage: 'stabilizing' })
  expect(
    advance(
      { ...running, stage: 'stabilizing', incidentId: 'i1', runId: 'r1' },
      { ...quiet, run: { ...run, stage: 'closed', outcome: 'aborted' } },
    ),
  ).toEqual({ stage: 'closed', outcome: 'aborted' })
})
