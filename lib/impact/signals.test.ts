import { expect, test } from 'vitest'
import { type ImpactStage, impactStage, type Raw, raw, rawApplication, rawArgocd, rawWorkload } from '../testing/impact-stage.ts'

const MINUTE = 60_000
const keys = (stage: ImpactStage) => [...stage.open().keys()].sort()

function aNode(name: string, zone: string, ready: boolean, more: object = {}): Raw {
  return raw('v1', 'Node', name, '', {
    metadata: { labels: { 'topology.kubernetes.io/zone': zone } },
    spec: more,
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'Unknown' }] },
  })
}

test('nodes count as lost after five minutes, a whole zone is critical, and a cordoned one is on purpose', () => {
  const stage = impactStage([aNode('a1', 'a', true), aNode('a2', 'a', true), aNode('b1', 'b', true), aNode('b2', 'b', true)])
  stage.put(aNode('b2', 'b', false, { unschedulable: true }))
  stage.pass(7 * MINUTE)
  expect(keys(stage)).toEqual([])
  stage.put(aNode('a1', 'a', false))
  const since = stage.at()
  stage.pass(4 * MINUTE)
  expect(keys(stage)).toEqual([])
  stage.pass(2 * MINUTE)
  expect(stage.open().get('nodes-lost/')).toMatchObject({ severity: 'warning', since, title: '1 of 4 nodes not ready' })
  stage.put(aNode('a2', 'a', false))
  stage.pass(6 * MINUTE)
  expect(stage.open().get('nodes-lost/a')).toMatchObject({ severity: 'critical', title: '2 of 4 nodes not ready, all of zone a' })
  stage.put(aNode('a1', 'a', true), aNode('a2', 'a', true))
  stage.pass(2 * MINUTE)
  expect(keys(stage)).toEqual([])
})

test('Argo CD is degraded after five minutes without its pods, and not gone', () => {
  const stage = impactStage([...rawArgocd('argocd'), rawWorkload('shop', 'shop')])
  stage.pass(MINUTE)
  stage.put(
    rawWorkload('argocd-application-controller', 'argocd', {
      kind: 'StatefulSet',
      ready: 0,
      image: 'quay.io/argoproj/argocd:v3.5.1',
      metadata: { labels: { 'app.kubernetes.io/part-of': 'argocd', 'app.kubernetes.io/name': 'argocd-application-controller' } },
    }),
  )
  stage.pass(4 * MINUTE)
  expect(keys(stage)).toEqual([])
  stage.pass(2 * MINUTE)
  expect(keys(stage)).toEqual(['argocd-degraded/argocd'])
  expect(stage.open().get('argocd-degraded/argocd')).toMatchObject({ severity: 'warning', title: 'Argo CD in argocd is degraded' })
})

test('an Argo CD that runs and compares nothing is told with the moment of its last comparison', () => {
  const stage = impactStage([
    ...rawArgocd('argocd'),
    rawApplication('shop', 'argocd', { status: { reconciledAt: '2026-03-01T02:12:00Z' } }),
    rawWorkload('shop', 'shop', { app: 'shop' }),
  ])
  stage.pass(4 * MINUTE)
  expect(keys(stage)).toEqual([])
  stage.pass(2 * MINUTE)
  expect(stage.open().get('argocd-degraded/argocd')).toMatchObject({ since: '2026-03-01T02:12:00Z' })
})

test('a namespace that cannot finish is told after ten minutes, with what holds it', () => {
  const stage = impactStage([raw('v1', 'Namespace', 'shop', '', { status: { phase: 'Active' } }), rawWorkload('shop', 'shop')])
  stage.put(
    raw('v1', 'Namespace', 'shop', '', { metadata: { deletionTimestamp: '2026-03-01T02:13:00Z' }, status: { phase: 'Terminating' } }),
    rawWorkload('shop', 'shop', { metadata: { deletionTimestamp: '2026-03-01T02:13:00Z', finalizers: ['example.com/hold'] } }),
  )
  stage.pass(9 * MINUTE)
  expect(keys(stage)).not.toContain('namespace-terminating/shop')
  stage.pass(2 * MINUTE)
  const found = stage.open().get('namespace-terminating/shop')
  expect(found).toMatchObject({ severity: 'warning', since: '2026-03-01T02:13:00Z' })
  expect(found?.evidence.some((one) => one.is === 'held by example.com/hold')).toBe(true)
  stage.drop('Deployment/shop/shop', 'Namespace//shop')
  stage.pass(2 * MINUTE)
  expect(keys(stage)).not.toContain('namespace-terminating/shop')
})

