import { expect, test } from 'vitest'
import { generatorFiles } from '#lib/sandbox/fill/generator-files'
import type { Obj } from '#lib/sandbox/port'
import type { Stage } from './sandbox-world.ts'
import { first, namesOf, recording, stage, truth } from './sandbox-world.ts'

const APPS = 'applications.argoproj.io'
const PROJECTS = 'appprojects.argoproj.io'
const FINALIZER = 'resources-finalizer.argocd.argoproj.io'
const KINDS = ['configmaps', 'serviceaccounts', 'services', 'deployments', 'statefulsets']
const healthy = recording('argocd-namespace-deleted').lists

/** What a person restores or applies of a recorded object. */
function bare(object: Partial<Obj>, kind: string, apiVersion: string): Obj {
  const {
    uid: _uid,
    resourceVersion: _rv,
    creationTimestamp: _at,
    ownerReferences: _owners,
    finalizers: _finalizers,
    generation: _generation,
    managedFields: _fields,
    ...metadata
  } = object.metadata ?? {}
  const { status: _status, ...rest } = object
  return structuredClone({ ...rest, apiVersion, kind, metadata }) as Obj
}

function recorded(plural: string): Obj[] {
  const list = healthy[plural]
  return (list?.items ?? [])
    .filter((each) => each.metadata?.namespace === 'argocd')
    .map((each) => bare(each, list?.kind.replace(/List$/, '') ?? '', list?.apiVersion ?? ''))
}

/** Applies the install manifest: what namespace argocd held, with these replicas of the controllers. */
function install({ api }: Stage, replicas: number): void {
  if (!api.get('namespaces', '', 'argocd'))
    api.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argocd' } }, 'kubectl')
  for (const plural of KINDS) {
    for (const object of recorded(plural)) {
      if (object.metadata.name === 'kube-root-ca.crt') continue
      if (/controller$/.test(object.metadata.name) && object.spec?.template) object.spec.replicas = replicas
      const resource = plural === 'deployments' || plural === 'statefulsets' ? `${plural}.apps` : plural
      api.create(resource, object, 'kubectl')
    }
  }
}

function ownership({ metadata }: Partial<Obj>): string {
  return `${metadata?.ownerReferences?.map((each) => each.name).join()} ${metadata?.name}`
}

function tracked({ api }: Stage): Obj[] {
  return [
    'deployments.apps',
    'statefulsets.apps',
    'daemonsets.apps',
    'cronjobs.batch',
    'services',
    'ingresses.networking.k8s.io',
    'persistentvolumeclaims',
  ]
    .flatMap((each) => api.list(each))
    .filter((each) => each.metadata.annotations?.['argocd.argoproj.io/tracking-id'])
}

