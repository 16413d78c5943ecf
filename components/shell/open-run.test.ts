import { expect, test } from 'vitest'
import type { IncidentSummary } from '#lib/impact/view'
import { openRun } from './open-run.ts'

function anIncident(over: Partial<IncidentSummary>): IncidentSummary {
  return {
    id: 'i',
    title: '',
    cluster: 'c',
    t0: '',
    lead: null,
    openedAt: '2026-01-01T00:00:00.000Z',
    closedAt: null,
    kind: 'drill',
    signals: [],
    runs: [{ id: 'r', runbook: 'b', stage: 'running', outcome: null }],
    ...over,
  }
}

test('a real incident comes before a newer rehearsal', () => {
  const drill = anIncident({ openedAt: '2026-01-02T00:00:00.000Z', runs: [{ id: 'drill', runbook: 'b', stage: 'running', outcome: null }] })
  const real = anIncident({ kind: 'incident', runs: [{ id: 'real', runbook: 'b', stage: 'running', outcome: null }] })
  expect(openRun([drill, real])?.id).toBe('real')
})

test('what is closed is not joined', () => {
  expect(openRun([anIncident({ runs: [{ id: 'r', runbook: 'b', stage: 'closed', outcome: 'completed' }] })])).toBeNull()
  expect(openRun([anIncident({ closedAt: '2026-01-01T01:00:00.000Z' })])).toBeNull()
})
