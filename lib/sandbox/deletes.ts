import { isDry, readBody, type WriteRequest, type Written, writeOf } from './body.ts'
import type { Obj, Propagation } from './port.ts'
import { forbidden, invalid } from './refusal.ts'
import type { Storage } from './storage.ts'

type DeleteOptions = {
  gracePeriodSeconds?: number
  propagationPolicy?: string
  orphanDependents?: boolean
  preconditions?: { uid?: string; resourceVersion?: string }
  dryRun?: string[]
}

function removalOf(request: WriteRequest): Parameters<Storage['remove']>[3] {
  const { query } = request
  const body: DeleteOptions =
    request.text.trim() === '' ? {} : (readBody(request.text, request.contentType, 'DeleteOptions') as unknown as DeleteOptions)
  const policy = body.propagationPolicy ?? query.get('propagationPolicy') ?? undefined
  if (policy !== undefined && !['Background', 'Foreground', 'Orphan'].includes(policy)) {
    const message = `Unsupported value: "${policy}": supported values: "Foreground", "Background", "Orphan", "nil"`
    throw invalid({ plural: '', group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', [
      { reason: 'FieldValueNotSupported', message, field: 'propagationPolicy' },
    ])
  }
  const grace = body.gracePeriodSeconds ?? (query.has('gracePeriodSeconds') ? Number(query.get('gracePeriodSeconds')) : undefined)
  const orphan = body.orphanDependents === true ? 'Orphan' : undefined
  const propagation = (policy as Propagation | undefined) ?? orphan
  return {
    ...writeOf(request),
    dry: isDry(query) || (body.dryRun?.includes('All') ?? false),
    ...(body.preconditions?.uid === undefined ? {} : { uid: body.preconditions.uid }),
    ...(body.preconditions?.resourceVersion === undefined ? {} : { resourceVersion: body.preconditions.resourceVersion }),
    ...(propagation === undefined ? {} : { propagation }),
    ...(grace === undefined ? {} : { graceSeconds: grace }),
  }
}

const KEPT_NAMESPACES = new Set(['default', 'kube-system', 'kube-public'])

export function remove(storage: Storage, request: WriteRequest): Written {
  const { kind, namespace, name } = request
  const removal = removalOf(request)
  if (kind.resource === 'namespaces' && KEPT_NAMESPACES.has(name)) throw forbidden(kind, name, 'this namespace may not be deleted')
  const { gone, object } = storage.remove(kind, namespace, name, removal)
  if (!gone) return { code: 200, object, warnings: [] }
  const details = { name, ...(kind.group === '' ? {} : { group: kind.group }), kind: kind.plural, uid: object.metadata.uid }
  // Graceful kinds answer with the object even when it went at once.
  if (kind.resource === 'pods') return { code: 200, object, warnings: [] }
  return { code: 200, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }, warnings: [] }
}

/** deletecollection: what matched, as it stood. */
export function removeAll(storage: Storage, request: WriteRequest, objects: readonly Obj[]): Written {
  const removal = removalOf(request)
  for (const object of objects)
    if (storage.get(request.kind.resource, object.metadata.namespace ?? '', object.metadata.name))
      storage.remove(request.kind, object.metadata.namespace ?? '', object.metadata.name, removal)
  return {
    code: 200,
    body: {
      kind: request.kind.listKind,
      apiVersion: request.kind.apiVersion,
      metadata: { resourceVersion: String(storage.revision()) },
      items: objects,
    },
    warnings: [],
  }
}