test('a controller that comes back too early finishes the deletion', () => {
  const at = stage({ snapshot: recording('reinstall-finishes-deletion') })
  const { api, clock, world, heard, startedAt } = at
  clock.advance(5_000)
  expect(() => install(at, 1)).toThrow(/because it is being terminated/)
  const before = tracked(at).length
  expect(before).toBe(132)
  world.inject({ kind: 'force-finalize', namespace: 'argocd' })
  expect(api.get('namespaces', '', 'argocd')).toBeUndefined()
  // Leftovers stay stored and come back with the namespace of the same name.
  expect(api.list(APPS).length).toBe(truth('reinstall-finishes-deletion', 'namespace-forced').counts.applications)
  const uids = api.list(APPS).map((each) => each.metadata.uid)
  clock.advance(3_000)
  install(at, 1)
  expect(clock.until(() => api.get('pods', 'argocd', 'argocd-application-controller-0')?.status?.phase === 'Running', 60_000)).toBe(true)
  const started = clock.now() - startedAt
  expect(api.list(APPS).map((each) => each.metadata.uid)).toEqual(uids)
  clock.advance(120_000)

  const deletions = heard.filter(
    (each) =>
      each.ms >= started &&
      each.object.metadata.annotations?.['argocd.argoproj.io/tracking-id'] &&
      (each.type === 'DELETED' || each.object.metadata.deletionTimestamp),
  )
  expect((deletions[0]?.ms ?? 0) - started).toBeGreaterThan(1_500)
  expect((deletions[0]?.ms ?? 0) - started).toBeLessThan(5_000)
  const end = truth('reinstall-finishes-deletion', 'end')
  const count = (resource: string) => api.list(resource).length
  expect([
    count(APPS),
    count('statefulsets.apps'),
    count('daemonsets.apps'),
    count('cronjobs.batch'),
    count('jobs.batch'),
    count('persistentvolumeclaims'),
    count('persistentvolumes'),
    count('namespaces'),
  ]).toEqual([
    end.counts.applications,
    end.counts.statefulsets,
    end.counts.daemonsets,
    end.counts.cronjobs,
    end.counts.jobs,
    end.counts.persistentvolumeclaims,
    end.counts.persistentvolumes,
    end.counts.namespaces,
  ])
  expect(tracked(at).map((each) => `${each.kind} ${each.metadata.namespace}/${each.metadata.name}`)).toEqual([])
  expect(namesOf(api, 'namespaces')).not.toContain('/project-namespace')
  // argocd-server makes a wide-open project; those with the finalizer still hang.
  expect(api.get(PROJECTS, 'argocd', 'default')?.spec.destinations).toEqual([{ namespace: '*', server: '*' }])
  expect(api.list(PROJECTS).filter((each) => each.metadata.deletionTimestamp).length).toBe(4)
  expect(
    heard.some(
      (each) => each.resource === APPS && each.object.status?.conditions?.some((one: { type: string }) => one.type === 'DeletionError'),
    ),
  ).toBe(false)
  // A workload's finalizer is waited for: its Application goes after it.
  const app =
    first(heard, (each) => each.type === 'DELETED' && each.resource === APPS && each.object.metadata.name === 'ledger-prod')?.ms ?? 0
  const workload =
    first(
      heard,
      (each) =>
        each.type === 'DELETED' &&
        each.resource === 'statefulsets.apps' &&
        each.object.metadata.name === 'ledger-db' &&
        each.object.metadata.namespace === 'payments-prod',
    )?.ms ?? Number.NaN
  expect(app).toBeGreaterThanOrEqual(workload)
})

