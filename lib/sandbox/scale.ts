import { type WriteRequest, type Written, writeOf } from './body.ts'
import type { Kind } from './kinds.ts'
import type { Obj } from './port.ts'
import { conflict, invalid, MODIFIED } from './refusal.ts'
import type { Storage } from './storage.ts'

type Paths = { readonly spec: string; readonly status: string; readonly selector: string | null }

/** Where a kind keeps its replicas: definitions say it, built-in workloads all do it alike. */
function pathsOf({ crd, version }: Kind): Paths {
  const scale = crd?.spec.versions.find((each: { name: string }) => each.name === version)?.subresources?.scale
  if (!crd) return { spec: '.spec.replicas', status: '.status.replicas', selector: null }
  return {
    spec: scale?.specReplicasPath ?? '.spec.replicas',
    status: scale?.statusReplicasPath ?? '.status.replicas',
    selector: scale?.labelSelectorPath ?? '',
  }
}

const stepsOf = (path: string) => path.split('.').filter((step) => step !== '')

function read(object: Obj, path: string): unknown {
  return path === '' ? undefined : stepsOf(path).reduce((at: unknown, step) => (at as Record<string, unknown> | undefined)?.[step], object)
}

function written(object: Record<string, unknown>, [step = '', ...rest]: readonly string[], value: number): Record<string, unknown> {
  const inner = (object[step] ?? {}) as Record<string, unknown>
  return { ...object, [step]: rest.length === 0 ? value : written(inner, rest, value) }
}

function selectorOf(object: Obj, path: string | null): string {
  if (path !== null) return String(read(object, path) ?? '')
  const labels = object.spec?.selector?.matchLabels ?? {}
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}

/** The autoscaling/v1 Scale of a workload. */
export function scaleOf(object: Obj, kind: Kind): Obj {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const paths = pathsOf(kind)
  const selector = selectorOf(object, paths.selector)
  const replicas = Number(read(object, paths.spec) ?? 0)
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, ...(namespace ? { namespace } : {}), uid, resourceVersion, creationTimestamp },
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: Number(read(object, paths.status) ?? 0), ...(selector ? { selector } : {}) },
  }
}

/** Writes a workload's replicas by way of its Scale. */
export function writeScale(storage: Storage, request: WriteRequest, edit: (scale: Obj) => Obj): Written {
  const { kind, namespace, name } = request
  const stored = storage.update(kind, namespace, name, writeOf(request), (draft) => {
    const scale = edit(scaleOf(draft, kind))
    const replicas = scale.spec?.replicas ?? 0
    if (scale.metadata.resourceVersion && scale.metadata.resourceVersion !== draft.metadata.resourceVersion)
      throw conflict(kind, name, MODIFIED)
    if (replicas < 0) {
      throw invalid({ plural: 'scales', group: 'autoscaling', kind: 'Scale' }, name, [
        { reason: 'FieldValueInvalid', message: `Invalid value: ${replicas}: must be greater than or equal to 0`, field: 'spec.replicas' },
      ])
    }
    return written(draft, stepsOf(pathsOf(kind).spec), replicas) as Obj
  })
  return { code: 200, object: scaleOf(stored, kind), warnings: [] }
}
