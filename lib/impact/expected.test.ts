import { expect, test } from 'vitest'
import {
  type ImpactStage,
  impactStage,
  type Raw,
  raw,
  rawApplication,
  rawArgocd,
  rawWorkload,
  STAGE_BEGIN,
} from '../testing/impact-stage.ts'
import type { PlannedChange } from './expected-schema.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const critical = (stage: ImpactStage) => [...stage.open()].flatMap(([key, one]) => (one.severity === 'critical' ? [key] : [])).sort()
const impacts = (stage: ImpactStage, id: string) => stage.board.row(`stage/${id}`)?.impacts
const told = (stage: ImpactStage, id: string) => stage.board.row(`stage/${id}`)?.evidence.map((one) => one.is)

function planned(more: Partial<PlannedChange> = {}): PlannedChange {
  return {
    id: 'c',
    clusters: ['stage'],
    title: 'clean-up',
    ticket: '',
    selector: { namespace: 'night-*' },
    effects: ['delete'],
    maxObjects: 50,
    from: new Date(STAGE_BEGIN + MINUTE).toISOString(),
    to: new Date(STAGE_BEGIN + HOUR).toISOString(),
    plannedAt: new Date(STAGE_BEGIN).toISOString(),
    plannedBy: 'p',
    endedAt: null,
    endedBy: null,
    ...more,
  }
}

const night = (n: number): readonly Raw[] => [
  raw('v1', 'Namespace', `night-${n}`),
  rawWorkload('batch', `night-${n}`, { app: `night-${n}` }),
]
const nights = [1, 2, 3, 4, 5, 6, 7, 8]
const platform: readonly Raw[] = [
  ...rawArgocd('argocd'),
  ...nights.flatMap((n) => [rawApplication(`night-${n}`, 'argocd'), ...night(n)]),
  rawApplication('shop', 'argocd'),
  rawWorkload('shop', 'shop', { app: 'shop', desired: 4 }),
]
const dropAll = (stage: ImpactStage, of: readonly number[] = nights) =>
  stage.drop(...of.flatMap((n) => night(n).map((one) => String(one.metadata.uid))))

test('eight namespaces go at once without a word: that is a mass deletion', () => {
  const stage = impactStage(platform)
  stage.pass(2 * MINUTE)
  dropAll(stage)
  stage.pass(10_000)
  expect(critical(stage)).toEqual(['mass-deletion/workloads'])
  expect(impacts(stage, 'night-1/night-1')).toEqual(['lost'])
})

test('within a planned change they are removed, with the reason, and stay so after its end', () => {
  const stage = impactStage(platform, { planned: [planned({ ticket: 'OPS-7' })] })
  stage.pass(2 * MINUTE)
  dropAll(stage)
  stage.pass(10_000)
  expect(stage.open().size).toBe(0)
  expect(impacts(stage, 'night-1/night-1')).toEqual(['removed'])
  expect(told(stage, 'night-1/night-1')).toEqual(['gone: planned change "clean-up" (OPS-7)'])
  stage.pass(2 * HOUR, MINUTE)
  expect(impacts(stage, 'night-1/night-1')).toEqual(['removed'])
  expect(stage.open().size).toBe(0)
})

test('what goes before it begins, after its end or outside its scope is lost as ever', () => {
  const stage = impactStage(platform, { planned: [planned()] })
  dropAll(stage, [1])
  stage.pass(2 * MINUTE)
  expect(impacts(stage, 'night-1/night-1')).toEqual(['lost'])
  stage.drop('Deployment/shop/shop')
  stage.pass(5_000)
  expect(impacts(stage, 'shop/shop')).toEqual(['lost'])
  stage.pass(HOUR, MINUTE)
  dropAll(stage, [2])
  stage.pass(5_000)
  expect(impacts(stage, 'night-2/night-2')).toEqual(['lost'])
})

