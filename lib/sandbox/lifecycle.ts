import type { Kind } from './kinds.ts'
import type { Obj, Propagation } from './port.ts'
import { conflict, invalid } from './refusal.ts'
import { copy, same, seconds } from './values.ts'

export const CRDS = 'customresourcedefinitions.apiextensions.k8s.io'
/** Holds a deleted definition until all of its objects have gone. */
export const CLEANUP = 'customresourcecleanup.apiextensions.k8s.io'
const POD_GRACE_SECONDS = 30
/** Kinds whose deletion the server implements by itself; their refusals have words of their own. */
const OWN_DELETION = new Set(['namespaces', CRDS])

/** Whether a deleting object has nothing left that holds it. */
export function isFinished(resource: string, object: Obj): boolean {
  const { metadata } = object
  if (!metadata.deletionTimestamp || (metadata.finalizers?.length ?? 0) > 0 || (metadata.deletionGracePeriodSeconds ?? 0) > 0) return false
  return resource !== 'namespaces' || (object.spec?.finalizers?.length ?? 0) === 0
}

function withoutStatus(object: Obj): Record<string, unknown> {
  const { metadata: _metadata, status: _status, apiVersion: _version, kind: _kind, ...rest } = object
  return rest
}

/** Puts back what a client may not set, as the server silently does. */
export function keepSystemFields(next: Obj, old: Obj): void {
  const { metadata } = next
  metadata.name = old.metadata.name
  if (old.metadata.namespace !== undefined) metadata.namespace = old.metadata.namespace
  metadata.creationTimestamp = old.metadata.creationTimestamp
  metadata.uid = old.metadata.uid
  for (const field of ['generation', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'generateName'] as const) {
    if (old.metadata[field] === undefined) delete metadata[field]
    else Object.assign(metadata, { [field]: old.metadata[field] })
  }
  for (const field of ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const) {
    const value = metadata[field]
    if (value === null || (value && Object.keys(value).length === 0)) delete metadata[field]
  }
}

/** What a write to `subresource` may change of `old`: status alone, finalizers of a namespace alone, or all but status. */
export function keepOtherPart(kind: Kind, next: Obj, old: Obj, subresource: string | undefined): Obj {
  if (subresource === 'status') {
    const kept = copy(old)
    kept.metadata = {
      ...kept.metadata,
      ...(next.metadata.managedFields ? { managedFields: next.metadata.managedFields } : {}),
    }
    if (kind.crd === null) {
      for (const field of ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const) {
        if (next.metadata[field] === undefined) delete kept.metadata[field]
        else Object.assign(kept.metadata, { [field]: next.metadata[field] })
      }
    }
    if (next.status === undefined) delete kept.status
    else kept.status = next.status
    return kept
  }
  if (subresource === 'finalize')
    return {
      ...copy(old),
      metadata: next.metadata,
      spec: { ...old.spec, finalizers: next.spec?.finalizers?.length ? next.spec.finalizers : undefined },
    }
  if (!kind.subresources.includes('status')) return next
  if (old.status === undefined) delete next.status
  else next.status = copy(old.status)
  return next
}

