import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { ScenarioDocument, scenarioOf } from '#lib/drills/schema'
import { same } from '#lib/sandbox/controllers/pods'
import { argocdInstall } from '#lib/sandbox/fill/argocd-install'
import { Inject } from '#lib/sandbox/inject'
import type { Obj, SandboxApi } from '#lib/sandbox/port'
import type { Stage } from './sandbox-world.ts'
import { namesOf, stage } from './sandbox-world.ts'

const APPS = 'applications.argoproj.io'
const SCENARIOS = new URL('../../runbooks/scenarios/', import.meta.url)

function scenario(name: string) {
  return scenarioOf(ScenarioDocument.parse(parse(readFileSync(new URL(name, SCENARIOS)).toString())))
}

/** Gives a scenario's injects at their times. */
function play({ world, clock }: Stage, name: string, without = ''): void {
  let at = 0
  for (const { afterMs, inject } of scenario(name).steps) {
    clock.advance(afterMs - at)
    at = afterMs
    if (inject.kind !== without) world.inject(inject)
  }
}

function words(api: SandboxApi): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const app of api.list(APPS)) {
    const word = `${app.status?.sync?.status}/${app.status?.health?.status}`
    counts[word] = (counts[word] ?? 0) + 1
  }
  return counts
}

const AT_REST = { 'Synced/Healthy': 57, 'Synced/Degraded': 1, 'Synced/Suspended': 1, 'OutOfSync/Healthy': 1 }

test('the company is settled from the first moment and stays so', () => {
  const { api, clock, heard, world } = stage({ fill: 'S' })
  expect(words(api)).toEqual(AT_REST)
  expect([api.list('applicationsets.argoproj.io').length, api.list('appprojects.argoproj.io').length, api.list('nodes').length]).toEqual([
    4, 4, 3,
  ])
  clock.advance(600_000)
  expect(words(api)).toEqual(AT_REST)
  expect(world.settled()).toBe(true)
  expect(
    heard.filter((each) => each.resource !== APPS).map((each) => `${each.type} ${each.resource} ${each.object.metadata.name}`),
  ).toEqual([])
  const bare = (each: Obj | null) => ({ ...each?.status, reconciledAt: '' })
  expect(heard.filter((each) => !same(bare(each.old), bare(each.object))).map((each) => each.object.metadata.name)).toEqual([])
  // Each is compared about every two minutes.
  const compared = heard.filter((each) => each.object.metadata.name === 'kafka').length
  expect(compared).toBeGreaterThanOrEqual(4)
  expect(compared).toBeLessThanOrEqual(6)
})

test('the same seed gives the same cluster and the same story', () => {
  const story = (seed: number) => {
    const at = stage({ fill: 'S', seed })
    play(at, 'argocd-namespace-deleted.yaml')
    at.clock.advance(90_000)
    return at.heard.map(
      (each) =>
        `${each.ms} ${each.type} ${each.resource} ${each.object.metadata.namespace}/${each.object.metadata.name} ${each.object.metadata.uid}`,
    )
  }
  const one = story(11)
  expect(story(11)).toEqual(one)
  expect(story(12)).not.toEqual(one)
})

test('every shipped scenario can be given to the sandbox', () => {
  const files = readdirSync(SCENARIOS).filter((each) => each.endsWith('.yaml'))
  expect(files.length).toBeGreaterThanOrEqual(2)
  for (const file of files) {
    const { view, steps } = scenario(file)
    expect(`${view.name}.yaml`).toBe(file)
    for (const { inject } of steps) expect(Inject.safeParse(inject).error?.message).toBeUndefined()
  }
})

test('the founding scenario leaves 61 Applications hanging and every workload running', () => {
  const at = stage({ fill: 'S' })
  const pods = namesOf(at.api, 'pods').filter((each) => !each.startsWith('argocd/'))
  play(at, 'argocd-namespace-deleted.yaml')
  at.clock.advance(120_000)
  expect(at.api.get('namespaces', '', 'argocd')?.status.phase).toBe('Terminating')
  expect(at.api.list(APPS).filter((each) => each.metadata.deletionTimestamp).length).toBe(61)
  expect(namesOf(at.api, 'pods')).toEqual(pods)
  expect(namesOf(at.api, 'deployments.apps').some((each) => each.startsWith('argocd/'))).toBe(false)
})

test('the wrong turn: a re-install cascades through everything tracked', () => {
  const at = stage({ fill: 'S' })
  play(at, 'reinstall-too-early.yaml')
  at.clock.advance(180_000)
  expect(at.api.list(APPS)).toEqual([])
  const left = ['deployments.apps', 'statefulsets.apps', 'daemonsets.apps', 'cronjobs.batch']
    .flatMap((each) => namesOf(at.api, each))
    .filter((each) => !each.startsWith('argocd/') && !each.startsWith('kube-system/'))
  expect(left).toEqual([])
  // Claims of StatefulSets outlive them.
  expect(at.api.list('persistentvolumeclaims').length).toBeGreaterThan(15)
})

test('on an older cluster the controller outlives its Applications and takes their workloads along', () => {
  const at = stage({ fill: 'S' })
  play(at, 'argocd-cascade-on-older-kubernetes.yaml')
  at.clock.advance(120_000)
  const gone = at.heard.filter(
    (each) =>
      each.type === 'DELETED' &&
      each.object.metadata.namespace !== 'argocd' &&
      ['deployments.apps', 'statefulsets.apps', 'daemonsets.apps'].includes(each.resource),
  )
  expect(gone.length).toBeGreaterThan(40)
})

