import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseTrackingId } from '../../inventory/rules.ts'
import { at, type Dict, dict, list, text } from '../../kernel/wire.ts'
import { readGolden } from '../../testing/golden-wire.ts'
import { applicationHealth } from './application.ts'
import { assessHealth } from './assess.ts'

function baseline(): ReadonlyMap<string, Dict> {
  const objects = new Map<string, Dict>()
  for (const file of readdirSync('tests/golden/baseline/lists')) {
    const answer = dict(readGolden(`baseline/lists/${file}`))
    for (const item of list(answer.items).map(dict)) {
      if (text(at(item, 'metadata', 'uid')) !== '')
        objects.set(text(at(item, 'metadata', 'uid')), {
          apiVersion: text(answer.apiVersion),
          kind: text(answer.kind).replace(/List$/, ''),
          ...item,
        })
    }
  }
  return objects
}

const objects = baseline()

const trees = readdirSync('tests/golden/baseline/argocd/resource-tree').filter((file) => !file.startsWith('applicationset-'))

test.each(trees)('every object of %s is judged as Argo CD judged it', (file) => {
  const nodes = list(dict(readGolden(`baseline/argocd/resource-tree/${file}`)).nodes).map(dict)
  for (const node of nodes) {
    const object = objects.get(text(node.uid))
    // What is only wanted has no uid, and Argo CD calls it Missing.
    if (!object) {
      expect(at(node, 'health', 'status')).toBe('Missing')
      continue
    }
    expect([text(node.kind), text(node.name), assessHealth(object)?.status ?? null]).toEqual([
      text(node.kind),
      text(node.name),
      at(node, 'health', 'status') ?? null,
    ])
  }
})

test('the trees hold enough to compare', () => {
  const nodes = trees.flatMap((file) => list(dict(readGolden(`baseline/argocd/resource-tree/${file}`)).nodes))
  expect(nodes.filter((node) => objects.has(text(dict(node).uid))).length).toBeGreaterThan(100)
})

test('every Application of the baseline is judged as Argo CD judged it', () => {
  const applications = list(dict(readGolden('baseline/argocd/applications.json.gz')).items).map(dict)
  expect(applications).toHaveLength(60)
  const byKey = new Map(
    [...objects.values()].map((one) => [
      `${text(one.kind)}/${text(at(one, 'metadata', 'namespace'))}/${text(at(one, 'metadata', 'name'))}`,
      one,
    ]),
  )
  for (const application of applications) {
    const rows = list(at(application, 'status', 'resources')).map(dict)
    const judged = applicationHealth(
      rows.map((row) => ({
        group: text(row.group),
        kind: text(row.kind),
        hook: row.hook === true,
        object: owned(text(at(application, 'metadata', 'name')), byKey.get(`${text(row.kind)}/${text(row.namespace)}/${text(row.name)}`)),
      })),
      { invalid: list(at(application, 'status', 'conditions')).some((one) => dict(one).type === 'InvalidSpecError') },
    )
    expect([at(application, 'metadata', 'name'), judged.status]).toEqual([
      at(application, 'metadata', 'name'),
      at(application, 'status', 'health', 'status'),
    ])
  }
})

/** An object that another Application took over is not this one's: to it, it is missing. */
function owned(application: string, object: Dict | undefined): Dict | null {
  const id = parseTrackingId(text(at(object, 'metadata', 'annotations', 'argocd.argoproj.io/tracking-id')))
  return object && (id === null || id.app === application) ? object : null
}

