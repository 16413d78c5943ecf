import { expect, test } from 'vitest'
import { dict, list } from '../kernel/wire.ts'
import { readGolden } from '../testing/golden-wire.ts'
import { keptManifest } from './manifest.ts'
import { sanitize, setAside } from './sanitize-rules.ts'

const golden = (file: string) => list(dict(readGolden(`baseline/lists/${file}.json.gz`)).items).map(dict)
const named = (file: string, name: string) => dict(golden(file).find((one) => dict(one.metadata).name === name))

test('what is restored carries nothing of the life that ended', () => {
  const app = named('argoproj.io.v1alpha1.applications', 'cert-manager')
  const clean = sanitize({ ...keptManifest(app), operation: { sync: {} } })
  expect(Object.keys(dict(clean.metadata)).sort()).toEqual(['labels', 'name', 'namespace'])
  expect(clean.status).toBeUndefined()
  expect(clean.operation).toBeUndefined()
  expect(clean.spec).toEqual(app.spec)
})

test('automated sync waits aside until somebody gives it back', () => {
  const app = sanitize(named('argoproj.io.v1alpha1.applications', 'cert-manager'))
  const { automated, ...policy } = dict(dict(app.spec).syncPolicy)
  expect(automated).toBeDefined()
  const kept = setAside(app)
  expect(dict(kept.manifest.spec).syncPolicy).toEqual(policy)
  expect(kept.aside).toMatchObject([{ field: '/spec/syncPolicy/automated', value: automated }])
  expect(setAside({ apiVersion: 'v1', kind: 'ConfigMap', data: {} }).aside).toEqual([])
})

const of = (apiVersion: string, kind: string, rest: object, annotations?: object) => ({
  apiVersion,
  kind,
  metadata: { name: 'a', ...(annotations ? { annotations } : {}) },
  ...rest,
})

/** What an API server gives by itself or refuses on create, per kind: [what it is, as recorded, as created]. */
test.each([
  [
    'an address that was given, which another may have by now',
    of('v1', 'Service', { spec: { clusterIP: '10.0.0.7', clusterIPs: ['10.0.0.7'], ports: [{ port: 1, nodePort: 30_001 }] } }),
    of('v1', 'Service', { spec: { ports: [{ port: 1, nodePort: 30_001 }] } }),
  ],
  [
    'headlessness, which is asked for in the field of the address',
    of('v1', 'Service', { spec: { clusterIP: 'None', clusterIPs: ['None'] } }),
    of('v1', 'Service', { spec: { clusterIP: 'None', clusterIPs: ['None'] } }),
  ],
  [
    'ports that only a load balancer leads to',
    of('v1', 'Service', { spec: { type: 'LoadBalancer', healthCheckNodePort: 31_000, ports: [{ port: 1, nodePort: 30_001 }] } }),
    of('v1', 'Service', { spec: { type: 'LoadBalancer', ports: [{ port: 1 }] } }),
  ],
  [
    'the marks of a binding that is no more; the volume stays named, for it may hold the data',
    of(
      'v1',
      'PersistentVolumeClaim',
      { spec: { volumeName: 'pv-1', storageClassName: 'fast' } },
      {
        'pv.kubernetes.io/bind-completed': 'yes',
        'pv.kubernetes.io/bound-by-controller': 'yes',
        'volume.kubernetes.io/selected-node': 'node-1',
        'volume.kubernetes.io/storage-provisioner': 'disk',
      },
    ),
    of('v1', 'PersistentVolumeClaim', { spec: { volumeName: 'pv-1', storageClassName: 'fast' } }),
  ],
  [
    'the uid of the claim that is gone',
    of('v1', 'PersistentVolume', { spec: { claimRef: { name: 'c', namespace: 'n', uid: 'u', resourceVersion: '7' } } }),
    of('v1', 'PersistentVolume', { spec: { claimRef: { name: 'c', namespace: 'n' } } }),
  ],
  [
    'tokens of the former account',
    of('v1', 'ServiceAccount', { secrets: [{ name: 'a-token' }], imagePullSecrets: [{ name: 'pull' }] }),
    of('v1', 'ServiceAccount', { imagePullSecrets: [{ name: 'pull' }] }),
  ],
  ['finalizers of the spec', of('v1', 'Namespace', { spec: { finalizers: ['kubernetes'] } }), of('v1', 'Namespace', {})],
  [
    'two ways to name the class, refused together',
    of('networking.k8s.io/v1', 'Ingress', { spec: { ingressClassName: 'nginx' } }, { 'kubernetes.io/ingress.class': 'nginx' }),
    of('networking.k8s.io/v1', 'Ingress', { spec: { ingressClassName: 'nginx' } }),
  ],
  [
    'the old way to name the class, alone',
    of('networking.k8s.io/v1', 'Ingress', { spec: {} }, { 'kubernetes.io/ingress.class': 'nginx' }),
    of('networking.k8s.io/v1', 'Ingress', { spec: {} }, { 'kubernetes.io/ingress.class': 'nginx' }),
  ],
  [
    'the selector and labels that the Job controller makes of the uid',
    of('batch/v1', 'Job', {
      spec: {
        selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u' } },
        template: {
          metadata: {
            labels: {
              app: 'a',
              'controller-uid': 'u',
              'job-name': 'a',
              'batch.kubernetes.io/controller-uid': 'u',
              'batch.kubernetes.io/job-name': 'a',
            },
          },
        },
      },
    }),
    of('batch/v1', 'Job', { spec: { template: { metadata: { labels: { app: 'a' } } } } }),
  ],
  [
    'a selector that somebody chose',
    of('batch/v1', 'Job', { spec: { manualSelector: true, selector: { matchLabels: { a: 'b' } } } }),
    of('batch/v1', 'Job', { spec: { manualSelector: true, selector: { matchLabels: { a: 'b' } } } }),
  ],
  [
    'counters of a controller',
    of('apps/v1', 'DaemonSet', { spec: {} }, { 'deprecated.daemonset.template.generation': '3' }),
    of('apps/v1', 'DaemonSet', { spec: {} }),
  ],
])('on create: %s', (_what, recorded, created) => {
  expect(sanitize(recorded)).toEqual(created)
})
