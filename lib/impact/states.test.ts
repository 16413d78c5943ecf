import { expect, test } from 'vitest'
import { type ImpactStage, impactStage, type Raw, raw, rawWorkload } from '../testing/impact-stage.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

function rowOf(stage: ImpactStage, name = 'shop') {
  const row = stage.board.rows().find((one) => one.name === name)
  if (!row) throw new Error(`no service ${name}`)
  return row
}

const words = (stage: ImpactStage, name = 'shop') => ({
  impacts: rowOf(stage, name).impacts,
  is: rowOf(stage, name).evidence.map((one) => `${one.object.kind} ${one.is}`),
})

function rolling(ready: number, more: { readonly desired?: number; readonly conditions?: readonly object[] } = {}): Raw {
  const { desired = 4, conditions = [] } = more
  return raw('apps/v1', 'Deployment', 'shop', 'a', {
    metadata: { generation: 2 },
    spec: { replicas: desired, template: { spec: { containers: [{ name: 'c', image: 'registry.example/app:2' }] } } },
    status: {
      observedGeneration: 2,
      replicas: desired,
      updatedReplicas: desired,
      readyReplicas: ready,
      availableReplicas: ready,
      conditions,
    },
  })
}

test('a rollout within what may be unavailable is changing, below it degraded, and stuck after ten minutes', () => {
  const stage = impactStage([rolling(4)])
  stage.put(rolling(3))
  stage.pass(MINUTE)
  expect(words(stage)).toMatchObject({ impacts: ['changing'] })
  stage.put(rolling(2))
  stage.pass(MINUTE)
  expect(words(stage)).toMatchObject({ impacts: ['degraded'], is: [expect.stringContaining('2/4 ready')] })
  stage.put(rolling(3))
  stage.pass(MINUTE)
  expect(rowOf(stage).impacts).toEqual(['recovering'])
  stage.pass(9 * MINUTE)
  stage.board.touchAll()
  stage.pass(1_000)
  expect(words(stage)).toMatchObject({ impacts: ['degraded'], is: [expect.stringContaining('progressing for more than 10 minutes')] })
  stage.put(rolling(4))
  stage.pass(1_000)
  expect(rowOf(stage).impacts).toEqual(['healthy'])
})

test('green but empty: a volume of another uid is data at risk, however healthy everything is', () => {
  const claim = (uid: string): Raw =>
    raw('v1', 'PersistentVolumeClaim', 'data-shop-0', 'a', {
      metadata: { uid },
      spec: { volumeName: `pv-${uid}` },
      status: { phase: 'Bound' },
    })
  const stage = impactStage([rawWorkload('shop', 'a', { kind: 'StatefulSet' }), claim('first')])
  stage.pass(MINUTE)
  stage.drop('first', 'StatefulSet/a/shop')
  stage.put(claim('second'), rawWorkload('shop', 'a', { kind: 'StatefulSet', metadata: { uid: 'again' } }))
  stage.pass(MINUTE)
  expect(words(stage)).toEqual({
    impacts: ['data-at-risk'],
    is: ['PersistentVolumeClaim created again, empty or not ours: uid second'],
  })
  expect(rowOf(stage).evidence[0]?.was).toBe('claim on pv-first')
})

function aService(selector: Record<string, string>): Raw {
  return raw('v1', 'Service', 'shop', 'a', { metadata: { labels: { 'app.kubernetes.io/name': 'shop' } }, spec: { selector } })
}

function aSlice(ready: number): Raw {
  return raw('discovery.k8s.io/v1', 'EndpointSlice', 'shop-x', 'a', {
    metadata: {
      labels: { 'kubernetes.io/service-name': 'shop' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name: 'shop', uid: 'Service/a/shop', controller: true }],
    },
    endpoints: Array.from({ length: ready }, () => ({ conditions: { ready: true } })),
  })
}

function anApp(desired: number): Raw {
  return raw('apps/v1', 'Deployment', 'shop', 'a', {
    metadata: { generation: 1 },
    spec: { replicas: desired, template: { metadata: { labels: { app: 'shop' } }, spec: { containers: [{ name: 'c', image: 'x:1' }] } } },
    status: { observedGeneration: 1, replicas: desired, updatedReplicas: desired, readyReplicas: desired, availableReplicas: desired },
  })
}

test('a Service that reaches nobody any more is degraded though every pod is ready; one that never reached anybody is not', () => {
  const stage = impactStage([anApp(2), aService({ app: 'shop' }), aSlice(2)])
  stage.pass(MINUTE)
  stage.put(aService({ app: 'shopp' }), aSlice(0))
  stage.pass(1_000)
  expect(words(stage)).toEqual({ impacts: ['degraded'], is: ['Service no ready endpoint'] })
  stage.put(aService({ app: 'shop' }), aSlice(2))
  stage.pass(1_000)
  expect(rowOf(stage).impacts).toEqual(['healthy'])
  const never = impactStage([anApp(2), aService({ app: 'nobody' }), aSlice(0)])
  never.pass(MINUTE)
  expect(rowOf(never).impacts).toEqual(['healthy'])
})

function scaler(kind: 'HorizontalPodAutoscaler' | 'ScaledObject', name: string, min: number): Raw {
  return kind === 'ScaledObject'
    ? raw('keda.sh/v1alpha1', kind, 'scale', 'a', { spec: { scaleTargetRef: { name }, minReplicaCount: min } })
    : raw('autoscaling/v2', kind, 'scale', 'a', { spec: { scaleTargetRef: { kind: 'Deployment', name }, minReplicas: min } })
}