const deployment = (status: Dict, spec: Dict = { replicas: 3 }, generation = 1): Dict => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'a', generation },
  spec,
  status,
})
const set = (status: Dict, spec: Dict = {}): Dict => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { generation: 1 },
  spec: { replicas: 3, ...spec },
  status: { observedGeneration: 1, ...status },
})
const daemon = (status: Dict, spec: Dict = {}): Dict => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { generation: 1 },
  spec,
  status: { observedGeneration: 1, ...status },
})
const pod = (status: Dict, spec: Dict = { restartPolicy: 'Always' }, metadata: Dict = {}): Dict => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata,
  spec,
  status,
})
const of = (apiVersion: string, kind: string, status: Dict, spec: Dict = {}): Dict => ({ apiVersion, kind, metadata: {}, spec, status })
const condition = (type: string, status: string, reason = '') => ({ conditions: [{ type, status, reason }] })
const waiting = (reason: string) => [{ name: 'c', state: { waiting: { reason } } }]

test.each<[string, Dict, string | null]>([
  ['a rolled-out Deployment', deployment({ observedGeneration: 1, replicas: 3, updatedReplicas: 3, availableReplicas: 3 }), 'Healthy'],
  ['a Deployment scaled to zero', deployment({ observedGeneration: 1 }, { replicas: 0 }), 'Healthy'],
  ['a paused Deployment', deployment({ observedGeneration: 1 }, { replicas: 3, paused: true }), 'Suspended'],
  ['an unobserved Deployment', deployment({ observedGeneration: 1 }, { replicas: 3 }, 2), 'Progressing'],
  [
    'a Deployment past its deadline',
    deployment({ observedGeneration: 1, ...condition('Progressing', 'False', 'ProgressDeadlineExceeded') }),
    'Degraded',
  ],
  [
    'a Deployment with old replicas',
    deployment({ observedGeneration: 1, replicas: 4, updatedReplicas: 3, availableReplicas: 3 }),
    'Progressing',
  ],
  [
    'a Deployment with unavailable replicas',
    deployment({ observedGeneration: 1, replicas: 3, updatedReplicas: 3, availableReplicas: 2 }),
    'Progressing',
  ],
  ['a ready StatefulSet', set({ readyReplicas: 3, updateRevision: 'a', currentRevision: 'a' }), 'Healthy'],
  ['a StatefulSet never observed', { ...set({}), status: { observedGeneration: 0 } }, 'Progressing'],
  ['a StatefulSet that is not ready', set({ readyReplicas: 2 }), 'Progressing'],
  ['a StatefulSet between revisions', set({ readyReplicas: 3, updateRevision: 'b', currentRevision: 'a' }), 'Progressing'],
  [
    'a StatefulSet on delete',
    set({ readyReplicas: 3, updateRevision: 'b', currentRevision: 'a' }, { updateStrategy: { type: 'OnDelete' } }),
    'Healthy',
  ],
  [
    'a partitioned StatefulSet',
    set({ readyReplicas: 3, updatedReplicas: 0 }, { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } }),
    'Progressing',
  ],
  [
    'a partitioned StatefulSet that is done',
    set(
      { readyReplicas: 3, updatedReplicas: 1, updateRevision: 'b', currentRevision: 'a' },
      { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } },
    ),
    'Healthy',
  ],
  ['a DaemonSet everywhere', daemon({ desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 3 }), 'Healthy'],
  ['a DaemonSet missing somewhere', daemon({ desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 2 }), 'Progressing'],
  [
    'a DaemonSet on delete',
    daemon({ desiredNumberScheduled: 3, updatedNumberScheduled: 1, numberAvailable: 2 }, { updateStrategy: { type: 'OnDelete' } }),
    'Healthy',
  ],
  ['a ReplicaSet that fails', of('apps/v1', 'ReplicaSet', condition('ReplicaFailure', 'True'), { replicas: 1 }), 'Degraded'],
  ['a ready Pod', pod({ phase: 'Running', ...condition('Ready', 'True') }), 'Healthy'],
  ['a Pod in back-off', pod({ phase: 'Running', containerStatuses: waiting('CrashLoopBackOff') }), 'Degraded'],
  ['a Pod without image', pod({ phase: 'Pending', containerStatuses: waiting('ErrImagePull') }), 'Degraded'],
  ['a Pod that starts', pod({ phase: 'Pending', containerStatuses: waiting('ContainerCreating') }), 'Progressing'],
  ['a Pod whose init container fails', pod({ phase: 'Pending', initContainerStatuses: waiting('CrashLoopBackOff') }), 'Progressing'],
  [
    'a Pod that restarted and is not ready',
    pod({ phase: 'Running', containerStatuses: [{ name: 'c', lastState: { terminated: {} } }] }),
    'Degraded',
  ],
  ['a Job Pod that runs', pod({ phase: 'Running', ...condition('Ready', 'True') }, { restartPolicy: 'Never' }), 'Progressing'],
  [
    'a Job Pod that fails to start',
    pod({ phase: 'Pending', containerStatuses: waiting('ErrImagePull') }, { restartPolicy: 'Never' }),
    'Progressing',
  ],
  ['a failed Pod', pod({ phase: 'Failed' }), 'Degraded'],
  ['an object being deleted', pod({ phase: 'Running' }, {}, { deletionTimestamp: '2026-11-22T10:00:00Z' }), 'Progressing'],
  [
    'a hook being deleted',
    pod({ phase: 'Succeeded' }, {}, { deletionTimestamp: '2026-11-22T10:00:00Z', annotations: { 'argocd.argoproj.io/hook': 'PreSync' } }),
    'Healthy',
  ],
  ['a bound claim', of('v1', 'PersistentVolumeClaim', { phase: 'Bound' }), 'Healthy'],
  ['a lost claim', of('v1', 'PersistentVolumeClaim', { phase: 'Lost' }), 'Degraded'],
  ['a waiting claim', of('v1', 'PersistentVolumeClaim', { phase: 'Pending' }), 'Progressing'],
  ['a load balancer without address', of('v1', 'Service', {}, { type: 'LoadBalancer' }), 'Progressing'],
  ['an inner Service', of('v1', 'Service', {}, { type: 'ClusterIP' }), 'Healthy'],
  ['an Ingress without address', of('networking.k8s.io/v1', 'Ingress', {}), 'Progressing'],
  ['a failed Job', of('batch/v1', 'Job', condition('Failed', 'True')), 'Degraded'],
  ['a suspended Job', of('batch/v1', 'Job', condition('Suspended', 'True')), 'Suspended'],
  [
    'a CronJob whose last run failed',
    of('batch/v1', 'CronJob', { lastScheduleTime: '2026-11-22T10:05:00Z', lastSuccessfulTime: '2026-11-22T10:00:00Z' }),
    'Degraded',
  ],
  [
    'a CronJob that runs',
    of('batch/v1', 'CronJob', { lastScheduleTime: '2026-11-22T10:05:00Z', lastSuccessfulTime: '2026-11-22T10:00:00Z', active: [{}] }),
    'Healthy',
  ],
  [
    'an autoscaler without metrics',
    of('autoscaling/v2', 'HorizontalPodAutoscaler', condition('ScalingActive', 'False', 'FailedGetResourceMetric')),
    'Degraded',
  ],
  ['an autoscaler that may scale', of('autoscaling/v2', 'HorizontalPodAutoscaler', condition('AbleToScale', 'True')), 'Healthy'],
  ['a dead APIService', of('apiregistration.k8s.io/v1', 'APIService', condition('Available', 'False')), 'Progressing'],
  [
    'a definition being deleted',
    of('apiextensions.k8s.io/v1', 'CustomResourceDefinition', condition('Terminating', 'True')),
    'Progressing',
  ],
  ['an established definition', of('apiextensions.k8s.io/v1', 'CustomResourceDefinition', condition('Established', 'True')), 'Healthy'],
  [
    'a budget without enough pods',
    of('policy/v1', 'PodDisruptionBudget', condition('DisruptionAllowed', 'False', 'InsufficientPods')),
    'Healthy',
  ],
  ['a ConfigMap', of('v1', 'ConfigMap', {}), null],
  ['a Namespace', of('v1', 'Namespace', { phase: 'Active' }), null],
])('%s', (_name, object, word) => {
  expect(assessHealth(object)?.status ?? null).toBe(word)
})
