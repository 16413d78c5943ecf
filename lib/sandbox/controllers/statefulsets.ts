import type { Obj } from '../port.ts'
import { isReady, podOf, safeHash, same } from './pods.ts'
import type { Station } from './station.ts'
import { namespaceOf } from './station.ts'

const BY = 'kube-controller-manager'
const HASH = 'controller-revision-hash'

/** StatefulSet → claims and pods by ordinal: in order, one at a time (or in parallel), rolling update from the highest ordinal. */
export function startStatefulSets(station: Station): void {
  const { api, relations } = station
  const wake = (uid: string) => station.later(`statefulset/${uid}`, station.between(10, 60), () => settle(uid))

  station.on('statefulsets.apps', ({ type, object }) => type !== 'DELETED' && wake(object.metadata.uid))
  station.on('pods', ({ object }) => {
    for (const owner of object.metadata.ownerReferences ?? []) if (owner.kind === 'StatefulSet') wake(owner.uid)
  })

  function podsOf(uid: string): Obj[] {
    return relations
      .dependents(uid)
      .filter((each) => each.resource === 'pods')
      .map((each) => each.object)
      .sort((a, b) => ordinal(a) - ordinal(b))
  }

  function settle(uid: string): void {
    const set = api.byUid(uid)?.object
    if (!set) return
    if (!set.metadata.deletionTimestamp) step(set, podsOf(uid))
    report(set, podsOf(uid))
  }

  function step(set: Obj, pods: readonly Obj[]): void {
    const wanted: number = set.spec.replicas ?? 1
    const ordered = set.spec.podManagementPolicy !== 'Parallel'
    for (let i = 0; i < wanted; i++) {
      const pod = pods.find((each) => ordinal(each) === i)
      if (!pod) create(set, i)
      else if (pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded')
        api.remove('pods', namespaceOf(set), pod.metadata.name, { by: BY })
      if (ordered && !(pod && isReady(pod) && !pod.metadata.deletionTimestamp)) return
    }
    const surplus = [...pods].reverse().find((pod) => ordinal(pod) >= wanted)
    if (surplus) {
      if (!surplus.metadata.deletionTimestamp) api.remove('pods', namespaceOf(set), surplus.metadata.name, { by: BY })
      return
    }
    const revision = revisionOf(set)
    const stale = [...pods].reverse().find((pod) => pod.metadata.labels?.[HASH] !== revision && !sameTemplate(set, pod))
    if (stale && !stale.metadata.deletionTimestamp && set.spec.updateStrategy?.type !== 'OnDelete')
      api.remove('pods', namespaceOf(set), stale.metadata.name, { by: BY })
  }

  function create(set: Obj, index: number): void {
    const namespace = namespaceOf(set)
    const name = `${set.metadata.name}-${index}`
    if (api.get('pods', namespace, name)) return
    const claims: Record<string, string> = {}
    for (const template of set.spec.volumeClaimTemplates ?? []) {
      const claim = `${template.metadata.name}-${name}`
      claims[template.metadata.name] = claim
      if (api.get('persistentvolumeclaims', namespace, claim)) continue
      const labels = { ...template.metadata.labels, ...set.spec.selector.matchLabels }
      api.create(
        'persistentvolumeclaims',
        {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: { name: claim, namespace, labels, finalizers: ['kubernetes.io/pvc-protection'] },
          spec: { volumeMode: 'Filesystem', ...template.spec },
          status: { phase: 'Pending' },
        },
        BY,
      )
    }
    const labels = { 'apps.kubernetes.io/pod-index': String(index), [HASH]: revisionOf(set), 'statefulset.kubernetes.io/pod-name': name }
    const pod = podOf({ owner: set, name, generateName: `${set.metadata.name}-`, template: set.spec.template, labels, claims })
    api.create('pods', { ...pod, spec: { ...pod.spec, hostname: name, subdomain: set.spec.serviceName } }, BY)
  }

  function report(set: Obj, pods: readonly Obj[]): void {
    const status = statefulSetStatus(set, pods)
    if (!same(set.status, status))
      api.change(
        'statefulsets.apps',
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

function ordinal(pod: Obj): number {
  return Number(pod.metadata.name.slice(pod.metadata.name.lastIndexOf('-') + 1))
}

/** The revision name that pods of the present template carry; a set that reports one for its present generation keeps it. */
export function revisionOf(set: Obj): string {
  if (set.status?.updateRevision && set.status.observedGeneration === (set.metadata.generation ?? 1)) return set.status.updateRevision
  return `${set.metadata.name}-${safeHash(set.spec.template)}`
}

function sameTemplate(set: Obj, pod: Obj): boolean {
  const image = (spec: Obj['spec']) => (spec.containers ?? []).map((each: { image: string }) => each.image)
  return same(image(set.spec.template.spec), image(pod.spec)) && same(set.spec.template.metadata?.annotations, pod.metadata.annotations)
}

export function statefulSetStatus(set: Obj, pods: readonly Obj[]): Obj['status'] {
  const live = pods.filter((pod) => !pod.metadata.deletionTimestamp)
  const ready = live.filter(isReady).length
  const update = revisionOf(set)
  const updated = live.filter((pod) => pod.metadata.labels?.[HASH] === update || sameTemplate(set, pod)).length
  const done = updated === (set.spec.replicas ?? 1) && ready === updated
  const current = done ? update : (set.status?.currentRevision ?? update)
  return {
    observedGeneration: set.metadata.generation ?? 1,
    replicas: pods.length,
    ...(ready ? { readyReplicas: ready } : {}),
    ...(current === update
      ? updated
        ? { currentReplicas: updated }
        : {}
      : live.length - updated
        ? { currentReplicas: live.length - updated }
        : {}),
    ...(updated ? { updatedReplicas: updated } : {}),
    currentRevision: current,
    updateRevision: update,
    collisionCount: 0,
    availableReplicas: ready,
  }
}
