import type { Change, Obj } from '../port.ts'
import type { Held } from './relations.ts'
import type { Station } from './station.ts'
import { namespaceOf } from './station.ts'

const BY = 'kube-controller-manager'
const FOREGROUND = 'foregroundDeletion'
const ORPHAN = 'orphan'

/** Garbage collection by ownerReferences: background, foreground (`foregroundDeletion`) and `orphan`; an absent owner counts as deleted. */
export function startGarbage(station: Station): void {
  const { api, relations } = station

  function hear({ type, resource, object, old }: Change): void {
    if (type === 'DELETED') {
      for (const dependent of relations.dependents(object.metadata.uid)) look(dependent)
      for (const owner of object.metadata.ownerReferences ?? [])
        station.later(`gc/${owner.uid}`, station.between(20, 80), () => finish(owner.uid))
      return
    }
    if (object.metadata.ownerReferences?.length && owners(object) !== owners(old)) look({ resource, object })
    if (object.metadata.deletionTimestamp && object.metadata.finalizers?.some((each) => each === FOREGROUND || each === ORPHAN)) {
      station.later(`gc/${object.metadata.uid}`, station.between(10, 60), () => finish(object.metadata.uid))
    }
  }

  function look(held: Held): void {
    station.later(`gc/owned/${held.object.metadata.uid}`, station.between(20, 150), () => judge(held.object.metadata.uid))
  }

  /** Deletes an object none of whose owners is there; one whose only owners wait for it in the foreground, too. */
  function judge(uid: string): void {
    const held = api.byUid(uid)
    const references = held?.object.metadata.ownerReferences ?? []
    if (!held || references.length === 0 || held.object.metadata.deletionTimestamp) return
    const { resource, object } = held
    const standing = references.map((reference) => ({ reference, owner: ownerOf(object, reference.uid) }))
    const solid = standing.filter(({ owner }) => owner && !waits(owner))
    const waiting = standing.filter(({ owner }) => owner && waits(owner))
    if (solid.length > 0) return
    const foreground =
      waiting.length > 0 &&
      relations
        .dependents(uid)
        .some((each) => each.object.metadata.ownerReferences?.some((one) => one.uid === uid && one.blockOwnerDeletion))
    api.remove(resource, namespaceOf(object), object.metadata.name, { by: BY, uid, propagation: foreground ? 'Foreground' : 'Background' })
  }

  function ownerOf(object: Obj, uid: string): Obj | undefined {
    const owner = api.byUid(uid)?.object
    // An owner in another namespace counts as absent.
    return owner && (!owner.metadata.namespace || owner.metadata.namespace === object.metadata.namespace) ? owner : undefined
  }

  function finish(uid: string): void {
    const held = api.byUid(uid)
    if (!held?.object.metadata.deletionTimestamp) return
    const finalizers = held.object.metadata.finalizers ?? []
    if (finalizers.includes(ORPHAN)) {
      for (const { resource, object } of relations.dependents(uid)) {
        api.change(resource, namespaceOf(object), object.metadata.name, BY, (draft) => {
          draft.metadata.ownerReferences = (draft.metadata.ownerReferences ?? []).filter((each) => each.uid !== uid)
        })
      }
      return strip(held, ORPHAN)
    }
    if (!finalizers.includes(FOREGROUND)) return
    const blocking = relations
      .dependents(uid)
      .filter(({ object }) => object.metadata.ownerReferences?.some((each) => each.uid === uid && each.blockOwnerDeletion))
    for (const { object } of relations.dependents(uid)) judge(object.metadata.uid)
    if (blocking.length === 0 || relations.dependents(uid).length === 0) strip(held, FOREGROUND)
  }

  function strip({ resource, object }: Held, finalizer: string): void {
    api.change(resource, namespaceOf(object), object.metadata.name, BY, (draft) => {
      draft.metadata.finalizers = (draft.metadata.finalizers ?? []).filter((each) => each !== finalizer)
    })
  }

  station.onAny(hear)
}

function waits(owner: Obj): boolean {
  return owner.metadata.deletionTimestamp !== undefined && (owner.metadata.finalizers ?? []).includes(FOREGROUND)
}

function owners(object: Obj | null): string {
  return (object?.metadata.ownerReferences ?? []).map((each) => each.uid).join()
}
