import { expect, test } from 'vitest'
import { at, dict, list } from '../kernel/wire.ts'
import { readGolden } from '../testing/golden-wire.ts'
import { keptManifest, lastChange } from './manifest.ts'

const applications = list(dict(readGolden('baseline/lists/argoproj.io.v1alpha1.applications.json.gz')).items).map(dict)
const app = dict(applications.find((one) => at(one, 'metadata', 'name') === 'cert-manager'))

test('a flap of status gives the same manifest', () => {
  const later = {
    ...app,
    metadata: { ...dict(app.metadata), resourceVersion: '999', generation: 99 },
    status: {
      ...dict(app.status),
      reconciledAt: 'later',
      health: { status: 'Degraded' },
      sync: { ...dict(at(app, 'status', 'sync')), status: 'OutOfSync' },
    },
  }
  expect(keptManifest(later)).toEqual(keptManifest(app))
})

test('an operation that ended is kept with what it pruned, skipped or failed', () => {
  const rows = [
    { kind: 'Service', status: 'Synced' },
    { kind: 'Namespace', name: 'argocd', status: 'Pruned' },
    { kind: 'Job', status: 'Synced', hookPhase: 'Failed' },
  ]
  const state = { phase: 'Succeeded', startedAt: 'a', finishedAt: 'b', syncResult: { revision: 'r', resources: rows } }
  const kept = keptManifest({ ...app, status: { ...dict(app.status), operationState: state } })
  expect(at(kept, 'status', 'operationState', 'syncResult', 'resources')).toEqual(rows.slice(1))
  expect(keptManifest({ ...app, status: { operationState: { ...state, phase: 'Running' } } }).status).toBeUndefined()
})

test('the last change is the newest that is no status', () => {
  const managedFields = [
    { manager: 'kubectl', time: '2026-01-02T00:00:00Z' },
    { manager: 'argocd', time: '2026-01-01T00:00:00Z' },
    { manager: 'kubelet', time: '2026-01-03T00:00:00Z', subresource: 'status' },
  ]
  expect(lastChange({ metadata: { managedFields } })).toEqual({ by: 'kubectl', at: '2026-01-02T00:00:00Z' })
  expect(lastChange({})).toBeNull()
})
