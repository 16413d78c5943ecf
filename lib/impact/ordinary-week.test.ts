import { expect, test } from 'vitest'
import {
  aSummary,
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
import { headlineOf } from './headline-rules.ts'

const SECOND = 1_000
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const CASCADE = 'resources-finalizer.argocd.argoproj.io'
const TEAMS = Array.from({ length: 30 }, (_, i) => `team-${i + 1}`)
const NIGHTLY = Array.from({ length: 7 }, (_, i) => `nightly-${i + 1}`)
const TMP = Array.from({ length: 7 }, (_, i) => `tmp-${i + 1}`)
const uid = (one: Raw) => String(one.metadata.uid)

const setOf = (name: string, generator: string) =>
  raw('argoproj.io/v1alpha1', 'ApplicationSet', name, 'argocd', { metadata: { uid: name }, spec: { generators: [{ [generator]: {} }] } })
const madeBy = (set: string) => ({
  finalizers: [CASCADE],
  ownerReferences: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'ApplicationSet', name: set, uid: set, controller: true }],
})
const app = (name: string, set = 'teams', more: object = {}, status: object = {}) =>
  rawApplication(name, 'argocd', { metadata: { ...madeBy(set), ...more }, status })
const home = (name: string, more: object = {}) => raw('v1', 'Namespace', name, '', { metadata: more, status: { phase: 'Active' } })
const ending = (name: string, at: string) =>
  raw('v1', 'Namespace', name, '', { metadata: { deletionTimestamp: at }, status: { phase: 'Terminating' } })

/** A Deployment in the middle of something: Progressing by its own word, as Argo CD reads it. */
function rolling(name: string, namespace: string, desired: number, ready: number, generation = 2): Raw {
  const one = rawWorkload(name, namespace, { app: namespace, desired, ready, metadata: { generation } })
  return { ...one, status: { ...(one.status as object), observedGeneration: generation, updatedReplicas: ready, replicas: desired } }
}
function settled(name: string, namespace: string, desired: number, generation = 2): Raw {
  const one = rawWorkload(name, namespace, { app: namespace, desired, metadata: { generation } })
  return { ...one, status: { ...(one.status as object), observedGeneration: generation } }
}

const node = (name: string, more: object = {}, ready = true) =>
  raw('v1', 'Node', name, '', { spec: more, status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'Unknown' }] } })
const controllerPod = (n: number, phase = 'Running') =>
  raw('v1', 'Pod', 'argocd-application-controller-0', 'argocd', {
    metadata: {
      uid: `controller-${n}`,
      labels: { 'app.kubernetes.io/name': 'argocd-application-controller' },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'StatefulSet',
          name: 'c',
          uid: 'StatefulSet/argocd/argocd-application-controller',
          controller: true,
        },
      ],
    },
    status: { phase, conditions: [{ type: 'Ready', status: phase === 'Running' ? 'True' : 'False' }] },
  })
const argocd = (ready: number) => rawArgocd('argocd', ready)
const server = (ready: number) =>
  rawWorkload('argocd-server', 'argocd', {
    desired: 2,
    ready,
    image: 'quay.io/argoproj/argocd:v3.5.2',
    metadata: { labels: { 'app.kubernetes.io/part-of': 'argocd', 'app.kubernetes.io/name': 'argocd-server' } },
  })

const platform: readonly Raw[] = [
  ...argocd(1),
  server(2),
  controllerPod(1),
  setOf('teams', 'git'),
  setOf('previews', 'pullRequest'),
  ...['a', 'b', 'c', 'd'].map((one) => node(one)),
  ...TEAMS.flatMap((name) => [app(name), home(name), rawWorkload('web', name, { app: name, desired: 4 })]),
  rawWorkload('db', 'team-1', { kind: 'StatefulSet', app: 'team-1', desired: 3 }),
  raw('keda.sh/v1alpha1', 'ScaledObject', 'worker', 'team-2', { spec: { scaleTargetRef: { name: 'worker' } } }),
  rawWorkload('worker', 'team-2', { app: 'team-2', desired: 2 }),
  raw('autoscaling/v2', 'HorizontalPodAutoscaler', 'web', 'team-3', {
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, minReplicas: 2 },
  }),
  raw('batch/v1', 'CronJob', 'report', 'team-4', {
    metadata: { annotations: { 'argocd.argoproj.io/tracking-id': 'team-4:batch/CronJob:team-4/report' } },
    spec: { schedule: '0 * * * *' },
  }),
  ...NIGHTLY.flatMap((name) => [home(name), rawWorkload('batch', name)]),
]

const DAYS = 7
const cleanUps: readonly PlannedChange[] = Array.from({ length: DAYS }, (_, day) => ({
  id: `night-${day}`,
  clusters: ['stage'],
  title: 'nightly clean-up',
  ticket: '',
  selector: { namespace: 'nightly-*' },
  effects: ['delete'],
  maxObjects: 20,
  from: new Date(STAGE_BEGIN + day * 24 * HOUR).toISOString(),
  to: new Date(STAGE_BEGIN + day * 24 * HOUR + 2 * HOUR).toISOString(),
  plannedAt: new Date(STAGE_BEGIN).toISOString(),
  plannedBy: 'ci',
  endedAt: null,
  endedBy: null,
}))

