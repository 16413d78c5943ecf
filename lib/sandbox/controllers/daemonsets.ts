import type { Obj } from '../port.ts'
import { isReady, podOf, safeHash, same } from './pods.ts'
import type { Station } from './station.ts'
import { namespaceOf } from './station.ts'

const BY = 'kube-controller-manager'

/** DaemonSet → one pod per node. */
export function startDaemonSets(station: Station): void {
  const { api, relations } = station
  const wake = (uid: string) => station.later(`daemonset/${uid}`, station.between(10, 60), () => settle(uid))

  station.on('daemonsets.apps', ({ type, object }) => type !== 'DELETED' && wake(object.metadata.uid))
  station.on('nodes', () => {
    for (const set of api.list('daemonsets.apps')) wake(set.metadata.uid)
  })
  station.on('pods', ({ object }) => {
    for (const owner of object.metadata.ownerReferences ?? []) if (owner.kind === 'DaemonSet') wake(owner.uid)
  })

  function podsOf(uid: string): Obj[] {
    return relations
      .dependents(uid)
      .filter((each) => each.resource === 'pods')
      .map((each) => each.object)
  }

  function settle(uid: string): void {
    const set = api.byUid(uid)?.object
    if (!set) return
    if (!set.metadata.deletionTimestamp) {
      const pods = podsOf(uid)
      const hash = safeHash(set.spec.template)
      for (const node of api.list('nodes')) {
        if (pods.some((pod) => pod.spec.nodeName === node.metadata.name)) continue
        const generateName = `${set.metadata.name}-`
        const labels = { 'controller-revision-hash': hash, 'pod-template-generation': String(set.metadata.generation ?? 1) }
        api.create(
          'pods',
          podOf({
            owner: set,
            name: `${generateName}${station.suffix()}`,
            generateName,
            template: set.spec.template,
            labels,
            node: node.metadata.name,
          }),
          BY,
        )
      }
    }
    const status = daemonSetStatus(set, api.list('nodes').length, podsOf(uid))
    if (!same(set.status, status))
      api.change(
        'daemonsets.apps',
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

export function daemonSetStatus(set: Obj, nodes: number, pods: readonly Obj[]): Obj['status'] {
  const live = pods.filter((pod) => !pod.metadata.deletionTimestamp)
  const ready = live.filter(isReady).length
  return {
    currentNumberScheduled: live.length,
    numberMisscheduled: 0,
    desiredNumberScheduled: nodes,
    numberReady: ready,
    observedGeneration: set.metadata.generation ?? 1,
    updatedNumberScheduled: live.length,
    ...(ready ? { numberAvailable: ready } : {}),
    ...(nodes > ready ? { numberUnavailable: nodes - ready } : {}),
  }
}
