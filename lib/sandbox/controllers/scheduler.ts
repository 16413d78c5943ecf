import type { Obj } from '../port.ts'
import type { Note } from './events.ts'
import { selects } from './pods.ts'
import type { Station } from './station.ts'
import { namespaceOf } from './station.ts'

const BY = 'kube-scheduler'

/** Binds pending pods to the ready node that fits and holds the fewest pods; says so when none does. */
export function startScheduler(station: Station, note: (note: Note) => void): void {
  const { api } = station
  const load = new Map<string, number>()
  const look = (pod: Obj) => station.later(`schedule/${pod.metadata.uid}`, station.between(20, 200), () => bind(pod))

  station.on('pods', ({ type, object, old }) => {
    const [was, is] = [
      type === 'DELETED' ? object.spec.nodeName : old?.spec.nodeName,
      type === 'DELETED' ? undefined : object.spec.nodeName,
    ]
    if (was !== is) {
      if (was) load.set(was, (load.get(was) ?? 1) - 1)
      if (is) load.set(is, (load.get(is) ?? 0) + 1)
    }
    if (type === 'ADDED' && !object.spec.nodeName) look(object)
  })
  station.on('nodes', ({ type, object, old }) => {
    if (type !== 'DELETED' && nodeReady(object) && (!old || !nodeReady(old) || old.spec?.unschedulable)) {
      for (const pod of api.list('pods')) if (!pod.spec.nodeName) look(pod)
    }
  })

  function bind(seen: Obj): void {
    const pod = api.get('pods', namespaceOf(seen), seen.metadata.name)
    if (!pod || pod.metadata.uid !== seen.metadata.uid || pod.spec.nodeName || pod.metadata.deletionTimestamp) return
    const nodes = api
      .list('nodes')
      .filter((node) => nodeReady(node) && !node.spec?.unschedulable && selects(pod.spec.nodeSelector ?? {}, node.metadata.labels))
    const claims: string[] = (pod.spec.volumes ?? []).flatMap(
      (each: { persistentVolumeClaim?: { claimName: string } }) => each.persistentVolumeClaim?.claimName ?? [],
    )
    const unbound = claims.filter((claim) => api.get('persistentvolumeclaims', namespaceOf(pod), claim)?.status?.phase !== 'Bound')
    if (nodes.length === 0 || unbound.length > 0) {
      refuse(
        pod,
        unbound.length > 0
          ? 'pod has unbound immediate PersistentVolumeClaims'
          : `0/${api.list('nodes').length} nodes are available: node(s) didn't match Pod's node affinity/selector or were not ready.`,
      )
      return station.later(`schedule/${pod.metadata.uid}`, unbound.length > 0 ? 500 : 15_000, () => bind(pod), unbound.length === 0)
    }
    const node = [...nodes].sort(
      (a, b) => (load.get(a.metadata.name) ?? 0) - (load.get(b.metadata.name) ?? 0) || a.metadata.name.localeCompare(b.metadata.name),
    )[0]
    if (!node) return
    note({
      about: pod,
      reason: 'Scheduled',
      message: `Successfully assigned ${namespaceOf(pod)}/${pod.metadata.name} to ${node.metadata.name}`,
      by: 'default-scheduler',
    })
    const zone = node.metadata.labels?.['topology.kubernetes.io/zone']
    api.change('pods', namespaceOf(pod), pod.metadata.name, BY, (draft) => {
      draft.spec.nodeName = node.metadata.name
      if (zone) draft.metadata.labels = { ...draft.metadata.labels, 'topology.kubernetes.io/zone': zone }
    })
    api.change(
      'pods',
      namespaceOf(pod),
      pod.metadata.name,
      BY,
      (draft) => {
        draft.status = {
          ...draft.status,
          phase: 'Pending',
          conditions: [{ type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: station.stamp() }],
        }
      },
      'status',
    )
  }

  function refuse(pod: Obj, message: string): void {
    const conditions: { type: string; message?: string }[] = pod.status?.conditions ?? []
    if (conditions.some((each) => each.type === 'PodScheduled' && each.message !== undefined)) return
    note({ about: pod, type: 'Warning', reason: 'FailedScheduling', message, by: BY })
    api.change(
      'pods',
      namespaceOf(pod),
      pod.metadata.name,
      BY,
      (draft) => {
        draft.status = {
          ...draft.status,
          phase: 'Pending',
          conditions: [
            {
              type: 'PodScheduled',
              status: 'False',
              lastProbeTime: null,
              lastTransitionTime: station.stamp(),
              reason: 'Unschedulable',
              message,
            },
          ],
        }
      },
      'status',
    )
  }
}

export function nodeReady(node: Obj): boolean {
  const conditions: { type: string; status: string }[] = node.status?.conditions ?? []
  return conditions.some((each) => each.type === 'Ready' && each.status === 'True')
}
