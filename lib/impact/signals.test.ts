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