/** The service that is decommissioned: for the seconds that takes it is said to be on its way out, since it is. */
const ENDED = 'stage/team-30/team-30'

type Week = { readonly stage: ImpactStage; readonly alarms: Set<string>; readonly losses: Set<string>; readonly loud: Set<string> }

/** Watches every moment of it: critical signals, services shown as lost, and headlines that shout. */
function aWeek(): Week {
  const stage = impactStage(platform, {
    planned: cleanUps,
    catalog: { rules: [], ephemeral: [{ match: { namespace: 'tmp-*' } }] },
  })
  const week: Week = { stage, alarms: new Set(), losses: new Set(), loud: new Set() }
  stage.onLook(() => {
    for (const [key, one] of stage.open()) if (one.severity === 'critical') week.alarms.add(key)
    const rows = stage.board.rows()
    for (const row of rows)
      for (const impact of row.impacts)
        if (impact === 'lost' || impact === 'data-at-risk' || (impact === 'unmanaged' && row.id !== ENDED))
          week.losses.add(`${row.id} ${impact}`)
    const others = rows.filter((row) => row.id !== ENDED)
    const { tone, headline } = headlineOf({ clusters: [aSummary()], rows: others, badThen: new Set(), signals: [], t0: null, ready: true })
    if (tone === 'bad') week.loud.add(headline)
  })
  stage.pass(MINUTE)
  return week
}

function cleanUp(stage: ImpactStage, names: readonly string[]): void {
  stage.put(...names.map((name) => ending(name, stage.at())))
  stage.pass(5 * SECOND)
  stage.put(...names.map((name) => rawWorkload('batch', name, { ready: 0, desired: 1 })))
  stage.pass(20 * SECOND)
  stage.drop(...names.map((name) => `Deployment/${name}/batch`))
  stage.pass(3 * SECOND)
  stage.drop(...names.map((name) => `Namespace//${name}`))
  stage.pass(10 * MINUTE, 10 * SECOND)
}

function openPreview(stage: ImpactStage, name: string): readonly Raw[] {
  const objects = [
    app(name, 'previews'),
    home(name),
    rawWorkload('web', name, { app: name }),
    rawWorkload('db', name, { kind: 'StatefulSet', app: name }),
  ]
  stage.put(...objects)
  return objects
}

/** A pull request is merged: its Application is marked, its objects go, then it goes itself. */
function closePreviews(stage: ImpactStage, names: readonly string[]): void {
  stage.put(...names.map((name) => app(name, 'previews', { deletionTimestamp: stage.at() })))
  stage.pass(3 * SECOND)
  stage.put(...names.map((name) => ending(name, stage.at())))
  stage.pass(5 * SECOND)
  stage.drop(...names.flatMap((name) => [`Deployment/${name}/web`, `StatefulSet/${name}/db`]))
  stage.pass(5 * SECOND)
  stage.drop(...names.flatMap((name) => [`Namespace//${name}`, `Application/argocd/${name}`]))
  stage.pass(MINUTE)
}

function rollOut(stage: ImpactStage, names: readonly string[], generation: number): void {
  for (const name of names) {
    stage.put(rolling('web', name, 4, 3, generation))
    stage.pass(5 * SECOND)
  }
  stage.pass(90 * SECOND)
  stage.put(...names.map((name) => settled('web', name, 4, generation)))
  stage.pass(MINUTE)
}

function autoscale(stage: ImpactStage): void {
  stage.put(rolling('web', 'team-3', 12, 4, 9))
  stage.pass(30 * SECOND)
  stage.put(rolling('web', 'team-3', 12, 8, 9))
  stage.pass(30 * SECOND)
  stage.put(settled('web', 'team-3', 12, 9))
  stage.pass(HOUR, MINUTE)
  stage.put(settled('web', 'team-3', 2, 10))
  stage.pass(MINUTE)
  stage.put(settled('web', 'team-3', 4, 11))
  stage.pass(MINUTE)
}

function sleepAndWake(stage: ImpactStage): void {
  stage.put(settled('worker', 'team-2', 0, 3))
  stage.pass(3 * HOUR, MINUTE)
  stage.put(rolling('worker', 'team-2', 1, 0, 4))
  stage.pass(20 * SECOND)
  stage.put(settled('worker', 'team-2', 1, 4))
  stage.pass(MINUTE)
  stage.put(settled('worker', 'team-2', 2, 5))
  stage.pass(MINUTE)
}

/** The controller's pod is replaced and the server rolled; nothing reconciles for half a minute. */
function upgradeArgocd(stage: ImpactStage): void {
  stage.put(...argocd(0), server(1))
  stage.drop('controller-1')
  stage.pass(15 * SECOND)
  stage.put(controllerPod(2, 'Pending'))
  stage.pass(15 * SECOND)
  stage.put(controllerPod(2), ...argocd(1))
  stage.pass(30 * SECOND)
  stage.put(server(2))
  stage.pass(10 * MINUTE, 10 * SECOND)
}