test('what a deleted namespace still takes along after the end of the change is covered; a workload beside a deleted one is not', () => {
  const stage = impactStage(
    [...platform, rawWorkload('batch', 'night-9', { app: 'night-9' }), rawWorkload('report', 'night-9', { app: 'report' })],
    {
      planned: [planned()],
    },
  )
  stage.pass(2 * MINUTE)
  stage.put(raw('v1', 'Namespace', 'night-1', '', { metadata: { deletionTimestamp: stage.at() }, status: { phase: 'Terminating' } }))
  stage.drop('Deployment/night-9/batch')
  stage.pass(HOUR, MINUTE)
  stage.drop('Deployment/night-1/batch', 'Deployment/night-9/report')
  stage.pass(5_000)
  expect(impacts(stage, 'night-1/night-1')).toEqual(['removed'])
  expect(impacts(stage, 'night-9/night-9')).toEqual(['removed'])
  expect(impacts(stage, 'night-9/report')).toEqual(['lost'])
})

test('a change that is ended early covers what went until then, and nothing after', () => {
  const stage = impactStage(platform, { planned: [planned()] })
  stage.pass(2 * MINUTE)
  dropAll(stage, [1])
  stage.pass(5_000)
  stage.board.planned.load([planned({ endedAt: stage.at() })], [])
  dropAll(stage, [2])
  stage.pass(5_000)
  expect(impacts(stage, 'night-1/night-1')).toEqual(['removed'])
  expect(impacts(stage, 'night-2/night-2')).toEqual(['lost'])
})

test('what exceeds its number of objects is not covered', () => {
  const stage = impactStage(platform, { planned: [planned({ maxObjects: 4 })] })
  stage.pass(2 * MINUTE)
  dropAll(stage)
  stage.pass(10_000)
  // Two namespaces with their workloads; six are too many, and as many workloads make it a mass deletion.
  expect(nights.map((n) => impacts(stage, `night-${n}/night-${n}`)?.join())).toEqual(['removed', 'removed', ...Array(6).fill('lost')])
  expect(critical(stage)).toEqual(['mass-deletion/workloads'])
  expect(stage.board.planned.take().map((one) => `${one.kind} ${one.namespace || one.name}`)).toEqual([
    'Namespace night-1',
    'Deployment night-1',
    'Namespace night-2',
    'Deployment night-2',
  ])
})

test('what it covered is known again after a restart, and counts', () => {
  const before = impactStage(platform, { planned: [planned({ maxObjects: 2 })] })
  before.pass(2 * MINUTE)
  dropAll(before, [1])
  before.pass(5_000)
  const after = impactStage(platform)
  after.board.planned.load([planned({ maxObjects: 2 })], before.board.planned.take())
  after.pass(2 * MINUTE)
  dropAll(after, [1, 2])
  after.pass(5_000)
  expect(impacts(after, 'night-1/night-1')).toEqual(['removed'])
  expect(impacts(after, 'night-2/night-2')).toEqual(['lost'])
})

test('on its way out it is changing, and not about to be deleted', () => {
  const stage = impactStage(platform, { planned: [planned()] })
  stage.pass(2 * MINUTE)
  const at = stage.at()
  stage.put(raw('v1', 'Namespace', 'night-1', '', { metadata: { deletionTimestamp: at }, status: { phase: 'Terminating' } }))
  stage.put(rawWorkload('batch', 'night-1', { app: 'night-1', ready: 0, desired: 1 }))
  stage.pass(5_000)
  expect(impacts(stage, 'night-1/night-1')).toEqual(['changing'])
  expect(told(stage, 'night-1/night-1')?.[0]).toBe('Terminating: everything in it will go: planned change "clean-up"')
})

test('nothing planned silences data of tiers 0 and 1; of tiers 2 and 3 it does', () => {
  const claim = (tier: number) =>
    raw('v1', 'PersistentVolumeClaim', 'data', `night-${tier}`, {
      metadata: { labels: { 'app.kubernetes.io/instance': `night-${tier}` } },
      spec: { volumeName: `pv-${tier}` },
      status: { phase: 'Bound' },
    })
  const withData = (tier: number) =>
    rawWorkload('batch', `night-${tier}`, {
      app: `night-${tier}`,
      metadata: {
        annotations: {
          'argocd.argoproj.io/tracking-id': `night-${tier}:apps/Deployment:night-${tier}/batch`,
          'blackstart.dev/tier': String(tier),
        },
      },
    })
  const stage = impactStage(
    [...rawArgocd('argocd'), ...[1, 2].flatMap((tier) => [rawApplication(`night-${tier}`, 'argocd'), withData(tier), claim(tier)])],
    { planned: [planned()] },
  )
  stage.pass(2 * MINUTE)
  stage.drop('PersistentVolumeClaim/night-1/data', 'PersistentVolumeClaim/night-2/data')
  stage.pass(10_000)
  expect(impacts(stage, 'night-1/night-1')).toEqual(['data-at-risk'])
  expect(impacts(stage, 'night-2/night-2')).toEqual(['healthy'])
  expect(critical(stage)).toEqual(['data-at-risk/night-1'])
})

