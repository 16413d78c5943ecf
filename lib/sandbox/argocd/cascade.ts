import { namespaceOf } from '../controllers/station.ts'
import type { Obj } from '../port.ts'
import type { Bench } from './bench.ts'
import { APPS, FINALIZER, IN_CLUSTER, PROJECTS } from './bench.ts'
import { resourcePermitted } from './projects.ts'

const BY = 'argocd-application-controller'
const CASCADE = [FINALIZER, `${FINALIZER}/foreground`, `${FINALIZER}/background`]
const OPTIONS = 'argocd.argoproj.io/sync-options'
const WAVE = 'argocd.argoproj.io/sync-wave'

/**
 * One round of an Application's deletion: its tracked objects without owners go, highest sync-wave first, then the finalizer.
 * Answers whether it must be looked at again. CRDs, `Delete=false` and `helm.sh/resource-policy: keep` are spared.
 */
export function cascade(bench: Bench, app: Obj): boolean {
  const { api, relations } = bench.station
  const finalizers = app.metadata.finalizers ?? []
  const ours = finalizers.filter((each) => CASCADE.includes(each))
  if (ours.length === 0) return false
  const { server, name } = app.spec.destination ?? {}
  // A destination that resolves to no cluster: nothing is deleted, the finalizers go.
  if (server !== IN_CLUSTER && name !== 'in-cluster') return release(bench, app, ours)
  const project = api.get(PROJECTS, namespaceOf(app), app.spec.project)
  if (!project) return refuse(bench, app)
  const objects = relations
    .tracked(app.metadata.name)
    .filter(({ object }) => !object.metadata.ownerReferences?.length && object.metadata.uid !== app.metadata.uid && !isSpared(object))
  const permitted = objects.filter(({ resource, object }) => {
    const slash = object.apiVersion.indexOf('/')
    const namespaced = api.resources().find((each) => each.resource === resource)?.namespaced ?? true
    return resourcePermitted(
      project,
      {
        group: slash < 0 ? '' : object.apiVersion.slice(0, slash),
        kind: object.kind,
        namespace: namespaceOf(object),
        name: object.metadata.name,
        namespaced,
      },
      app.spec.destination,
    )
  })
  if (permitted.length === 0) return release(bench, app, ours)
  if (permitted.some(({ object }) => object.metadata.deletionTimestamp)) return true
  const top = Math.max(...permitted.map(({ object }) => waveOf(object)))
  const propagation = ours.some((each) => each.endsWith('/background')) ? 'Background' : 'Foreground'
  for (const { resource, object } of permitted.filter(({ object }) => waveOf(object) === top)) {
    api.remove(resource, namespaceOf(object), object.metadata.name, { by: BY, uid: object.metadata.uid, propagation })
  }
  return true
}

function release({ station }: Bench, app: Obj, ours: readonly string[]): false {
  station.api.change(APPS, namespaceOf(app), app.metadata.name, BY, (draft) => {
    draft.metadata.finalizers = (draft.metadata.finalizers ?? []).filter((each) => !ours.includes(each))
  })
  return false
}

function refuse({ station }: Bench, app: Obj): boolean {
  const message = `error getting app project "${app.spec.project}": appproject.argoproj.io "${app.spec.project}" not found`
  const known = (app.status?.conditions ?? []).some((each: { type: string }) => each.type === 'DeletionError')
  if (known) return true
  station.api.change(APPS, namespaceOf(app), app.metadata.name, BY, (draft) => {
    draft.status = {
      ...draft.status,
      conditions: [...(draft.status?.conditions ?? []), { lastTransitionTime: station.stamp(), message, type: 'DeletionError' }],
    }
  })
  return true
}

function isSpared(object: Obj): boolean {
  const { annotations = {} } = object.metadata
  return (
    object.kind === 'CustomResourceDefinition' ||
    /Delete=(false|confirm)/.test(annotations[OPTIONS] ?? '') ||
    annotations['helm.sh/resource-policy'] === 'keep'
  )
}

function waveOf(object: Obj): number {
  return Number(object.metadata.annotations?.[WAVE] ?? 0) || 0
}
