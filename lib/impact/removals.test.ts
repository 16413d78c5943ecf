import { expect, test } from 'vitest'
import { type ImpactStage, impactStage, type Raw, raw, rawApplication, rawArgocd, rawWorkload } from '../testing/impact-stage.ts'
import { keepRemovals } from './keep-removals.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const impacts = (stage: ImpactStage, id: string) => stage.board.row(`stage/${id}`)?.impacts
const CASCADE = 'resources-finalizer.argocd.argoproj.io'
const NAMES = Array.from({ length: 12 }, (_, i) => `app-${i + 1}`)

const set = raw('argoproj.io/v1alpha1', 'ApplicationSet', 'teams', 'argocd', {
  metadata: { uid: 'set' },
  spec: { generators: [{ git: {} }] },
})
const ofSet = {
  ownerReferences: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'ApplicationSet', name: 'teams', uid: 'set', controller: true }],
}
const application = (name: string, more: { metadata?: object; status?: object } = {}) =>
  rawApplication(name, 'argocd', { ...more, metadata: { finalizers: [CASCADE], ...ofSet, ...more.metadata } })
const workload = (name: string, tier?: number, part = name) =>
  rawWorkload(part, name, {
    app: name,
    metadata: {
      annotations: {
        'argocd.argoproj.io/tracking-id': `${name}:apps/Deployment:${name}/${part}`,
        ...(tier === undefined ? {} : { 'blackstart.dev/tier': String(tier) }),
      },
    },
  })
const platform = (more: readonly Raw[] = []) => [
  ...rawArgocd('argocd'),
  set,
  ...NAMES.flatMap((name) => [application(name), workload(name)]),
  ...more,
]

/** As Argo CD does it: the Application is marked, its resources go, then it goes itself. */
function deleteApplication(stage: ImpactStage, name: string): void {
  stage.put(application(name, { metadata: { deletionTimestamp: stage.at() } }))
  stage.pass(2_000)
  stage.drop(`Deployment/${name}/${name}`)
  stage.pass(2_000)
  stage.drop(`Application/argocd/${name}`)
}

function prune(stage: ImpactStage, name: string, part = name): void {
  const row = { group: 'apps', kind: 'Deployment', namespace: name, name: part }
  const startedAt = stage.at()
  stage.put(application(name, { status: { sync: { status: 'OutOfSync' }, resources: [{ ...row, requiresPruning: true }] } }))
  stage.pass(3_000)
  stage.drop(`Deployment/${name}/${part}`)
  stage.pass(2_000)
  const resources = [{ ...row, status: 'Pruned', message: 'pruned' }]
  stage.put(
    application(name, { status: { operationState: { phase: 'Succeeded', startedAt, finishedAt: stage.at(), syncResult: { resources } } } }),
  )
}

/** Every impact that a service ever shows from now on. */
function watchImpacts(stage: ImpactStage, id: string): Set<string> {
  const seen = new Set<string>()
  stage.board.onChange(() => {
    for (const one of impacts(stage, id) ?? []) seen.add(one)
  })
  return seen
}

test.each([
  ['its Application alone was deleted', deleteApplication, /^gone: its Application app-1 was deleted, and only that one$/],
  ['a sync of its own Application removed it', prune, /^gone: removed by a sync of its own Application app-1$/],
] as const)('%s: removed at once, never lost, accepted by itself a day later', (_how, remove, why) => {
  const stage = impactStage(platform())
  stage.pass(MINUTE)
  const seen = watchImpacts(stage, 'app-1/app-1')
  remove(stage, 'app-1')
  stage.pass(10_000)
  expect(impacts(stage, 'app-1/app-1')).toEqual(['removed'])
  expect(stage.board.row('stage/app-1/app-1')?.evidence[0]?.is).toMatch(why)
  expect(stage.board.takeMemory().removals).toEqual({ begun: [], accepted: [], withdrawn: [] })
  stage.pass(2 * MINUTE)
  expect(stage.board.takeMemory().removals.begun).toMatchObject([{ service: 'stage/app-1/app-1' }])
  stage.pass(23 * HOUR, MINUTE)
  expect(stage.board.takeMemory().removals.accepted).toEqual([])
  stage.pass(HOUR, MINUTE)
  expect(stage.board.takeMemory().removals.accepted).toMatchObject([{ service: 'stage/app-1/app-1' }])
  expect(seen.has('lost')).toBe(false)
  expect([...stage.open().values()].filter((one) => one.severity === 'critical')).toEqual([])
  stage.pass(2 * MINUTE)
  expect(impacts(stage, 'app-1/app-1')).toBeUndefined()
})