/** Throws `ApiRefusal` 422 when a deleting object would get another finalizer. */
export function refuseNewFinalizers(kind: Kind, next: Obj, old: Obj): void {
  if (!old.metadata.deletionTimestamp) return
  const added = (next.metadata.finalizers ?? []).filter((name) => !old.metadata.finalizers?.includes(name))
  if (added.length === 0) return
  const message = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((name) => JSON.stringify(name)).join(', ')}}`
  const cause = {
    reason: 'FieldValueForbidden',
    message,
    field: 'metadata.finalizers',
  }
  throw invalid(kind, old.metadata.name, [cause, cause])
}

function graceOf(kind: Kind, object: Obj, asked: number | undefined): number {
  if (kind.resource !== 'pods') return 0
  const own = asked ?? object.spec?.terminationGracePeriodSeconds ?? POD_GRACE_SECONDS
  // A pod that no kubelet has, or that has ended, goes at once.
  if (!object.spec?.nodeName || object.status?.phase === 'Succeeded' || object.status?.phase === 'Failed') return 0
  return Math.max(0, own)
}

function finalizersFor(kind: Kind, object: Obj, propagation: Propagation | undefined): string[] {
  const current = object.metadata.finalizers ?? []
  if (kind.resource === CRDS && !object.metadata.deletionTimestamp) return [...current.filter((name) => name !== CLEANUP), CLEANUP]
  if (propagation === undefined) return current
  if (OWN_DELETION.has(kind.resource)) return current
  const rest = current.filter((name) => name !== 'foregroundDeletion' && name !== 'orphan')
  if (propagation === 'Foreground') return [...rest, 'foregroundDeletion']
  if (propagation === 'Orphan') return [...rest, 'orphan']
  return rest
}

/** Raises metadata.generation when something besides metadata and status differs. */
export function countGeneration(kind: Kind, next: Obj, old: Obj, subresource: string | undefined): void {
  if (!kind.generation || subresource === 'status') return
  const statusCounts = kind.crd !== null && !kind.subresources.includes('status')
  const changed = !same(withoutStatus(next), withoutStatus(old)) || (statusCounts && !same(next.status, old.status))
  if (changed) next.metadata.generation = (old.metadata.generation ?? 0) + 1
}

/** Throws `ApiRefusal` 409 when the object is not the one that the client means to delete. */
export function checkPreconditions(kind: Kind, old: Obj, asked: { readonly uid?: string; readonly resourceVersion?: string }): void {
  const { name, uid, resourceVersion } = old.metadata
  if (OWN_DELETION.has(kind.resource)) {
    const failed = (what: string, wanted: string, is: string) =>
      conflict(kind, name, `Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${is}`)
    if (asked.uid !== undefined && asked.uid !== uid) throw failed('UID', asked.uid, uid)
    if (asked.resourceVersion !== undefined && asked.resourceVersion !== resourceVersion)
      throw failed('ResourceVersion', asked.resourceVersion, resourceVersion)
    return
  }
  const named = { ...kind, plural: kind.kind }
  if (asked.uid !== undefined && asked.uid !== uid) {
    const why = `the UID in the precondition (${asked.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`
    throw conflict(named, name, why)
  }
  if (asked.resourceVersion !== undefined && asked.resourceVersion !== resourceVersion) {
    const why = `the ResourceVersion in the precondition (${asked.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`
    throw conflict(named, name, why)
  }
}

/**
 * `old` as it stands once its deletion is asked for at `now`: with its deletionTimestamp, grace and the finalizers of
 * the propagation. `immediate` when nothing was to be waited for from the start.
 */
export function markDeleted(
  kind: Kind,
  old: Obj,
  now: number,
  asked: { readonly graceSeconds?: number; readonly propagation?: Propagation },
): { readonly next: Obj; readonly immediate: boolean } {
  const grace = graceOf(kind, old, asked.graceSeconds)
  const finalizers = finalizersFor(kind, old, asked.propagation)
  const next: Obj = copy(old)
  if (finalizers.length > 0) next.metadata.finalizers = [...finalizers]
  else delete next.metadata.finalizers
  const first = !old.metadata.deletionTimestamp
  if (first || (old.metadata.deletionGracePeriodSeconds ?? 0) > grace) {
    next.metadata.deletionTimestamp = seconds(now + grace * 1000)
    next.metadata.deletionGracePeriodSeconds = grace
    if (first && next.metadata.generation !== undefined) next.metadata.generation += 1
  }
  if (OWN_DELETION.has(kind.resource)) delete next.metadata.deletionGracePeriodSeconds
  if (kind.resource === 'namespaces') {
    // Namespaces carry no grace period; their own phase tells.
    next.status = { ...next.status, phase: 'Terminating' }
  }
  return { next, immediate: first && grace === 0 }
}
