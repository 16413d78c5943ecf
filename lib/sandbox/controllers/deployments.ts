import type { Obj } from '../port.ts'
import { bounds, deploymentStatus, HASH, sameTemplate } from './deployment-status.ts'
import type { Note } from './events.ts'
import { controllerRef, safeHash, same } from './pods.ts'
import type { Station } from './station.ts'
import { keyOf, namespaceOf } from './station.ts'

const BY = 'kube-controller-manager'
const REVISION = 'deployment.kubernetes.io/revision'

/** Deployment → ReplicaSets: revisions, rolling update within maxSurge and maxUnavailable, Recreate, conditions and progress deadline. */
export function startDeployments(station: Station, note: (note: Note) => void): void {
  const { api, relations } = station
  const wake = (uid: string, ms = station.between(10, 60)) => station.later(`deployment/${uid}`, ms, () => settle(uid))

  station.on('deployments.apps', ({ type, object }) => type !== 'DELETED' && wake(object.metadata.uid))
  station.on('replicasets.apps', ({ object }) => {
    for (const owner of object.metadata.ownerReferences ?? []) if (owner.kind === 'Deployment') wake(owner.uid)
  })

  function setsOf(uid: string): Obj[] {
    return relations
      .dependents(uid)
      .filter((each) => each.resource === 'replicasets.apps')
      .map((each) => each.object)
  }

  function settle(uid: string): void {
    const deployment = api.byUid(uid)?.object
    if (!deployment) return
    if (!deployment.metadata.deletionTimestamp && !deployment.spec.paused) {
      const current = setsOf(uid).find((set) => sameTemplate(set, deployment)) ?? createSet(deployment)
      adoptRevision(deployment, current)
      roll(
        deployment,
        current,
        setsOf(uid).filter((set) => set.metadata.uid !== current.metadata.uid),
      )
    }
    const fresh = api.byUid(uid)?.object
    if (fresh) report(fresh, setsOf(uid))
  }

  function createSet(deployment: Obj): Obj {
    const { template } = deployment.spec
    const hash = safeHash({ template, collision: deployment.status?.collisionCount ?? 0 })
    const labels = { ...template.metadata?.labels, [HASH]: hash }
    return api.create(
      'replicasets.apps',
      {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: {
          name: `${deployment.metadata.name}-${hash}`,
          namespace: namespaceOf(deployment),
          labels,
          annotations: { [REVISION]: String(nextRevision(deployment)) },
          ownerReferences: [controllerRef(deployment)],
        },
        spec: {
          replicas: 0,
          selector: { matchLabels: { ...deployment.spec.selector.matchLabels, [HASH]: hash } },
          template: { ...template, metadata: { ...template.metadata, labels } },
        },
        status: { replicas: 0 },
      },
      BY,
    )
  }

  function nextRevision(deployment: Obj): number {
    return Math.max(0, ...setsOf(deployment.metadata.uid).map((set) => Number(set.metadata.annotations?.[REVISION] ?? 0))) + 1
  }

  function adoptRevision(deployment: Obj, current: Obj): void {
    const others = setsOf(deployment.metadata.uid).filter((set) => set.metadata.uid !== current.metadata.uid)
    const highest = Math.max(0, ...others.map((set) => Number(set.metadata.annotations?.[REVISION] ?? 0)))
    const own = Number(current.metadata.annotations?.[REVISION] ?? 0)
    const revision = String(own > highest ? own : highest + 1)
    if (current.metadata.annotations?.[REVISION] !== revision) {
      api.change('replicasets.apps', namespaceOf(current), current.metadata.name, BY, (draft) => {
        draft.metadata.annotations = { ...draft.metadata.annotations, [REVISION]: revision }
      })
    }
    if (deployment.metadata.annotations?.[REVISION] !== revision) {
      api.change('deployments.apps', namespaceOf(deployment), deployment.metadata.name, BY, (draft) => {
        draft.metadata.annotations = { ...draft.metadata.annotations, [REVISION]: revision }
      })
    }
  }

  function roll(deployment: Obj, current: Obj, others: readonly Obj[]): void {
    const wanted: number = deployment.spec.replicas ?? 1
    const old = others.filter((set) => (set.spec.replicas ?? 0) > 0)
    if (deployment.spec.strategy?.type === 'Recreate') {
      for (const set of old) scale(set, 0)
      if (others.every((set) => !set.status?.replicas && !set.status?.terminatingReplicas)) scale(current, wanted)
      return
    }
    const { surge, unavailable } = bounds(deployment, wanted)
    const oldCount = old.reduce((sum, set) => sum + (set.spec.replicas ?? 0), 0)
    const now: number = current.spec.replicas ?? 0
    if (now > wanted || oldCount === 0) scale(current, wanted)
    else scale(current, Math.min(wanted, Math.max(now, wanted + surge - oldCount)))
    shrink(deployment, current.metadata.uid, wanted - unavailable)
  }

  /** Takes old pods away, those that never became available first, as long as enough are left (Kubernetes rolling.go). */
  function shrink(deployment: Obj, currentUid: string, least: number): void {
    const sets = setsOf(deployment.metadata.uid)
    const spec = (set: Obj): number => set.spec.replicas ?? 0
    const available = (set: Obj): number => Math.min(spec(set), set.status?.availableReplicas ?? 0)
    const fresh = sets.find((set) => set.metadata.uid === currentUid)
    const old = sets.filter((set) => set.metadata.uid !== currentUid && spec(set) > 0)
    let room = sets.reduce((sum, set) => sum + spec(set), 0) - least - (fresh ? spec(fresh) - available(fresh) : 0)
    let spare = sets.reduce((sum, set) => sum + available(set), 0) - least
    for (const set of old) {
      const broken = Math.min(Math.max(0, room), spec(set) - available(set))
      const healthy = Math.min(Math.max(0, Math.min(spare, room - broken)), spec(set) - broken)
      room -= broken + healthy
      spare -= healthy
      if (broken + healthy > 0) scale(set, spec(set) - broken - healthy)
    }
  }

  function scale(set: Obj, replicas: number): void {
    const before: number = set.spec.replicas ?? 0
    const owner = set.metadata.ownerReferences?.[0] && api.byUid(set.metadata.ownerReferences[0].uid)?.object
    if (before !== replicas && owner)
      note({
        about: owner,
        reason: 'ScalingReplicaSet',
        message: `Scaled ${replicas > before ? 'up' : 'down'} replica set ${set.metadata.name} from ${before} to ${replicas}`,
        by: 'deployment-controller',
      })
    if (before !== replicas)
      api.change('replicasets.apps', namespaceOf(set), set.metadata.name, BY, (draft) => {
        draft.spec.replicas = replicas
      })
  }

  function report(deployment: Obj, sets: readonly Obj[]): void {
    const next = deploymentStatus(deployment, sets, station.stamp(), api.clock.now())
    if (next.retryMs !== null)
      station.later(`deployment/${keyOf(deployment)}/deadline`, next.retryMs, () => wake(deployment.metadata.uid, 0), true)
    if (same(deployment.status, next.status)) return
    api.change(
      'deployments.apps',
      namespaceOf(deployment),
      deployment.metadata.name,
      BY,
      (draft) => {
        draft.status = next.status
      },
      'status',
    )
  }
}
