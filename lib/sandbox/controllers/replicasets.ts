import type { Obj } from '../port.ts'
import { isActive, isReady, podOf, same } from './pods.ts'
import type { Station } from './station.ts'
import { namespaceOf } from './station.ts'

const BY = 'kube-controller-manager'

/** Keeps as many pods as a ReplicaSet asks for; those that are not ready and youngest go first. */
export function startReplicaSets(station: Station): void {
  const { api, relations } = station
  const wake = (uid: string) => station.later(`replicaset/${uid}`, station.between(10, 60), () => settle(uid))

  station.on('replicasets.apps', ({ type, object }) => type !== 'DELETED' && wake(object.metadata.uid))
  station.on('pods', ({ object }) => {
    for (const owner of object.metadata.ownerReferences ?? []) if (owner.kind === 'ReplicaSet') wake(owner.uid)
  })

  function settle(uid: string): void {
    const set = api.byUid(uid)?.object
    if (!set) return
    const owned = relations
      .dependents(uid)
      .filter((each) => each.resource === 'pods')
      .map((each) => each.object)
    const active = owned.filter(isActive)
    if (!set.metadata.deletionTimestamp) balance(set, active)
    const pods = relations
      .dependents(uid)
      .filter((each) => each.resource === 'pods')
      .map((each) => each.object)
    report(set, pods)
  }

  function balance(set: Obj, active: readonly Obj[]): void {
    const namespace = namespaceOf(set)
    const wanted: number = set.spec.replicas ?? 1
    for (let i = active.length; i < wanted; i++) {
      const generateName = `${set.metadata.name}-`
      api.create('pods', podOf({ owner: set, name: `${generateName}${station.suffix()}`, generateName, template: set.spec.template }), BY)
    }
    const surplus = [...active]
      .sort((a, b) => Number(isReady(a)) - Number(isReady(b)) || b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp))
      .slice(0, Math.max(0, active.length - wanted))
    for (const pod of surplus) api.remove('pods', namespace, pod.metadata.name, { by: BY, uid: pod.metadata.uid })
  }

  function report(set: Obj, pods: readonly Obj[]): void {
    const active = pods.filter(isActive)
    const ready = active.filter(isReady).length
    const status = {
      replicas: active.length,
      ...(active.length ? { fullyLabeledReplicas: active.length } : {}),
      ...(ready ? { readyReplicas: ready, availableReplicas: ready } : {}),
      terminatingReplicas: pods.filter((pod) => pod.metadata.deletionTimestamp).length,
      observedGeneration: set.metadata.generation ?? 1,
    }
    if (!same(set.status, status))
      api.change(
        'replicasets.apps',
        namespaceOf(set),
        set.metadata.name,
        BY,
        (draft) => {
          draft.status = status
        },
        'status',
      )
  }
}