test('an unreachable control plane is no loss: one signal since the last answer, and every service unknown', () => {
  const stage = impactStage([rawWorkload('shop', 'shop')])
  const last = stage.at()
  stage.inventory.setFacts({ freshness: 'stale', trouble: 'nothing was heard for a while' })
  stage.pass(30_000)
  expect(keys(stage)).toEqual([])
  stage.inventory.setFacts({ freshness: 'unreachable', trouble: 'connection refused' })
  stage.pass(40_000)
  expect(keys(stage)).toEqual(['control-plane-unreachable/'])
  expect(stage.open().get('control-plane-unreachable/')).toMatchObject({ severity: 'critical', since: last })
  expect(stage.board.rows().map((row) => row.impact)).toEqual(['unknown'])
  stage.inventory.setFacts({ freshness: 'live', observedAt: stage.at(), trouble: '' })
  stage.pass(2 * MINUTE)
  expect(keys(stage)).toEqual([])
  expect(stage.board.rows().map((row) => row.impact)).toEqual(['healthy'])
})

test.each([
  ['refused', { freshness: 'forbidden', blind: true, trouble: '403 for namespaces' }],
  ['not trusted', { freshness: 'unreachable', blind: true, trouble: 'certificate has expired' }],
] as const)('%s is our own fault: blind, and never an outage of theirs', (_name, facts) => {
  const stage = impactStage([rawWorkload('shop', 'shop')])
  stage.inventory.setFacts(facts)
  stage.pass(3 * MINUTE)
  expect(keys(stage)).toEqual(['blind/'])
  expect(stage.open().get('blind/')).toMatchObject({ severity: 'warning' })
})

test('another cluster under the same name is told at once, until a lead has answered', () => {
  const stage = impactStage([rawWorkload('shop', 'shop')])
  stage.inventory.setFacts({ incarnation: 'two', replaced: { was: 'one', is: 'two' } })
  stage.pass(1_000)
  expect(stage.open().get('cluster-replaced/')).toMatchObject({ severity: 'critical', evidence: [{ was: 'one', is: 'two' }] })
  stage.inventory.setFacts({ replaced: null })
  stage.pass(2 * MINUTE)
  expect(keys(stage)).toEqual([])
})

function pruning(automated: object, guard: string, hook = false): readonly Raw[] {
  return [
    ...rawArgocd('argocd'),
    raw('v1', 'Namespace', 'shop', '', {
      metadata: guard ? { annotations: { 'argocd.argoproj.io/sync-options': guard } } : {},
      status: { phase: 'Active' },
    }),
    rawWorkload('shop', 'shop', { app: 'shop' }),
    rawApplication('shop', 'argocd', {
      spec: { syncPolicy: { automated } },
      status: {
        sync: { status: 'OutOfSync' },
        reconciledAt: '2026-03-01T02:30:00Z',
        resources: [{ kind: 'Namespace', version: 'v1', name: 'shop', status: 'OutOfSync', requiresPruning: true, hook }],
      },
    }),
  ]
}

test.each([
  ['automation prunes and nothing guards it', pruning({ prune: true }, ''), ['prune-pending-critical/argocd/shop']],
  ['automation does not prune', pruning({}, ''), []],
  ['automation is switched off', pruning({ enabled: false, prune: true }, ''), []],
  ['the namespace refuses', pruning({ prune: true }, 'Prune=false'), []],
  ['a person must confirm', pruning({ prune: true }, 'Prune=confirm'), []],
  ['it is a hook', pruning({ prune: true }, '', true), []],
] as const)('a pending prune of a namespace, when %s', (_name, objects, expected) => {
  const stage = impactStage(objects)
  stage.pass(10_000)
  expect(keys(stage)).toEqual(expected)
})