test('a re-install takes controllers back up that were held at 0', () => {
  const at = stage({ fill: 'S' })
  const replicas = () => at.api.get('statefulsets.apps', 'argocd', 'argocd-application-controller')?.spec.replicas
  at.api.change('statefulsets.apps', 'argocd', 'argocd-application-controller', 'operator', (draft) => {
    draft.spec.replicas = 0
  })
  at.clock.advance(60_000)
  expect(at.api.get('pods', 'argocd', 'argocd-application-controller-0')).toBeUndefined()
  at.world.inject({ kind: 'reinstall-argocd', by: 'somebody' })
  expect(replicas()).toBe(1)
})

test('an ApplicationSet that is deleted takes its Applications and their workloads along', () => {
  const at = stage({ fill: 'S' })
  at.world.inject({ kind: 'delete-object', resource: 'applicationsets.argoproj.io', namespace: 'argocd', name: 'tools' })
  at.clock.advance(90_000)
  expect(at.api.list(APPS).length).toBe(48)
  expect(namesOf(at.api, 'deployments.apps').filter((each) => each.startsWith('tools-'))).toEqual([])
  expect(at.heard.find((each) => each.resource === APPS && each.object.metadata.deletionTimestamp)?.ms).toBeLessThan(1_000)
})

test('a service whose namespace is deleted loses volumes of class fast and keeps those of class durable', () => {
  const at = stage({ fill: 'S' })
  const { api, clock, world } = at
  const volumes = () =>
    api
      .list('persistentvolumes')
      .filter((each) => each.spec.claimRef.namespace === 'platform-vault' || each.spec.claimRef.namespace === 'platform-loki')
      .map((each) => `${each.spec.claimRef.namespace} ${each.status.phase}`)
  expect(volumes().sort()).toEqual(['platform-loki Bound', 'platform-loki Bound', 'platform-vault Bound', 'platform-vault Bound'])
  for (const name of ['platform-vault', 'platform-loki']) world.inject({ kind: 'delete-object', resource: 'namespaces', name })
  expect(clock.until(() => !api.get('namespaces', '', 'platform-vault'), 120_000)).toBe(true)
  const ofVault = () => volumes().filter((each) => each.startsWith('platform-vault'))
  expect(clock.until(() => ofVault().join() === 'platform-vault Released,platform-vault Released', 2_000)).toBe(true)
  clock.advance(300_000)
  // Self-heal makes both again, with CreateNamespace; the vault's old volumes are still there beside its new ones.
  expect(volumes().sort()).toEqual([
    'platform-loki Bound',
    'platform-loki Bound',
    'platform-vault Bound',
    'platform-vault Bound',
    'platform-vault Released',
    'platform-vault Released',
  ])
})

test('Argo CD is installed again without any Secret but the repository credentials', () => {
  const at = stage({ fill: 'S' })
  const { api, clock, world } = at
  const before = api.list(APPS).map((each) => structuredClone(each))
  const projects = api.list('appprojects.argoproj.io').map((each) => structuredClone(each))
  play(at, 'argocd-namespace-deleted.yaml', 'restore-credentials')
  clock.advance(90_000)
  for (const resource of [APPS, 'appprojects.argoproj.io'])
    for (const each of [...api.list(resource)])
      api.change(resource, 'argocd', each.metadata.name, 'operator', (draft) => {
        draft.metadata.finalizers = []
      })
  expect(clock.until(() => !api.get('namespaces', '', 'argocd'), 30_000)).toBe(true)
  api.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argocd' } }, 'operator')
  for (const manifest of argocdInstall()) {
    const served = api.resources().find((each) => each.apiVersion === manifest.apiVersion && each.kind === manifest.kind)
    if (!served || api.get(served.resource, manifest.metadata.namespace ?? '', manifest.metadata.name)) continue
    if (manifest.metadata.name.endsWith('controller') && manifest.spec?.replicas) manifest.spec.replicas = 0
    api.create(served.resource, manifest, 'operator')
  }
  for (const {
    metadata: { name, labels },
    spec,
    kind,
    apiVersion,
  } of projects)
    api.create(
      'appprojects.argoproj.io',
      { apiVersion, kind, metadata: { name, namespace: 'argocd', ...(labels ? { labels } : {}) }, spec },
      'operator',
    )
  for (const {
    metadata: { name, labels },
    spec,
    kind,
    apiVersion,
  } of before) {
    if (spec.syncPolicy.automated) spec.syncPolicy.automated.enabled = false
    api.create(APPS, { apiVersion, kind, metadata: { name, namespace: 'argocd', ...(labels ? { labels } : {}) }, spec }, 'operator')
  }
  clock.advance(30_000)
  expect(['argocd-secret', 'argocd-redis'].every((each) => api.get('secrets', 'argocd', each))).toBe(true)
  expect(words(api)).toEqual({ 'undefined/undefined': 60 })
  api.change('statefulsets.apps', 'argocd', 'argocd-application-controller', 'operator', (draft) => {
    draft.spec.replicas = 1
  })
  clock.advance(30_000)
  // Without the credentials nothing can be compared.
  expect(words(api)).toEqual({ 'Unknown/Healthy': 60 })
  expect(api.get(APPS, 'argocd', 'kafka')?.status.conditions[0].message).toContain('authentication required')
  world.inject({ kind: 'restore-credentials' })
  clock.advance(130_000)
  expect(words(api)).toEqual(AT_REST)
})