test('finalizers first, then the namespace, the install at 0, the restore and a sync by tier: nothing is lost', () => {
  const at = stage({ snapshot: recording('argocd-recovered') })
  const { api, clock, heard } = at
  // Git says what it said before the night; the sets that would tell are gone from this start, and are in that of the night.
  const files = (healthy.applicationsets?.items ?? []).map((set) => generatorFiles(set, healthy.applications?.items ?? []))
  // The same revision as the sources were loaded at: a file for a generator is no change of what an Application renders.
  at.world.git.commit({ message: 'generator files', revision: at.world.git.head(), paths: {}, files: Object.assign({}, ...files) })
  const uids = new Map(tracked(at).map((each) => [each.metadata.uid, each]))
  clock.advance(2_000)
  for (const resource of [APPS, PROJECTS])
    for (const each of [...api.list(resource)])
      api.change(resource, 'argocd', each.metadata.name, 'operator', (draft) => {
        draft.metadata.finalizers = []
      })
  expect(api.list(APPS)).toEqual([])
  expect(clock.until(() => !api.get('namespaces', '', 'argocd'), 20_000)).toBe(true)
  install(at, 0)
  for (const project of recorded('appprojects')) api.create(PROJECTS, project, 'operator')
  for (const app of recorded('applications')) {
    if (app.spec.syncPolicy?.automated) app.spec.syncPolicy.automated.enabled = false
    api.create(APPS, app, 'operator')
  }
  clock.advance(20_000)
  expect(api.list(APPS).every((each) => !each.status?.sync)).toBe(true)
  api.change('statefulsets.apps', 'argocd', 'argocd-application-controller', 'operator', (draft) => {
    draft.spec.replicas = 1
  })
  expect(clock.until(() => api.list(APPS).every((each) => each.status?.sync), 30_000)).toBe(true)
  clock.advance(5_000)
  const words = Object.fromEntries(
    api.list(APPS).map((each) => [each.metadata.name, `${each.status.sync.status}/${each.status.health.status}`]),
  )
  const was = Object.fromEntries(recorded('applications').map((each) => [each.metadata.name, each]))
  const compared = truth('argocd-recovered', 'compared').applicationStatus as Record<string, [string, string, string]>
  expect(Object.keys(was).length).toBe(60)
  expect(words).toEqual(
    Object.fromEntries(Object.entries(compared).map(([key, [sync, health]]) => [key.split('/').at(-1), `${sync}/${health}`])),
  )
  const pruned = api
    .list(APPS)
    .flatMap((each) =>
      (each.status.resources ?? [])
        .filter((row: { requiresPruning?: boolean }) => row.requiresPruning)
        .map((row: { kind: string; name: string; hook?: boolean }) => `${each.metadata.name} ${row.kind}/${row.name} ${row.hook}`),
    )
  expect(pruned.sort()).toEqual([
    'cards-dev Job/cards-migrate true',
    'cards-prod Job/cards-migrate true',
    'cards-staging Job/cards-migrate true',
  ])
  expect(heard.filter((each) => each.resource === APPS && each.type === 'MODIFIED' && each.ms > 20_000 && each.object.operation)).toEqual(
    [],
  )

  for (const name of ['fx-dev', 'cards-prod', 'sync-failed'])
    api.change(APPS, 'argocd', name, 'operator', (draft) => {
      draft.operation = {
        info: [{ name: 'act', value: 'a-1' }],
        initiatedBy: { username: 'operator' },
        sync: { prune: false, revision: draft.status.sync.revision },
      }
    })
  clock.advance(60_000)
  const state = (name: string) => api.get(APPS, 'argocd', name)?.status.operationState
  expect([state('fx-dev').phase, state('fx-dev').message, state('fx-dev').operation.info]).toEqual([
    'Succeeded',
    'successfully synced (all tasks run)',
    [{ name: 'act', value: 'a-1' }],
  ])
  expect(state('cards-prod').syncResult.resources).toContainEqual(
    expect.objectContaining({ kind: 'Job', hookPhase: 'Succeeded', hookType: 'PreSync' }),
  )
  expect(state('sync-failed').phase).toBe('Failed')

  for (const app of api.list(APPS))
    if (app.spec.syncPolicy?.automated?.enabled === false)
      api.change(APPS, 'argocd', app.metadata.name, 'operator', (draft) => {
        delete draft.spec.syncPolicy.automated.enabled
      })
  clock.advance(15_000)
  for (const set of recorded('applicationsets'))
    api.create(
      'applicationsets.argoproj.io',
      { ...set, spec: { ...set.spec, syncPolicy: { applicationsSync: 'create-update', preserveResourcesOnDeletion: true } } },
      'operator',
    )
  api.change('deployments.apps', 'argocd', 'argocd-applicationset-controller', 'operator', (draft) => {
    draft.spec.replicas = 1
  })
  clock.advance(120_000)
  const owned = api.list(APPS).filter((each) => each.metadata.ownerReferences?.some((one) => one.kind === 'ApplicationSet'))
  const again = truth('argocd-recovered', 'end')
  expect(again.counts.applicationsets).toBe(4)
  const before = (healthy.applications?.items ?? []).filter((each) => each.metadata?.ownerReferences?.length)
  expect(owned.map(ownership).sort()).toEqual(before.map(ownership).sort())
  expect(owned.length).toBe(48)
  expect(owned.every((each) => !each.metadata.finalizers?.includes(FINALIZER))).toBe(true)
  // No workload outside argocd was lost or made anew.
  const still = new Set(tracked(at).map((each) => each.metadata.uid))
  expect(
    [...uids.values()]
      .filter((each) => !still.has(each.metadata.uid))
      .map((each) => `${each.kind} ${each.metadata.namespace}/${each.metadata.name}`),
  ).toEqual([])
})