test('an Argo CD with a period of its own is silent after twice that, and never where it compares only what changed', () => {
  const comparing = (period: string): ImpactStage => {
    const stage = impactStage([
      ...rawArgocd('argocd'),
      raw('v1', 'ConfigMap', 'argocd-cm', 'argocd', { data: { 'timeout.reconciliation': period } }),
      rawApplication('shop', 'argocd', { status: { reconciledAt: '2026-03-01T02:13:00Z' } }),
      rawWorkload('shop', 'shop', { app: 'shop' }),
    ])
    stage.pass(30 * MINUTE)
    return stage
  }
  expect(keys(comparing('20m'))).toEqual([])
  expect(keys(comparing('0s'))).toEqual([])
  expect(keys(comparing('10m'))).toEqual(['argocd-degraded/argocd'])
})

function aCertificate(name: string, namespace: string, notAfter: string, renewalTime?: string): Raw {
  return raw('cert-manager.io/v1', 'Certificate', name, namespace, {
    spec: { secretName: name },
    status: { notAfter, ...(renewalTime ? { renewalTime } : {}) },
  })
}

test('certificates are told when their renewal is overdue, or two weeks before their end where nobody renews them', () => {
  const stage = impactStage([
    aCertificate('well', 'shop', '2026-05-01T00:00:00Z', '2026-04-01T00:00:00Z'),
    aCertificate('just-due', 'shop', '2026-03-31T02:00:00Z', '2026-03-01T02:00:00Z'),
    aCertificate('overdue', 'shop', '2026-03-11T02:13:00Z', '2026-02-09T02:13:00Z'),
    aCertificate('soon', 'shop', '2026-03-04T02:13:00Z'),
    aCertificate('ended', 'edge', '2026-02-28T00:00:00Z', '2026-02-20T00:00:00Z'),
  ])
  stage.pass(10_000)
  expect(keys(stage)).toEqual(['certificate-expiry/edge', 'certificate-expiry/shop'])
  expect(stage.open().get('certificate-expiry/edge')).toMatchObject({ severity: 'warning', title: 'Certificate edge/ended expired' })
  const shop = stage.open().get('certificate-expiry/shop')
  expect(shop).toMatchObject({ title: '2 certificates in shop run out, the first expires in 2 days', since: '2026-02-09T02:13:00.000Z' })
  expect(shop?.evidence.map((one) => one.object.name)).toEqual(['soon', 'overdue'])
  stage.put(aCertificate('ended', 'edge', '2026-05-28T00:00:00Z', '2026-05-20T00:00:00Z'))
  stage.pass(2 * MINUTE)
  expect(keys(stage)).toEqual(['certificate-expiry/shop'])
})

test('the certificate of the API server itself is told two weeks before its end', () => {
  const stage = impactStage([rawWorkload('shop', 'shop')])
  stage.certify('2026-04-01T00:00:00.000Z')
  stage.pass(10_000)
  expect(keys(stage)).toEqual([])
  stage.certify('2026-03-10T02:13:00.000Z')
  stage.pass(10_000)
  expect(stage.open().get('certificate-expiry/api-server')).toMatchObject({
    title: 'The certificate of the API server expires in 8 days',
    since: '2026-02-24T02:13:00.000Z',
  })
})

test('a control plane that was set back is told for an hour, and nothing that vanished with it counts as deleted', () => {
  const stage = impactStage([rawWorkload('shop', 'shop'), ...Array.from({ length: 9 }, (_, at) => rawWorkload(`w${at}`, `n${at}`))])
  const at = stage.at()
  stage.inventory.forget()
  stage.inventory.setFacts({ restored: { at, note: 'resourceVersion fell from 900 to 500' } })
  stage.pass(10_000)
  expect(stage.board.counts()).toMatchObject({ unknown: 10 })
  stage.put(rawWorkload('shop', 'shop'))
  stage.inventory.setReady(true)
  stage.pass(10_000)
  expect(stage.board.counts()).toMatchObject({ healthy: 1, lost: 9 })
  expect(keys(stage)).toEqual(['control-plane-restored/'])
  expect(stage.open().get('control-plane-restored/')).toMatchObject({
    severity: 'critical',
    since: at,
    evidence: [{ is: expect.stringContaining('fell') }],
  })
  stage.pass(62 * MINUTE)
  expect(keys(stage)).toEqual([])
})