function consolidate(stage: ImpactStage): void {
  stage.put(node('d', { taints: [{ key: 'karpenter.sh/disrupted', effect: 'NoSchedule' }] }))
  stage.put(...TEAMS.slice(10, 14).map((name) => rolling('web', name, 4, 3, 2)))
  stage.pass(40 * SECOND)
  stage.put(...TEAMS.slice(10, 14).map((name) => settled('web', name, 4, 2)))
  stage.put(node('d', { taints: [{ key: 'karpenter.sh/disrupted', effect: 'NoSchedule' }] }, false))
  stage.pass(8 * MINUTE, 5 * SECOND)
  stage.drop('Node//d')
  stage.pass(HOUR, MINUTE)
  stage.put(node('d'))
  stage.pass(MINUTE)
}

function runJobs(stage: ImpactStage): void {
  for (let n = 0; n < 3; n++) {
    const job = raw('batch/v1', 'Job', `report-${n}`, 'team-4', { metadata: { uid: `job-${stage.now()}` } })
    const pod = raw('v1', 'Pod', `report-${n}-x`, 'team-4', { metadata: { uid: `pod-${stage.now()}` }, status: { phase: 'Running' } })
    stage.put(job, pod)
    stage.pass(30 * SECOND)
    stage.drop(uid(job), uid(pod))
    stage.pass(HOUR, MINUTE)
  }
}

function decommission(stage: ImpactStage, name: string): void {
  stage.put(app(name, 'teams', { deletionTimestamp: stage.at() }))
  stage.pass(2 * SECOND)
  stage.drop(`Deployment/${name}/web`)
  stage.pass(2 * SECOND)
  stage.drop(`Application/argocd/${name}`)
  stage.pass(MINUTE)
}

function aDay({ stage }: Week, day: number): void {
  const previews = Array.from({ length: 8 }, (_, i) => `preview-${day}-${i}`)
  for (const name of previews) openPreview(stage, name)
  stage.pass(HOUR, MINUTE)
  rollOut(stage, TEAMS.slice(4, 10), 20 + day)
  autoscale(stage)
  runJobs(stage)
  closePreviews(stage, previews)
  stage.put(...TMP.flatMap((name) => [home(name), rawWorkload('batch', name)]))
  stage.pass(HOUR, MINUTE)
  cleanUp(stage, TMP)
  sleepAndWake(stage)
}

/** Idles until the next of the nightly windows. */
function untilNight({ stage }: Week, day: number): void {
  stage.pass(STAGE_BEGIN + day * 24 * HOUR + 10 * MINUTE - stage.now(), 5 * MINUTE)
}

test('a week of ordinary life raises no alarm, and loses nothing', () => {
  const week = aWeek()
  const { stage } = week
  for (let day = 0; day < DAYS; day++) {
    untilNight(week, day)
    stage.put(...NIGHTLY.flatMap((name) => [home(name), rawWorkload('batch', name)]))
    stage.pass(MINUTE)
    cleanUp(stage, NIGHTLY)
    aDay(week, day)
    if (day === 1) upgradeArgocd(stage)
    if (day === 2) decommission(stage, 'team-30')
    if (day === 3) consolidate(stage)
    if (day === 5) upgradeArgocd(stage)
  }
  expect([...week.alarms]).toEqual([])
  expect([...week.losses]).toEqual([])
  expect([...week.loud]).toEqual([])
  expect([...stage.open().keys()]).toEqual([])
  expect(stage.board.row(ENDED)).toBeUndefined()
  expect(stage.board.rows().filter((row) => row.impact !== 'healthy' && row.impact !== 'removed')).toEqual([])
  expect(stage.now() - STAGE_BEGIN).toBeGreaterThan(6 * 24 * HOUR)
})

test('the same objects gone without any of these reasons are an alarm each', () => {
  const bare = impactStage(platform)
  bare.pass(MINUTE)
  bare.drop(...NIGHTLY.map((name) => `Deployment/${name}/batch`))
  bare.pass(10 * SECOND)
  expect([...bare.open().keys()]).toEqual(['mass-deletion/workloads'])
  expect(bare.board.row('stage/nightly-1/batch')?.impacts).toEqual(['lost'])
})

test('the founding deletion in the middle of a clean-up, an upgrade and a rollout is critical at once', () => {
  const week = aWeek()
  const { stage } = week
  untilNight(week, 0)
  stage.put(...NIGHTLY.map((name) => ending(name, stage.at())), ...argocd(0), rolling('web', 'team-5', 4, 3))
  stage.drop('controller-1')
  stage.pass(5 * SECOND)
  expect([...week.alarms]).toEqual([])
  stage.put(ending('argocd', stage.at()))
  stage.pass(1)
  expect([...week.alarms]).toEqual(['argocd-gone/argocd'])
  expect(stage.open().get('argocd-gone/argocd')?.severity).toBe('critical')
})
