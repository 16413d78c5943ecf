import { isDry, type WriteRequest, type Written, writeOf } from './body.ts'
import { type DeleteOptions, readDeleteOptions } from './delete-options.ts'
import type { Obj, Propagation } from './port.ts'
import { forbidden } from './refusal.ts'
import type { Storage } from './storage.ts'

function removalOf(request: WriteRequest): Parameters<Storage['remove']>[3] {
  const options: DeleteOptions = readDeleteOptions(request)
  const { gracePeriodSeconds: grace, preconditions } = options
  const propagation = (options.propagationPolicy ?? (options.orphanDependents ? 'Orphan' : undefined)) as Propagation | undefined
  return {
    ...writeOf(request),
    dry: isDry(request) || (options.dryRun?.includes('All') ?? false),
    ...(preconditions?.uid === undefined ? {} : { uid: preconditions.uid }),
    ...(preconditions?.resourceVersion === undefined ? {} : { resourceVersion: preconditions.resourceVersion }),
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
      items: request.kind.crd ? objects : objects.map(({ apiVersion: _version, kind: _kind, ...item }) => item),
    },
    warnings: [],
  }
}