test('while nothing fresh is heard no signal opens and none closes; a minute of calm is counted anew afterwards', () => {
  const crd = (name: string): Raw =>
    raw('apiextensions.k8s.io/v1', 'CustomResourceDefinition', `${name}.example.com`, '', {
      spec: { group: 'example.com', names: { kind: name, plural: name } },
      status: { conditions: [{ type: 'Established', status: 'True' }] },
    })
  const stage = impactStage([crd('things'), crd('others')])
  stage.drop('CustomResourceDefinition//things.example.com')
  stage.pass(4_000)
  expect(keys(stage)).toEqual([])
  stage.pass(2_000)
  expect(keys(stage)).toEqual(['crd-gone/things.example.com'])
  stage.inventory.setFacts({ freshness: 'stale' })
  stage.put(crd('things'))
  stage.drop('CustomResourceDefinition//others.example.com')
  stage.pass(30 * MINUTE)
  expect(keys(stage)).toEqual(['crd-gone/things.example.com'])
  stage.inventory.setFacts({ freshness: 'live' })
  stage.pass(50_000)
  expect(keys(stage)).toEqual(['crd-gone/others.example.com', 'crd-gone/things.example.com'])
  stage.pass(15_000)
  expect(keys(stage)).toEqual(['crd-gone/others.example.com'])
})

test('data at risk pages for tiers 0 and 1 only; the others show it on their service', () => {
  const claim = (namespace: string): Raw =>
    raw('v1', 'PersistentVolumeClaim', 'data-db-0', namespace, { spec: { volumeName: `pv-${namespace}` }, status: { phase: 'Bound' } })
  const database = (namespace: string, tier: string) =>
    rawWorkload('db', namespace, { kind: 'StatefulSet', metadata: { annotations: { 'blackstart.dev/tier': tier } } })
  const stage = impactStage([database('one', '1'), claim('one'), database('three', '3'), claim('three')])
  stage.pass(MINUTE)
  stage.drop('PersistentVolumeClaim/one/data-db-0', 'PersistentVolumeClaim/three/data-db-0')
  stage.pass(10_000)
  expect(keys(stage)).toEqual(['data-at-risk/one'])
  expect(stage.board.rows().every((row) => row.impacts.includes('data-at-risk'))).toBe(true)
})

test('a dead webhook is a deadlock only with a refusal to prove it, and not when it fails open', () => {
  const webhook = (policy: string): Raw =>
    raw('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'policy', '', {
      webhooks: [
        { name: 'check.policy.example', failurePolicy: policy, clientConfig: { service: { namespace: 'policy', name: 'engine' } } },
      ],
    })
  const refusal = {
    at: '2026-03-01T02:13:30.000Z',
    type: 'Warning',
    reason: 'FailedCreate',
    message: 'Internal error occurred: failed calling webhook "check.policy.example": no endpoints available',
    object: { kind: 'ReplicaSet', namespace: 'shop', name: 'shop-1', uid: 'rs' },
    source: 'replicaset-controller',
  }
  const open = impactStage([webhook('Ignore')])
  open.tell(refusal)
  open.pass(MINUTE)
  expect(keys(open)).toEqual([])
  const stage = impactStage([webhook('Fail')])
  stage.pass(MINUTE)
  expect(keys(stage)).toEqual([])
  stage.tell(refusal)
  stage.pass(10_000)
  expect(stage.open().get('admission-deadlock/policy')).toMatchObject({
    severity: 'critical',
    since: refusal.at,
    evidence: [{ is: 'failurePolicy Fail, service policy/engine does not exist' }, { source: 'event' }],
  })
})