test.each([0, 1])('a service of tier %d is lost until a person accepts it', (tier) => {
  const stage = impactStage(platform([workload('core', tier), application('core')]))
  stage.pass(MINUTE)
  deleteApplication(stage, 'core')
  stage.pass(25 * HOUR, MINUTE)
  expect(impacts(stage, 'core/core')).toEqual(['lost'])
  expect(stage.board.takeMemory().removals).toEqual({ begun: [], accepted: [], withdrawn: [] })
  stage.board.accept('stage/core/core', 'moved to another cluster')
  expect(impacts(stage, 'core/core')).toEqual(['removed'])
})

test('a tier that only the Application declared still counts when it is gone', () => {
  const stage = impactStage(
    platform([workload('core'), application('core', { metadata: { annotations: { 'blackstart.dev/tier': '0' } } })]),
  )
  stage.pass(MINUTE)
  deleteApplication(stage, 'core')
  stage.pass(10_000)
  expect(impacts(stage, 'core/core')).toEqual(['lost'])
})

test('deleted by nobody knows whom, with its Application in force: lost', () => {
  const stage = impactStage(platform())
  stage.pass(MINUTE)
  stage.drop('Deployment/app-1/app-1')
  stage.pass(10_000)
  expect(impacts(stage, 'app-1/app-1')).toEqual(['lost'])
})

test('with its ApplicationSet: lost', () => {
  const stage = impactStage(platform())
  stage.pass(MINUTE)
  stage.drop('set')
  deleteApplication(stage, 'app-1')
  stage.pass(10_000)
  expect(impacts(stage, 'app-1/app-1')).toEqual(['lost'])
})

test('in a mass deletion: lost, also the first ones, that looked alone for a moment', () => {
  const stage = impactStage(platform())
  stage.pass(MINUTE)
  deleteApplication(stage, 'app-1')
  stage.pass(2_000)
  expect(impacts(stage, 'app-1/app-1')).toEqual(['removed'])
  for (const name of NAMES.slice(1, 6)) deleteApplication(stage, name)
  stage.pass(10_000)
  expect(NAMES.slice(0, 6).map((name) => impacts(stage, `${name}/${name}`)?.join())).toEqual(Array(6).fill('lost'))
  expect([...stage.open().keys()]).toContain('mass-deletion/applications')
  stage.pass(HOUR, MINUTE)
  expect(stage.board.takeMemory().removals).toEqual({ begun: [], accepted: [], withdrawn: [] })
})

test('many Applications prune at once, as after a mistake in what renders them: lost', () => {
  const stage = impactStage(platform())
  stage.pass(MINUTE)
  for (const name of NAMES.slice(0, 6)) prune(stage, name)
  stage.pass(10_000)
  expect(impacts(stage, 'app-1/app-1')).toEqual(['lost'])
  expect([...stage.open().keys()]).toContain('mass-deletion/workloads')
})

test('a part that its own Application no longer wants leaves the rest healthy', () => {
  const stage = impactStage(platform([workload('app-1', undefined, 'worker')]))
  stage.pass(MINUTE)
  const seen = watchImpacts(stage, 'app-1/app-1')
  prune(stage, 'app-1', 'worker')
  stage.pass(10_000)
  expect(impacts(stage, 'app-1/app-1')).toEqual(['healthy'])
  expect(seen.has('degraded')).toBe(false)
})

test('what is back within the day is no longer on its way out', () => {
  const stage = impactStage(platform())
  stage.pass(MINUTE)
  deleteApplication(stage, 'app-1')
  stage.pass(2 * MINUTE)
  expect(stage.board.takeMemory().removals.begun).toHaveLength(1)
  stage.put(application('app-1', { metadata: { uid: 'again' } }), {
    ...workload('app-1'),
    metadata: { ...workload('app-1').metadata, uid: 'again-2' },
  })
  stage.pass(10_000)
  expect(impacts(stage, 'app-1/app-1')).toEqual(['healthy'])
  expect(stage.board.takeMemory().removals.withdrawn).toEqual(['stage/app-1/app-1'])
  stage.pass(25 * HOUR, MINUTE)
  expect(stage.board.takeMemory().removals.accepted).toEqual([])
})

test('what waits to be accepted goes on waiting after a restart', () => {
  let now = Date.parse('2026-03-02T12:00:00.000Z')
  const kept = keepRemovals(new Map([['s', { at: '2026-03-02T00:00:00.000Z', reason: 'because' }]]), () => now)
  expect(kept.reasonOf('s')).toBe('because')
  expect(kept.settle()).toEqual([])
  now += 12 * HOUR
  expect(kept.settle()).toMatchObject([{ service: 's', reason: 'because' }])
  expect(kept.take()).toMatchObject({ begun: [], accepted: [{ service: 's' }], withdrawn: [] })
})
