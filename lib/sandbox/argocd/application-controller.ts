import { same } from '../controllers/pods.ts'
import { trackingApp } from '../controllers/relations.ts'
import { namespaceOf } from '../controllers/station.ts'
import type { Obj } from '../port.ts'
import type { AppCondition } from './application-status.ts'
import { sameStatus, writeComparison } from './application-status.ts'
import type { Wanted } from './auto-sync.ts'
import { decideSync, NOTHING } from './auto-sync.ts'
import type { Bench } from './bench.ts'
import { APPS, FINALIZER, IN_CLUSTER, PROJECTS, REFRESH, repositoryTrouble } from './bench.ts'
import { cascade } from './cascade.ts'
import type { Comparison } from './compare.ts'
import { compare } from './compare.ts'
import { ARGOCD } from './processes.ts'
import { destinationPermitted, sourcePermitted } from './projects.ts'
import { createSyncs } from './sync.ts'
import { maySync } from './windows.ts'

const BY = 'argocd-application-controller'
const RESYNC_MS = 120_000
/** From the start of the process to the first work on Applications (recorded: 2.4 s to the first deletion). */
const WARM_UP_MS = 2_200

export type ApplicationController = { refresh(name: string, ms: number): void }

/** Compares, syncs, heals and deletes Applications while its own pod runs. */
export function startApplicationController(bench: Bench): ApplicationController {
  const { station, processes, git, note } = bench
  const { api } = station
  const syncs = createSyncs(bench, (name) => look(name, 60, true))
  const healed = new Map<string, number>()
  const reading = new Set<string>()
  let running = false
  let awakeAt = 0
  // What was there before this process is looked at by its start, not as news.
  let listening = false

  processes.on('argocd-application-controller', {
    start(warm) {
      running = true
      awakeAt = api.clock.now() + (warm ? 0 : WARM_UP_MS)
      api.list(APPS, ARGOCD).forEach((app, i) => {
        if (!warm) look(app.metadata.name, WARM_UP_MS + station.between(20, 150) + i * 18, true)
        else if (app.operation || app.metadata.deletionTimestamp || !app.status?.reconciledAt) look(app.metadata.name, 100 + i * 5, true)
        else resync(app.metadata.name, station.between(1_000, RESYNC_MS))
      })
      for (const project of api.list(PROJECTS, ARGOCD))
        station.later(`argocd/project/${project.metadata.name}`, warm ? 500 : WARM_UP_MS, () => settleProject(project.metadata.name))
    },
    stop() {
      running = false
      syncs.forget()
      reading.clear()
      healed.clear()
      for (const app of api.list(APPS, ARGOCD))
        for (const part of ['look', 'resync', 'sync', 'heal']) station.cancel(`argocd/${part}/${app.metadata.name}`)
    },
  })

  station.on(APPS, ({ type, object, old }) => {
    if (!running || !listening || type === 'DELETED' || namespaceOf(object) !== ARGOCD) return
    const asked = object.metadata.annotations?.[REFRESH] !== undefined && old?.metadata.annotations?.[REFRESH] === undefined
    const began = object.operation !== undefined && old?.operation === undefined
    const ending = object.metadata.deletionTimestamp !== undefined && !old?.metadata.deletionTimestamp
    if (old === null || asked || began || ending || !same(old.spec, object.spec))
      look(object.metadata.name, station.between(30, 200), asked || old === null || !same(old?.spec, object.spec))
  })
  station.on(PROJECTS, ({ type, object, old }) => {
    if (!running || !listening) return
    if (type !== 'DELETED') station.later(`argocd/project/${object.metadata.name}`, 150, () => settleProject(object.metadata.name))
    if (type === 'MODIFIED' && same(old?.spec, object.spec)) return
    for (const app of api.list(APPS, ARGOCD))
      if (app.spec.project === object.metadata.name) look(app.metadata.name, station.between(200, 1_500), true)
  })
  station.onAny(({ resource, object }) => {
    if (!running || !listening || resource === 'events') return
    const app = trackingApp(object)
    if (app) look(app, station.between(150, 400), false)
  })

  listening = true

  function look(name: string, ms: number, fresh: boolean): void {
    if (fresh) reading.add(name)
    const wait = Math.max(ms, awakeAt - api.clock.now())
    station.later(`argocd/look/${name}`, wait, () => reconcile(name))
  }

  function resync(name: string, ms: number): void {
    station.later(
      `argocd/resync/${name}`,
      ms,
      () => {
        reading.add(name)
        reconcile(name)
      },
      true,
    )
  }

  function reconcile(name: string): void {
    if (!running) return
    const app = api.get(APPS, ARGOCD, name)
    if (!app) return
    const fresh = reading.delete(name) || !app.status?.reconciledAt
    if (app.metadata.deletionTimestamp) {
      if (app.metadata.finalizers?.some((each) => each.startsWith(FINALIZER)) && cascade(bench, app))
        station.later(`argocd/look/${name}`, station.between(1_000, 2_500), () => reconcile(name))
      return
    }
    resync(name, RESYNC_MS + station.between(0, 10_000))
    if (app.operation && !syncs.busy(name)) {
      if (operationAllowed(app)) syncs.step(app)
    }
    const { result, conditions } = judge(app)
    const wanted = result ? autoSync(app, result) : NOTHING
    store(app, result, wanted.condition ? [...conditions, wanted.condition] : conditions, fresh)
    if (wanted.operation) begin(name, wanted.operation, wanted.afterMs ?? 0)
  }

  function judge(app: Obj): { result: Comparison | null; conditions: AppCondition[] } {
    const invalid = invalidSpec(app)
    if (invalid) return { result: null, conditions: [{ type: 'InvalidSpecError', message: invalid }] }
    const compared = repositoryTrouble(bench) ?? compare(station, git, app)
    if (typeof compared === 'string') return { result: null, conditions: [{ type: 'ComparisonError', message: compared }] }
    return { result: compared, conditions: compared.shared.map((message) => ({ type: 'SharedResourceWarning', message })) }
  }

  function invalidSpec(app: Obj): string | null {
    const project = api.get(PROJECTS, ARGOCD, app.spec.project)
    const { destination = {}, source } = app.spec
    if (!project) return `Application referencing project ${app.spec.project} which does not exist`
    if (destination.server !== IN_CLUSTER && destination.name !== 'in-cluster')
      return `there are no clusters with this ${destination.server ? `address: ${destination.server}` : `name: ${destination.name}`}`
    if (source && !sourcePermitted(project, source.repoURL))
      return `application repo ${source.repoURL} is not permitted in project '${app.spec.project}'`
    if (!destinationPermitted(project, destination))
      return `application destination server '${destination.server ?? IN_CLUSTER}' and namespace '${destination.namespace}' do not match any of the allowed destinations in project '${app.spec.project}'`
    return null
  }

  function store(app: Obj, result: Comparison | null, conditions: readonly AppCondition[], fresh: boolean): void {
    const next = structuredClone(app)
    writeComparison(next, result, conditions, station.stamp(), fresh)
    const asked = app.metadata.annotations?.[REFRESH] !== undefined && fresh
    if (!asked && sameStatus(app, next, fresh)) return
    tell(app, next)
    api.change(APPS, ARGOCD, app.metadata.name, BY, (draft) => {
      if (asked) delete draft.metadata.annotations?.[REFRESH]
      writeComparison(draft, result, conditions, station.stamp(), fresh)
    })
  }

  function tell(app: Obj, next: Obj): void {
    const about = (word: string, was: string | undefined, is: string) => {
      if (was !== is) note({ about: app, reason: 'ResourceUpdated', message: `Updated ${word} status: ${was ?? ''} -> ${is}`, by: BY })
    }
    about('sync', app.status?.sync?.status, next.status.sync.status)
    about('health', app.status?.health?.status, next.status.health.status)
  }

  function operationAllowed(app: Obj): boolean {
    const project = api.get(PROJECTS, ARGOCD, app.spec.project)
    if (!project || maySync(project, app, !app.operation.initiatedBy?.automated, api.clock.now())) return true
    const now = station.stamp()
    api.change(APPS, ARGOCD, app.metadata.name, BY, (draft) => {
      draft.status = {
        ...draft.status,
        operationState: {
          finishedAt: now,
          message: 'Sync operation blocked by sync window',
          operation: draft.operation,
          phase: 'Failed',
          startedAt: now,
        },
      }
      delete draft.operation
    })
    return false
  }

  function autoSync(app: Obj, result: Comparison): Wanted {
    if (syncs.busy(app.metadata.name)) return NOTHING
    const wanted = decideSync(app, result, api.clock.now())
    const project = wanted.operation && api.get(PROJECTS, ARGOCD, app.spec.project)
    return project && !maySync(project, app, false, api.clock.now()) ? NOTHING : wanted
  }

  function begin(name: string, operation: Obj['spec'], ms: number): void {
    station.later(`argocd/heal/${name}`, Math.max(30, ms), () => {
      const app = api.get(APPS, ARGOCD, name)
      if (!running || !app || app.operation || app.metadata.deletionTimestamp) return
      const automated = app.spec.syncPolicy?.automated
      const judged = judge(app).result
      if (
        !automated ||
        automated.enabled === false ||
        !judged ||
        judged.revision !== operation.sync.revision ||
        judged.rows.every((row) => row.hook || row.status === 'Synced')
      )
        return
      api.change(APPS, ARGOCD, name, BY, (draft) => {
        draft.operation = operation
      })
    })
  }

  /** A project that is being deleted goes when no Application refers to it; the controller looks only when the project itself changes. */
  function settleProject(name: string): void {
    const project = api.get(PROJECTS, ARGOCD, name)
    if (!running || !project?.metadata.deletionTimestamp || !project.metadata.finalizers?.includes(FINALIZER)) return
    if (api.list(APPS, ARGOCD).some((app) => app.spec.project === name)) return
    api.change(PROJECTS, ARGOCD, name, BY, (draft) => {
      draft.metadata.finalizers = (draft.metadata.finalizers ?? []).filter((each) => each !== FINALIZER)
    })
  }

  return { refresh: (name, ms) => running && look(name, ms, true) }
}
