import { expect, test } from 'vitest'
import type { Stage } from './sandbox-world.ts'
import { stage } from './sandbox-world.ts'

/** An empty cluster with a node, a class of each kind and a namespace. */
function bare(): Stage {
  const at = stage({})
  at.api.load('nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n1', labels: { 'topology.kubernetes.io/zone': 'z1' } },
    spec: {},
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  })
  for (const [name, reclaimPolicy] of [
    ['fast', 'Delete'],
    ['durable', 'Retain'],
  ])
    at.api.load('storageclasses.storage.k8s.io', {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: name ?? '' },
      provisioner: 'p',
      reclaimPolicy,
    })
  at.api.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }, 'test')
  return at
}

function deployment(image: string, replicas = 4) {
  const labels = { app: 'web' }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      replicas,
      progressDeadlineSeconds: 60,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'web', image }] } },
    },
  }
}

function claim(name: string, more: object = {}) {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace: 'shop' },
    spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'durable', resources: { requests: { storage: '1Gi' } }, ...more },
  }
}

test('a new namespace is given its default objects, and they come back when deleted', () => {
  const { api, clock } = bare()
  clock.advance(1_000)
  expect([api.get('serviceaccounts', 'shop', 'default')?.kind, api.get('configmaps', 'shop', 'kube-root-ca.crt')?.kind]).toEqual([
    'ServiceAccount',
    'ConfigMap',
  ])
  api.remove('serviceaccounts', 'shop', 'default', { by: 'test' })
  clock.advance(1_000)
  expect(api.get('serviceaccounts', 'shop', 'default')?.kind).toBe('ServiceAccount')
})

