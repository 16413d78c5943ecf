import { controllerRef, same } from '../controllers/pods.ts'
import { namespaceOf } from '../controllers/station.ts'
import type { Obj } from '../port.ts'
import { ApiRefusal } from '../port.ts'
import type { Bench } from './bench.ts'
import { APPS, FINALIZER, repositoryTrouble, SETS } from './bench.ts'
import { generate, instanceOf } from './generators.ts'
import { UnsimulatedTemplate } from './go-functions.ts'
import { ARGOCD } from './processes.ts'

const BY = 'argocd-applicationset-controller'
const REQUEUE_MS = 180_000

export type ApplicationSetController = { refresh(ms: number): void }

/** ApplicationSet → Applications (list, git, clusters, matrix, merge) under applicationsSync and preserveResourcesOnDeletion, while its own pod runs. */
export function startApplicationSetController(bench: Bench): ApplicationSetController {
  const { station, processes, git, note } = bench
  const { api } = station
  let running = false
  let listening = false

  processes.on('argocd-applicationset-controller', {
    start(warm) {
      running = true
      for (const set of api.list(SETS, ARGOCD)) {
        if (warm)
          station.later(`argocd/set/again/${set.metadata.name}`, station.between(1_000, REQUEUE_MS), () => settle(set.metadata.name), true)
        else look(set.metadata.name, 1_300 + station.between(0, 200))
      }
    },
    stop() {
      running = false
      for (const set of api.list(SETS, ARGOCD)) for (const part of ['', 'again/']) station.cancel(`argocd/set/${part}${set.metadata.name}`)
    },
  })

  station.on(SETS, ({ type, object, old }) => {
    if (running && listening && type !== 'DELETED' && (old === null || !same(old.spec, object.spec) || object.metadata.deletionTimestamp))
      look(object.metadata.name, 40)
  })
  station.on(APPS, ({ type, object, old }) => {
    const owner = object.metadata.ownerReferences?.find((each) => each.kind === 'ApplicationSet')
    if (!running || !listening || !owner) return
    const moved =
      type === 'DELETED' ||
      !same(old?.spec, object.spec) ||
      !same(old?.status?.health, object.status?.health) ||
      old?.status?.sync?.status !== object.status?.sync?.status ||
      !same(old?.metadata.ownerReferences, object.metadata.ownerReferences)
    if (moved) look(owner.name, station.between(100, 400))
  })

  listening = true

  function look(name: string, ms: number): void {
    station.later(`argocd/set/${name}`, ms, () => settle(name))
  }

  function settle(name: string): void {
    const set = api.get(SETS, ARGOCD, name)
    if (!running || !set) return
    if (set.metadata.deletionTimestamp) return release(set)
    station.later(`argocd/set/again/${name}`, REQUEUE_MS, () => settle(name), true)
    const wanted = wantedOf(set)
    if (wanted === null) return
    if (typeof wanted === 'string') return report(set, wanted)
    for (const app of wanted) give(set, app)
    take(set, new Set(wanted.map((each) => each.metadata.name)))
    report(set, null)
  }

  function wantedOf(set: Obj): Obj[] | string | null {
    const usesGit = JSON.stringify(set.spec.generators ?? []).includes('"git"')
    const trouble = usesGit ? repositoryTrouble(bench) : null
    if (trouble) return trouble
    try {
      const params = generate(station, git, set)
      if (params === null) return null
      return params.map((each) => applicationOf(set, instanceOf(set, each)))
    } catch (error) {
      if (error instanceof UnsimulatedTemplate) return null
      return `failed to execute go template: ${error instanceof Error ? error.message : String(error)}`
    }
  }

  function applicationOf(set: Obj, template: Obj): Obj {
    const { name, labels, annotations, finalizers } = template.metadata
    const preserve = set.spec.syncPolicy?.preserveResourcesOnDeletion === true
    const held = preserve ? [] : finalizers?.length ? finalizers : [FINALIZER]
    const metadata = {
      name,
      namespace: ARGOCD,
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ...(held.length ? { finalizers: held } : {}),
      ownerReferences: [controllerRef(set)],
    }
    return { apiVersion: set.apiVersion, kind: 'Application', metadata: metadata as Obj['metadata'], spec: template.spec }
  }

  function policy(set: Obj): string {
    return set.spec.syncPolicy?.applicationsSync ?? 'sync'
  }

  function give(set: Obj, wanted: Obj): void {
    const { name } = wanted.metadata
    const live = api.get(APPS, ARGOCD, name)
    if (!live) {
      try {
        api.create(APPS, structuredClone(wanted), BY)
        note({ about: set, reason: 'Created', message: `Created Application "${name}"`, by: BY })
      } catch (error) {
        if (!(error instanceof ApiRefusal)) throw error
      }
      return
    }
    if (live.metadata.deletionTimestamp || policy(set) === 'create-only' || policy(set) === 'create-delete') return
    const finalizers = wanted.metadata.finalizers ?? []
    const uptodate =
      same(live.spec, wanted.spec) &&
      same(live.metadata.ownerReferences, wanted.metadata.ownerReferences) &&
      same(live.metadata.finalizers, finalizers) &&
      Object.entries(wanted.metadata.labels ?? {}).every(([key, value]) => live.metadata.labels?.[key] === value)
    if (uptodate) return
    api.change(APPS, ARGOCD, name, BY, (draft) => {
      draft.spec = structuredClone(wanted.spec)
      draft.metadata.finalizers = [...finalizers]
      draft.metadata.labels = { ...draft.metadata.labels, ...wanted.metadata.labels }
      draft.metadata.ownerReferences = wanted.metadata.ownerReferences ?? []
    })
    note({ about: set, reason: 'Updated', message: `Updated Application "${name}"`, by: BY })
  }

  function take(set: Obj, names: ReadonlySet<string>): void {
    if (policy(set) === 'create-only' || policy(set) === 'create-update') return
    for (const { resource, object } of station.relations.dependents(set.metadata.uid)) {
      if (resource !== APPS || names.has(object.metadata.name) || object.metadata.deletionTimestamp) continue
      api.remove(APPS, ARGOCD, object.metadata.name, { by: BY, uid: object.metadata.uid, propagation: 'Background' })
      note({ about: set, reason: 'Deleted', message: `Deleted Application "${object.metadata.name}"`, by: BY })
    }
  }

  /** The finalizer of a deleted ApplicationSet: without permission to delete, its Applications lose their owner first. */
  function release(set: Obj): void {
    if (!set.metadata.finalizers?.includes(FINALIZER)) return
    if (policy(set) === 'create-only' || policy(set) === 'create-update') {
      for (const { resource, object } of station.relations.dependents(set.metadata.uid)) {
        if (resource === APPS)
          api.change(APPS, namespaceOf(object), object.metadata.name, BY, (draft) => {
            draft.metadata.ownerReferences = (draft.metadata.ownerReferences ?? []).filter((each) => each.uid !== set.metadata.uid)
          })
      }
    }
    api.change(SETS, ARGOCD, set.metadata.name, BY, (draft) => {
      draft.metadata.finalizers = (draft.metadata.finalizers ?? []).filter((each) => each !== FINALIZER)
    })
  }

  function report(set: Obj, error: string | null): void {
    const apps = station.relations
      .dependents(set.metadata.uid)
      .filter((each) => each.resource === APPS)
      .map((each) => each.object)
    const next = setStatus(set, apps, error, station.stamp())
    if (same(set.status, next)) return
    api.change(
      SETS,
      ARGOCD,
      set.metadata.name,
      BY,
      (draft) => {
        draft.status = next
      },
      'status',
    )
  }

  return {
    refresh(ms) {
      if (!running) return
      for (const set of api.list(SETS, ARGOCD)) if (JSON.stringify(set.spec.generators ?? []).includes('"git"')) look(set.metadata.name, ms)
    },
  }
}