test.each([
  ['restart', { ready: 0, desired: 4 }, '0/4 ready'],
  ['scale', { desired: 0 }, 'scaled to 0, was 4'],
] as const)('a planned %s is changing while it lasts, and degraded when it does not end', (effect, state, is) => {
  const change = planned({ effects: [effect], selector: { namespace: 'shop' } })
  const stage = impactStage(platform, { planned: [change] })
  stage.pass(2 * MINUTE)
  stage.put(rawWorkload('shop', 'shop', { app: 'shop', ...state }))
  stage.pass(5_000)
  expect(impacts(stage, 'shop/shop')).toEqual(['changing'])
  expect(told(stage, 'shop/shop')?.[0]).toContain(is)
  expect(told(stage, 'shop/shop')?.[0]).toContain('planned change "clean-up"')
  stage.pass(HOUR, MINUTE)
  expect(impacts(stage, 'shop/shop')).toEqual(['degraded'])
})

test('an effect that is not named is not covered', () => {
  const stage = impactStage(platform, { planned: [planned({ effects: ['restart', 'scale'], selector: { namespace: '*' } })] })
  stage.pass(2 * MINUTE)
  stage.drop('Deployment/shop/shop')
  stage.pass(5_000)
  expect(impacts(stage, 'shop/shop')).toEqual(['lost'])
})

test.each([
  ['KEDA', raw('keda.sh/v1alpha1', 'ScaledObject', 'shop', 'shop', { spec: { scaleTargetRef: { name: 'shop' } } }), 'healthy'],
  [
    'an autoscaler down to zero',
    raw('autoscaling/v2', 'HorizontalPodAutoscaler', 'shop', 'shop', {
      spec: { minReplicas: 0, scaleTargetRef: { kind: 'Deployment', name: 'shop' } },
    }),
    'healthy',
  ],
  [
    'an autoscaler that leaves one',
    raw('autoscaling/v2', 'HorizontalPodAutoscaler', 'shop', 'shop', { spec: { scaleTargetRef: { kind: 'Deployment', name: 'shop' } } }),
    'degraded',
  ],
  [
    'KEDA, of another workload',
    raw('keda.sh/v1alpha1', 'ScaledObject', 'x', 'shop', { spec: { scaleTargetRef: { name: 'x' } } }),
    'degraded',
  ],
  ['a downscaler', raw('v1', 'Namespace', 'shop', '', { metadata: { annotations: { 'downscaler/uptime': 'Mon-Fri' } } }), 'healthy'],
  ['nobody', raw('v1', 'Namespace', 'shop'), 'degraded'],
] as const)('scaled to zero by %s: %3$s', (_who, more, is) => {
  const stage = impactStage([...platform, more])
  stage.pass(2 * MINUTE)
  stage.put(rawWorkload('shop', 'shop', { app: 'shop', desired: 0 }))
  stage.pass(5_000)
  expect(impacts(stage, 'shop/shop')).toEqual([is])
})

test('the founding deletion in the middle of a planned change is critical at once', () => {
  const everything = planned({ selector: { namespace: '*' }, effects: ['delete', 'restart', 'scale', 'unreachable'], maxObjects: 10_000 })
  const stage = impactStage(platform, { planned: [everything] })
  stage.pass(2 * MINUTE)
  stage.put(raw('v1', 'Namespace', 'argocd', '', { metadata: { deletionTimestamp: stage.at() }, status: { phase: 'Terminating' } }))
  stage.pass(1)
  expect(critical(stage)).toEqual(['argocd-gone/argocd'])
  stage.put(
    rawApplication('shop', 'argocd', {
      metadata: { deletionTimestamp: stage.at(), finalizers: ['resources-finalizer.argocd.argoproj.io'] },
    }),
  )
  stage.drop('StatefulSet/argocd/argocd-application-controller')
  stage.pass(5_000)
  expect(impacts(stage, 'shop/shop')).toContain('unmanaged')
})