test('a rollout keeps maxUnavailable, and its undo goes back to the old ReplicaSet', () => {
  const { api, clock, heard } = bare()
  api.create('deployments.apps', deployment('web:1'), 'test')
  clock.advance(30_000)
  const status = () => api.get('deployments.apps', 'shop', 'web')?.status
  expect(status()).toMatchObject({ replicas: 4, updatedReplicas: 4, readyReplicas: 4, availableReplicas: 4 })
  heard.length = 0
  api.change('deployments.apps', 'shop', 'web', 'test', (draft) => {
    draft.spec.template.spec.containers[0].image = 'web:2'
  })
  clock.advance(120_000)
  expect(status()).toMatchObject({ replicas: 4, updatedReplicas: 4, availableReplicas: 4 })
  expect(
    Math.min(...heard.filter((each) => each.resource === 'deployments.apps').map((each) => each.object.status?.availableReplicas ?? 0)),
  ).toBeGreaterThanOrEqual(3)
  expect(
    api
      .list('replicasets.apps', 'shop')
      .map((each) => each.spec.replicas)
      .sort(),
  ).toEqual([0, 4])
  api.change('deployments.apps', 'shop', 'web', 'test', (draft) => {
    draft.spec.template.spec.containers[0].image = 'web:1'
  })
  clock.advance(120_000)
  expect(api.list('replicasets.apps', 'shop').length).toBe(2)
  expect(api.get('deployments.apps', 'shop', 'web')?.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3')
})

test('an image that cannot be pulled stops the rollout with old pods serving, and is said after the deadline', () => {
  const { api, clock, world } = bare()
  api.create('deployments.apps', deployment('web:1'), 'test')
  clock.advance(30_000)
  world.inject({ kind: 'images-missing', images: ['web:2'] })
  api.change('deployments.apps', 'shop', 'web', 'test', (draft) => {
    draft.spec.template.spec.containers[0].image = 'web:2'
  })
  clock.advance(90_000)
  const deployed = api.get('deployments.apps', 'shop', 'web')
  expect(deployed?.status.availableReplicas).toBeGreaterThanOrEqual(3)
  expect(deployed?.status.conditions).toContainEqual(
    expect.objectContaining({ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }),
  )
  world.inject({ kind: 'images-missing', images: ['web:2'], lost: false })
  clock.advance(120_000)
  expect(api.get('deployments.apps', 'shop', 'web')?.status).toMatchObject({ updatedReplicas: 4, availableReplicas: 4, replicas: 4 })
})

test.each([
  ['Background', []],
  ['Foreground', []],
  ['Orphan', ['ReplicaSet', 'Pod']],
] as const)('a Deployment deleted with %s leaves %j', (propagation, left) => {
  const { api, clock, heard } = bare()
  api.create('deployments.apps', deployment('web:1', 1), 'test')
  clock.advance(20_000)
  api.remove('deployments.apps', 'shop', 'web', { by: 'test', propagation })
  clock.advance(60_000)
  expect(api.get('deployments.apps', 'shop', 'web')).toBeUndefined()
  expect([...api.list('replicasets.apps', 'shop'), ...api.list('pods', 'shop')].map((each) => each.kind)).toEqual(left)
  if (propagation !== 'Foreground') return
  const gone = heard.filter((each) => each.type === 'DELETED').map((each) => each.object.kind)
  expect(gone.indexOf('Pod')).toBeLessThan(gone.indexOf('Deployment'))
})

test('a retained volume is bound again by its claimRef without a uid, and its claim by name', () => {
  const { api, clock } = bare()
  api.create('persistentvolumeclaims', claim('data'), 'test')
  clock.advance(5_000)
  const volume = api.get('persistentvolumeclaims', 'shop', 'data')?.spec.volumeName ?? ''
  expect(api.get('persistentvolumes', '', volume)?.status.phase).toBe('Bound')
  api.remove('persistentvolumeclaims', 'shop', 'data', { by: 'test' })
  clock.advance(5_000)
  expect(api.get('persistentvolumes', '', volume)?.status.phase).toBe('Released')
  // As long as the volume names the old claim's uid, a new claim of that name does not get it.
  api.create('persistentvolumeclaims', claim('data', { volumeName: volume }), 'test')
  clock.advance(5_000)
  expect(api.get('persistentvolumeclaims', 'shop', 'data')?.status.phase).not.toBe('Bound')
  api.change('persistentvolumes', '', volume, 'test', (draft) => {
    delete draft.spec.claimRef.uid
  })
  clock.advance(5_000)
  expect(api.get('persistentvolumeclaims', 'shop', 'data')?.status.phase).toBe('Bound')
  expect(api.get('persistentvolumes', '', volume)?.spec.claimRef.uid).toBe(api.get('persistentvolumeclaims', 'shop', 'data')?.metadata.uid)
})

test('a finalizer keeps a namespace terminating, and its conditions name it; without it the namespace goes', () => {
  const { api, clock } = bare()
  api.create(
    'configmaps',
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'held', namespace: 'shop', finalizers: ['acme.test/hold'] } },
    'test',
  )
  api.remove('namespaces', '', 'shop', { by: 'test' })
  clock.advance(20_000)
  const conditions = api
    .get('namespaces', '', 'shop')
    ?.status.conditions.filter((each: { status: string }) => each.status === 'True')
    .map((each: { message: string }) => each.message)
  expect(conditions).toEqual([
    'Some resources are remaining: configmaps. has 1 resource instances',
    'Some content in the namespace has finalizers remaining: acme.test/hold in 1 resource instances',
  ])
  api.change('configmaps', 'shop', 'held', 'test', (draft) => {
    draft.metadata.finalizers = []
  })
  clock.advance(10_000)
  expect(api.get('namespaces', '', 'shop')).toBeUndefined()
})

test('an object whose owner does not exist is collected', () => {
  const { api, clock } = bare()
  api.create(
    'configmaps',
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'orphan',
        namespace: 'shop',
        ownerReferences: [{ apiVersion: 'v1', kind: 'Secret', name: 'none', uid: '00000000-0000-4000-8000-000000000000' }],
      },
    },
    'test',
  )
  clock.advance(2_000)
  expect(api.get('configmaps', 'shop', 'orphan')).toBeUndefined()
})

test('a Job runs to its end and its pod stays', () => {
  const { api, clock } = bare()
  api.create(
    'jobs.batch',
    {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'once', namespace: 'shop' },
      spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'c:1' }] } } },
    },
    'test',
  )
  clock.advance(30_000)
  expect(api.get('jobs.batch', 'shop', 'once')?.status).toMatchObject({
    succeeded: 1,
    conditions: [{ type: 'SuccessCriteriaMet' }, { type: 'Complete', status: 'True' }],
  })
  expect(api.list('pods', 'shop').map((each) => each.status.phase)).toEqual(['Succeeded'])
})
