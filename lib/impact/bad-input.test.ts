import { expect, test } from 'vitest'
import { project } from '../inventory/rules.ts'
import { impactStage, type Raw, raw, rawApplication, rawArgocd, rawWorkload } from '../testing/impact-stage.ts'

const MINUTE = 60_000
const rowsOf = (objects: readonly Raw[]) => impactStage(objects).board.rows()

test.each([
  ['nothing but its name', { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'x', namespace: 'a', uid: 'u' } }],
  [
    'null everywhere',
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'x', namespace: 'a', uid: 'u', labels: null, annotations: null },
      spec: null,
      status: null,
    },
  ],
  [
    'the wrong types',
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'x', namespace: 'a', uid: 'u', labels: [], ownerReferences: 'no', finalizers: {} },
      spec: { replicas: 'three', template: 7 },
      status: [],
    },
  ],
] as const)('a workload with %s is judged without stumbling', (_name, object) => {
  const rows = rowsOf([object as unknown as Raw])
  expect(rows.map((row) => [row.name, row.namespace])).toEqual([['x', 'a']])
})

test('an Application, a claim, a volume, a webhook and a node without spec or status do no harm', () => {
  const stage = impactStage([
    ...rawArgocd('argocd'),
    raw('argoproj.io/v1alpha1', 'Application', 'bare', 'argocd'),
    raw('argoproj.io/v1alpha1', 'ApplicationSet', 'bare', 'argocd'),
    raw('v1', 'PersistentVolumeClaim', 'bare', 'a'),
    raw('v1', 'PersistentVolume', 'bare'),
    raw('v1', 'Node', 'bare'),
    raw('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'bare', '', { webhooks: [{}] }),
    raw('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'bare'),
    rawWorkload('shop', 'a'),
  ])
  stage.pass(MINUTE)
  expect([...stage.open().keys()].filter((key) => !key.startsWith('argocd-gone'))).toEqual([])
  expect(stage.board.rows().map((row) => row.name)).toContain('shop')
})

test('an annotation of a megabyte is not kept, one that is read is kept whole', () => {
  const big = 'x'.repeat(1_000_000)
  const record = project(
    raw('apps/v1', 'Deployment', 'x', 'a', {
      metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': big, 'blackstart.dev/owner': 'payments' } },
    }),
    '2026-03-01T02:13:00.000Z',
  )
  expect(JSON.stringify(record).length).toBeLessThan(2_000)
  expect(record.annotations).toEqual({ 'blackstart.dev/owner': 'payments' })
})

test('names at the limit of Kubernetes keep their tracking and their service', () => {
  const name = `${'a'.repeat(124)}.${'b'.repeat(128)}`
  const namespace = 'n'.repeat(63)
  const rows = rowsOf([...rawArgocd('argocd'), rawApplication(name, 'argocd'), rawWorkload(name, namespace, { app: name })])
  expect(rows).toMatchObject([{ name, namespace, application: name, impact: 'healthy', id: `stage/${namespace}/${name}` }])
})

test('a tracking id that was copied to another object founds neither a service nor a loss', () => {
  const copied = rawWorkload('copy', 'b', {
    metadata: { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:a/shop' } },
  })
  const stage = impactStage([...rawArgocd('argocd'), rawApplication('shop', 'argocd'), rawWorkload('shop', 'a', { app: 'shop' }), copied])
  expect(stage.board.rows().map((row) => [row.name, row.application])).toEqual([
    ['copy', null],
    ['shop', 'shop'],
  ])
  stage.drop('Application/argocd/shop')
  stage.pass(10_000)
  expect(stage.board.rows().map((row) => [row.name, row.impact])).toEqual([
    ['shop', 'unmanaged'],
    ['copy', 'healthy'],
  ])
})

test('an Application in another namespace tracks by its qualified name, beside a namesake of the instance', () => {
  const stage = impactStage([
    ...rawArgocd('argocd'),
    rawApplication('shop', 'argocd'),
    rawApplication('shop', 'team-b'),
    rawWorkload('one', 'a', { app: 'shop' }),
    rawWorkload('two', 'b', { app: 'team-b_shop' }),
  ])
  stage.drop('Application/team-b/shop')
  stage.pass(10_000)
  const impacts = Object.fromEntries(stage.board.rows().map((row) => [row.namespace, row.impact]))
  expect(impacts).toEqual({ a: 'healthy', b: 'unmanaged' })
})

test('where Applications may not be read, nobody is called unmanaged: it is not known', () => {
  const stage = impactStage([...rawArgocd('argocd'), rawWorkload('shop', 'a', { app: 'shop' })])
  const state = (freshness: 'forbidden' | 'live') => ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    plural: 'applications',
    freshness,
    observedAt: null,
    count: 0,
    note: '',
  })
  stage.inventory.setKinds([state('forbidden')])
  stage.board.touchAll()
  stage.pass(1_000)
  expect(stage.board.rows()).toMatchObject([{ impact: 'unknown', evidence: [{ is: expect.stringContaining('may not be read') }] }])
  stage.inventory.setKinds([state('live')])
  stage.board.touchAll()
  stage.pass(1_000)
  expect(stage.board.rows()).toMatchObject([{ impact: 'unmanaged' }])
})

test('of two Argo CDs the loss of one is told of that one, and only its services are unmanaged', () => {
  const stage = impactStage([
    ...rawArgocd('argocd-a'),
    ...rawArgocd('argocd-b'),
    rawApplication('one', 'argocd-a'),
    rawApplication('two', 'argocd-b'),
    rawWorkload('one', 'one', { app: 'one' }),
    rawWorkload('two', 'two', { app: 'two' }),
  ])
  stage.drop(
    'StatefulSet/argocd-a/argocd-application-controller',
    'Application/argocd-a/one',
    'AppProject/argocd-a/default',
    'Namespace//argocd-a',
  )
  stage.pass(10_000)
  expect([...stage.open().keys()]).toEqual(['argocd-gone/argocd-a'])
  expect(Object.fromEntries(stage.board.rows().map((row) => [row.name, row.impact]))).toEqual({ one: 'unmanaged', two: 'healthy' })
  expect(stage.board.argocd().map((one) => [one.namespace, one.state])).toEqual([
    ['argocd-a', 'absent'],
    ['argocd-b', 'running'],
  ])
})

test.each([
  ['ahead', 7 * MINUTE],
  ['behind', -7 * MINUTE],
] as const)('a server clock minutes %s of ours neither hides a disaster nor invents one', (_name, skew) => {
  const stage = impactStage([
    ...rawArgocd('argocd'),
    rawApplication('shop', 'argocd', { status: { reconciledAt: new Date(Date.parse('2026-03-01T02:13:00Z') + skew).toISOString() } }),
    rawWorkload('shop', 'a', { app: 'shop' }),
  ])
  stage.pass(5_000)
  expect([...stage.open().values()].filter((one) => one.severity === 'critical')).toEqual([])
  const marked = stage.at(skew)
  stage.put(raw('v1', 'Namespace', 'argocd', '', { metadata: { deletionTimestamp: marked }, status: { phase: 'Terminating' } }))
  stage.pass(1_000)
  expect(stage.open().get('argocd-gone/argocd')).toMatchObject({ since: marked })
})

test('a whole workload that is made again under its name is compared by key, and its new volume is data at risk', () => {
  const claim = (uid: string): Raw =>
    raw('v1', 'PersistentVolumeClaim', 'data-db-0', 'a', {
      metadata: { uid },
      spec: { volumeName: `pv-${uid}` },
      status: { phase: 'Bound' },
    })
  const stage = impactStage([rawWorkload('db', 'a', { kind: 'StatefulSet' }), claim('old')])
  stage.pass(MINUTE)
  stage.drop('old')
  stage.put(claim('new'))
  stage.pass(10_000)
  expect(stage.board.rows()).toMatchObject([{ name: 'db', impact: 'data-at-risk' }])
})

test('a kind served in two versions is one kind: seen again in the other version nothing is gone and nothing is new', () => {
  const thing = (version: string): Raw =>
    raw(`example.com/${version}`, 'Thing', 'x', 'a', { metadata: { uid: 'thing', labels: { 'app.kubernetes.io/name': 'shop' } } })
  const stage = impactStage([rawWorkload('shop', 'a'), thing('v1beta1')])
  stage.pass(MINUTE)
  stage.put(thing('v1'))
  stage.pass(MINUTE)
  expect(stage.board.rows().map((row) => [row.name, row.impact])).toEqual([['shop', 'healthy']])
  expect([...stage.open().keys()]).toEqual([])
})

test.each([
  ['no status at all', {}],
  ['times that are none', { notAfter: 'soon', renewalTime: 7 }],
  ['an end long past and no renewal', { notAfter: '2020-01-01T00:00:00Z' }],
] as const)('a certificate with %s neither breaks the look nor opens what it does not say', (_name, status) => {
  const stage = impactStage([rawWorkload('shop', 'a'), raw('cert-manager.io/v1', 'Certificate', 'tls', 'a', { spec: {}, status })])
  stage.pass(MINUTE)
  expect([...stage.open().keys()]).toEqual(
    status && 'notAfter' in status && status.notAfter.startsWith('2020') ? ['certificate-expiry/a'] : [],
  )
})

test('a CronJob, an autoscaler and a Service that say nothing of themselves are judged without stumbling', () => {
  const stage = impactStage([
    raw('batch/v1', 'CronJob', 'bare', 'a'),
    raw('autoscaling/v2', 'HorizontalPodAutoscaler', 'bare', 'a'),
    raw('v1', 'Service', 'bare', 'a'),
    raw('discovery.k8s.io/v1', 'EndpointSlice', 'bare', 'a'),
    raw('v1', 'ConfigMap', 'argocd-cm', 'a', { data: { 'timeout.reconciliation': 'often' } }),
  ])
  stage.pass(MINUTE)
  expect(stage.board.rows().map((row) => [row.name, row.impact])).toEqual([['bare', 'healthy']])
})