export function setStatus(set: Obj, apps: readonly Obj[], error: string | null, stamp: string): Obj['status'] {
  const fine = 'All applications have been generated successfully'
  const old: { type: string; status: string; lastTransitionTime: string }[] = set.status?.conditions ?? []
  const condition = (type: string, status: string, reason: string, message: string) => {
    const before = old.find((each) => each.type === type)
    return { lastTransitionTime: before?.status === status ? before.lastTransitionTime : stamp, message, reason, status, type }
  }
  const conditions = error
    ? [
        condition('ErrorOccurred', 'True', 'ApplicationGenerationFromParamsError', error),
        condition('ParametersGenerated', 'False', 'ErrorOccurred', error),
        condition('ResourcesUpToDate', 'False', 'ApplicationGenerationFromParamsError', error),
      ]
    : [
        condition('ErrorOccurred', 'False', 'ApplicationSetUpToDate', fine),
        condition('ParametersGenerated', 'True', 'ParametersGenerated', 'Successfully generated parameters for all Applications'),
        condition('ResourcesUpToDate', 'True', 'ApplicationSetUpToDate', fine),
      ]
  const resources = [...apps]
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
    .map((app) => ({
      group: 'argoproj.io',
      health: app.status?.health?.status ? { status: app.status.health.status } : {},
      kind: 'Application',
      name: app.metadata.name,
      namespace: app.metadata.namespace,
      ...(app.status?.sync?.status ? { status: app.status.sync.status } : {}),
      version: 'v1alpha1',
    }))
  return {
    conditions,
    health: error ? { message: error, status: 'Degraded' } : { message: fine, status: 'Healthy' },
    ...(resources.length ? { resources, resourcesCount: resources.length } : {}),
  }
}
