import { type WriteRequest, type Written, writeOf } from './body.ts'
import type { Obj } from './port.ts'
import { conflict, invalid, MODIFIED } from './refusal.ts'
import type { Storage } from './storage.ts'

/** The autoscaling/v1 Scale of a workload. */
export function scaleOf(object: Obj): Obj {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const labels = object.spec?.selector?.matchLabels ?? {}
  const selector = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
  const replicas = object.spec?.replicas ?? 0
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, ...(namespace ? { namespace } : {}), uid, resourceVersion, creationTimestamp },
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: object.status?.replicas ?? 0, ...(selector ? { selector } : {}) },
  }
}

/** Writes a workload's replicas by way of its Scale. */
export function writeScale(storage: Storage, request: WriteRequest, edit: (scale: Obj) => Obj): Written {
  const { kind, namespace, name } = request
  const stored = storage.update(kind, namespace, name, writeOf(request), (draft) => {
    const scale = edit(scaleOf(draft))
    const replicas = scale.spec?.replicas ?? 0
    if (scale.metadata.resourceVersion && scale.metadata.resourceVersion !== draft.metadata.resourceVersion)
      throw conflict(kind, name, MODIFIED)
    if (replicas < 0) {
      throw invalid({ plural: 'scales', group: 'autoscaling', kind: 'Scale' }, name, [
        { reason: 'FieldValueInvalid', message: `Invalid value: ${replicas}: must be greater than or equal to 0`, field: 'spec.replicas' },
      ])
    }
    return { ...draft, spec: { ...draft.spec, replicas } }
  })
  return { code: 200, object: scaleOf(stored), warnings: [] }
}