test.each([
  ['by nobody', [], ['degraded']],
  ['by KEDA', [scaler('ScaledObject', 'shop', 0)], ['healthy']],
  ['while KEDA scales another', [scaler('ScaledObject', 'other', 0)], ['degraded']],
  ['while KEDA keeps one at least', [scaler('ScaledObject', 'shop', 1)], ['degraded']],
  ['by an autoscaler that may go to zero', [scaler('HorizontalPodAutoscaler', 'shop', 0)], ['healthy']],
  ['while an autoscaler keeps two', [scaler('HorizontalPodAutoscaler', 'shop', 2)], ['degraded']],
  [
    'by a downscaler on the namespace',
    [raw('v1', 'Namespace', 'a', '', { metadata: { annotations: { 'downscaler/uptime': 'Mon-Fri 08:00-18:00 UTC' } } })],
    ['healthy'],
  ],
  [
    'while the downscaler leaves it alone',
    [raw('v1', 'Namespace', 'a', '', { metadata: { annotations: { 'downscaler/exclude': 'true' } } })],
    ['degraded'],
  ],
] as const)('a workload scaled to 0 %s', (_name, more, impacts) => {
  const stage = impactStage([anApp(3), ...more])
  stage.pass(MINUTE)
  stage.put(anApp(0))
  stage.pass(1_000)
  expect(rowOf(stage).impacts).toEqual(impacts)
  if (impacts[0] === 'degraded') expect(rowOf(stage).evidence[0]?.is).toBe('scaled to 0, was 3')
})

function aCronJob(status: object, more: object = {}): Raw {
  return raw('batch/v1', 'CronJob', 'shop', 'a', { spec: { schedule: '0 * * * *', ...more }, status })
}

// The stage begins at 02:13, so 02:00 and 01:00 are the last two runs.
test.each([
  ['both failed', { lastScheduleTime: '2026-03-01T02:00:00Z', lastSuccessfulTime: '2026-03-01T00:00:20Z' }, {}, 'its last two runs failed'],
  ['the last failed', { lastScheduleTime: '2026-03-01T02:00:00Z', lastSuccessfulTime: '2026-03-01T01:00:20Z' }, {}, null],
  [
    'one failed, one did not come',
    { lastScheduleTime: '2026-03-01T01:00:00Z', lastSuccessfulTime: '2026-03-01T00:00:20Z' },
    {},
    'of its last two runs one failed and one was missed',
  ],
  [
    'neither came',
    { lastScheduleTime: '2026-03-01T00:00:00Z', lastSuccessfulTime: '2026-03-01T00:00:20Z' },
    {},
    'its last two runs were missed: none since 2026-03-01T00:00:00Z',
  ],
  ['one is under way', { lastScheduleTime: '2026-03-01T00:00:00Z', active: [{}] }, {}, null],
  ['it is suspended', { lastScheduleTime: '2026-03-01T00:00:00Z' }, { suspend: true }, null],
  ['it never ran', {}, {}, null],
  ['its schedule cannot be read', { lastScheduleTime: '2026-03-01T00:00:00Z' }, { schedule: 'now and then' }, null],
  [
    'it runs by another clock',
    { lastScheduleTime: '2026-02-28T22:30:00Z', lastSuccessfulTime: '2026-02-28T22:30:00Z' },
    { schedule: '0 4 * * *', timeZone: 'Asia/Kolkata' },
    null,
  ],
] as const)('a CronJob of which %s', (_name, status, more, is) => {
  const stage = impactStage([aCronJob(status, more)])
  stage.pass(1_000)
  expect(words(stage)).toEqual(is === null ? { impacts: ['healthy'], is: [] } : { impacts: ['degraded'], is: [`CronJob ${is}`] })
})

test('a CronJob that stops running is found by time alone, and counts as lost when it is gone', () => {
  const stage = impactStage([aCronJob({ lastScheduleTime: '2026-03-01T02:00:00Z', lastSuccessfulTime: '2026-03-01T02:00:20Z' })])
  stage.pass(HOUR)
  stage.board.touchAll()
  stage.pass(1_000)
  expect(rowOf(stage).impacts).toEqual(['healthy'])
  stage.pass(HOUR)
  stage.board.touchAll()
  stage.pass(1_000)
  expect(rowOf(stage).impacts).toEqual(['degraded'])
  stage.drop('CronJob/a/shop')
  stage.pass(1_000)
  expect(rowOf(stage).impacts).toEqual(['lost'])
})

test('what was bad already at T0 stands apart, and what got bad since does not', () => {
  const stage = impactStage([rawWorkload('old', 'a', { desired: 2, ready: 0 }), rawWorkload('new', 'b', { desired: 2 })])
  stage.pass(MINUTE)
  stage.board.compareWith(stage.at(), [...stage.inventory.all()])
  stage.put(rawWorkload('new', 'b', { desired: 2, ready: 0 }))
  stage.pass(MINUTE)
  const [old, fresh] = [rowOf(stage, 'old'), rowOf(stage, 'new')]
  expect([old.impacts, fresh.impacts]).toEqual([['degraded'], ['degraded']])
  expect([stage.board.badThen(old.id), stage.board.badThen(fresh.id)]).toEqual([true, false])
})
