import type { Obj } from '../port.ts'
import { same } from './pods.ts'

export const HASH = 'pod-template-hash'

/** maxSurge and maxUnavailable of a rolling update in pods. */
export function bounds(deployment: Obj, wanted: number): { surge: number; unavailable: number } {
  const { maxSurge = '25%', maxUnavailable = '25%' } = deployment.spec.strategy?.rollingUpdate ?? {}
  const part = (value: string | number, round: (n: number) => number) =>
    typeof value === 'number' ? value : value.endsWith('%') ? round((Number.parseInt(value, 10) * wanted) / 100) : Number(value)
  const surge = part(maxSurge, Math.ceil)
  const unavailable = part(maxUnavailable, Math.floor)
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable }
}

/** Whether a ReplicaSet is the one of the Deployment's present template. */
export function sameTemplate(set: Obj, deployment: Obj): boolean {
  const { [HASH]: _hash, ...labels } = set.spec.template.metadata?.labels ?? {}
  const template = { ...set.spec.template, metadata: { ...set.spec.template.metadata, labels } }
  return same(bare(template), bare(deployment.spec.template))
}

function bare(template: Obj['spec']): unknown {
  const { creationTimestamp: _created, ...metadata } = template.metadata ?? {}
  return { ...template, metadata }
}

type Condition = {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
  readonly lastUpdateTime: string
  readonly lastTransitionTime: string
}
type Word = readonly [status: string, reason: string, message: string]

/** The status a Deployment has by its ReplicaSets, and when its progress deadline must be looked at again (null: it need not). */
export function deploymentStatus(
  deployment: Obj,
  sets: readonly Obj[],
  stamp: string,
  now: number,
): { status: Obj['status']; retryMs: number | null } {
  const count = countPods(deployment, sets)
  const old: readonly Condition[] = deployment.status?.conditions ?? []
  const before = old.find((each) => each.type === 'Progressing')
  const deadline: number = (deployment.spec.progressDeadlineSeconds ?? 600) * 1000
  const since = count.moved || !before ? now : Date.parse(before.lastUpdateTime)
  const word = progressWord(deployment, count, before, now - since >= deadline)
  const progressing =
    word === null && before
      ? before
      : condition(old, 'Progressing', word ?? ['True', 'ReplicaSetUpdated', ''], stamp, count.moved && !count.complete)
  const availability = condition(old, 'Available', count.enough ? ENOUGH : LACKING, stamp, false)
  const status = {
    observedGeneration: deployment.metadata.generation ?? 1,
    ...(count.replicas ? { replicas: count.replicas } : {}),
    ...(count.updated ? { updatedReplicas: count.updated } : {}),
    ...(count.ready ? { readyReplicas: count.ready } : {}),
    ...(count.available ? { availableReplicas: count.available } : {}),
    ...(count.lack ? { unavailableReplicas: count.lack } : {}),
    terminatingReplicas: count.terminating,
    conditions: old[0]?.type === 'Progressing' ? [progressing, availability] : [availability, progressing],
  }
  return { status, retryMs: progressing.reason === 'ReplicaSetUpdated' ? Math.max(1_000, deadline - (now - since) + 500) : null }
}

const ENOUGH: Word = ['True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.']
const LACKING: Word = ['False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.']

type Count = ReturnType<typeof countPods>

function countPods(deployment: Obj, sets: readonly Obj[]) {
  const wanted: number = deployment.spec.replicas ?? 1
  const sum = (field: string, from: readonly Obj[] = sets): number => from.reduce((total, set) => total + (set.status?.[field] ?? 0), 0)
  const current = sets.filter((set) => sameTemplate(set, deployment))
  const [replicas, updated, ready, available] = [sum('replicas'), sum('replicas', current), sum('readyReplicas'), sum('availableReplicas')]
  const { updatedReplicas, readyReplicas, observedGeneration } = deployment.status ?? {}
  return {
    replicas,
    updated,
    ready,
    available,
    set: current[0]?.metadata.name ?? '',
    full: updated === wanted,
    terminating: sum('terminatingReplicas'),
    lack: Math.max(0, sets.reduce((total, set) => total + (set.spec.replicas ?? 0), 0) - available),
    enough: available >= wanted - bounds(deployment, wanted).unavailable,
    complete: updated === wanted && replicas === wanted && available === wanted,
    moved:
      updatedReplicas !== (updated || undefined) ||
      readyReplicas !== (ready || undefined) ||
      observedGeneration !== (deployment.metadata.generation ?? 1),
  }
}

/** What the condition Progressing says; null: what it said before. */
function progressWord(
  deployment: Obj,
  { complete, moved, full, set }: Count,
  before: Condition | undefined,
  overdue: boolean,
): Word | null {
  if (deployment.spec.paused) return before?.reason === 'DeploymentPaused' ? null : ['Unknown', 'DeploymentPaused', 'Deployment is paused']
  const late = !complete && ((before?.reason === 'ProgressDeadlineExceeded' && !moved) || overdue)
  const done = before?.reason === 'NewReplicaSetAvailable'
  if (complete || (done && !moved && !late)) return ['True', 'NewReplicaSetAvailable', `ReplicaSet "${set}" has successfully progressed.`]
  // A ReplicaSet that once was complete does not fall back to progressing when its pods do.
  if (done && before.message.includes(`"${set}"`) && full) return null
  if (late) return ['False', 'ProgressDeadlineExceeded', `ReplicaSet "${set}" has timed out progressing.`]
  return ['True', 'ReplicaSetUpdated', `ReplicaSet "${set}" is progressing.`]
}

function condition(old: readonly Condition[], type: string, [status, reason, message]: Word, stamp: string, moved: boolean): Condition {
  const last = old.find((each) => each.type === type)
  const unchanged = last?.status === status && last.reason === reason && !moved
  return {
    type,
    status,
    lastUpdateTime: unchanged ? last.lastUpdateTime : stamp,
    lastTransitionTime: last?.status === status ? last.lastTransitionTime : stamp,
    reason,
    message,
  }
}
