import { kindsOfCrd } from './kinds.ts'
import { CLEANUP, CRDS } from './lifecycle.ts'
import type { Obj } from './port.ts'
import type { Storage } from './storage.ts'
import { seconds } from './values.ts'

const BY = 'system:apiserver'

/**
 * Serves what CustomResourceDefinitions define: a new one is accepted, established and served at once;
 * a deleted one lets go only after all of its objects have gone, and then its endpoints end.
 */
export function serveDefinitions(storage: Storage): void {
  const kind = storage.registry.byResource(CRDS)
  if (!kind) throw new Error('serveDefinitions: the definitions are not built in')
  const crdKind = kind

  function edit(name: string, subresource: 'status' | undefined, change: (draft: Obj) => void): void {
    if (!storage.get(CRDS, '', name)) return
    storage.update(crdKind, '', name, { by: BY, ...(subresource ? { subresource } : {}) }, (draft) => {
      change(draft)
      return draft
    })
  }

  function accept(name: string): void {
    const now = seconds(storage.clock.now())
    edit(name, 'status', (draft) => {
      const condition = (type: string, reason: string, message: string) => ({
        type,
        status: 'True',
        lastTransitionTime: now,
        reason,
        message,
      })
      draft.status = {
        ...draft.status,
        acceptedNames: { ...draft.spec.names },
        conditions: [
          condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
          condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
        ],
      }
    })
  }

  function cleanUp(crd: Obj): void {
    const served = storage.registry.byResource(kindsOfCrd(crd)[0]?.resource ?? '')
    const left = served ? storage.list(served.resource) : []
    if (!crd.status?.conditions?.some((condition: { type: string }) => condition.type === 'Terminating')) {
      edit(crd.metadata.name, 'status', (draft) => {
        const terminating = {
          type: 'Terminating',
          status: 'True',
          lastTransitionTime: seconds(storage.clock.now()),
          reason: 'InstanceDeletionInProgress',
          message: 'CustomResource deletion is in progress',
        }
        draft.status = {
          ...draft.status,
          conditions: [...(draft.status?.conditions ?? []), terminating],
        }
      })
      if (served)
        for (const object of left)
          if (!object.metadata.deletionTimestamp) storage.remove(served, object.metadata.namespace ?? '', object.metadata.name, { by: BY })
    }
    if (served && storage.list(served.resource).length > 0) return
    edit(crd.metadata.name, undefined, (draft) => {
      draft.metadata.finalizers = draft.metadata.finalizers?.filter((name) => name !== CLEANUP) ?? []
    })
  }

  storage.subscribe((resource, { type, object }) => {
    if (resource === CRDS) {
      if (type === 'DELETED') {
        const gone = `${object.spec.names.plural}.${object.spec.group}`
        storage.registry.removeCrd(gone)
        storage.dropTable(gone)
        return
      }
      if (type === 'ADDED') {
        storage.registry.addCrd(object, storage.clock.now())
        accept(object.metadata.name)
        return
      }
      if (object.metadata.deletionTimestamp) cleanUp(object)
      else storage.registry.addCrd(object, storage.clock.now())
      return
    }
    if (type !== 'DELETED' || !storage.registry.byResource(resource)?.crd) return
    const crd = storage.get(CRDS, '', resource)
    if (crd?.metadata.deletionTimestamp) cleanUp(crd)
  })
}
