import { expect, test } from 'vitest'
import { at, dict, list } from '../kernel/wire.ts'
import { readGolden } from '../testing/golden-wire.ts'
import { keptManifest, lastChange, sanitize } from './manifest.ts'

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

test('what is restored carries nothing of the life that ended', () => {
  const clean = sanitize(keptManifest(app))
  expect(Object.keys(dict(clean.metadata)).sort()).toEqual(['labels', 'name', 'namespace'])
  expect(clean.status).toBeUndefined()
  expect(clean.spec).toEqual(app.spec)
})

test('a Service keeps its headlessness and loses the address it was given', () => {
  const service = (clusterIP: string) =>
    sanitize({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'a' },
      spec: { clusterIP, clusterIPs: [clusterIP], ports: [{ port: 1, nodePort: 30_001 }] },
    })
  expect(service('10.0.0.7').spec).toEqual({ ports: [{ port: 1, nodePort: 30_001 }] })
  expect(service('None').spec).toMatchObject({ clusterIP: 'None' })
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
