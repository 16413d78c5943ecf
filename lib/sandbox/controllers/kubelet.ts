import type { Obj } from '../port.ts'
import type { Note } from './events.ts'
import { runningStatus, same, waitingStatus } from './pods.ts'
import { nodeReady } from './scheduler.ts'
import type { Station } from './station.ts'
import { keyOf, namespaceOf } from './station.ts'

const BY = 'kubelet'
/** What stopping takes at least. */
const STOP_MS = 500

export type Kubelet = {
  /** Images that cannot be pulled, by a part of their name. */
  readonly unpullable: Set<string>
  /** What a starting pod does before its containers run (an init container, say). */
  readonly beforeStart: ((pod: Obj) => void)[]
  /** Why a pod's container exits as soon as it starts, or null. */
  readonly crashes: ((pod: Obj) => string | null)[]
}

/** Starts bound pods a few seconds after scheduling, ends Job pods, and lets deleted pods vanish within their grace period. */
export function startKubelet(station: Station, note: (note: Note) => void): Kubelet {
  const { api } = station
  const kubelet: Kubelet = { unpullable: new Set(), beforeStart: [], crashes: [] }
  let addresses = 2

  station.on('pods', ({ type, object, old }) => {
    if (type === 'DELETED') return forget(object)
    const uid = object.metadata.uid
    if (object.metadata.deletionTimestamp) {
      if (old?.metadata.deletionTimestamp) return
      const grace = Math.max(0, object.metadata.deletionGracePeriodSeconds ?? 30) * 1000
      note({ about: object, reason: 'Killing', message: `Stopping container ${object.spec.containers?.[0]?.name ?? ''}`, by: BY })
      // A kubelet counts from when it hears; only for pods that were already going does the timestamp say what is left.
      const left = old ? grace : Date.parse(object.metadata.deletionTimestamp) - api.clock.now()
      const takes = Math.max(STOP_MS, station.between(0.3 * grace, 0.97 * grace))
      station.later(`kubelet/end/${uid}`, Math.max(20, Math.min(takes, left)), () => end(object))
    } else if (object.spec.nodeName && object.status?.phase === 'Pending' && !old?.spec.nodeName) {
      station.later(`kubelet/${uid}`, station.between(1_000, 4_000), () => start(object))
    } else if (!old && object.status?.phase === 'Running' && object.spec.restartPolicy !== 'Always') finishLater(object)
  })

  function forget(pod: Obj): void {
    for (const part of ['', 'end/', 'finish/']) station.cancel(`kubelet/${part}${pod.metadata.uid}`)
  }

  function current(seen: Obj): Obj | undefined {
    const pod = api.get('pods', namespaceOf(seen), seen.metadata.name)
    return pod?.metadata.uid === seen.metadata.uid ? pod : undefined
  }

  function start(seen: Obj): void {
    const pod = current(seen)
    if (!pod || pod.metadata.deletionTimestamp) return
    const node = api.get('nodes', '', pod.spec.nodeName)
    if (!node || !nodeReady(node)) return station.later(`kubelet/${pod.metadata.uid}`, 10_000, () => start(pod), true)
    for (const act of kubelet.beforeStart) act(pod)
    const ip: string = pod.status?.podIP ?? address()
    const trouble = troubleOf(pod)
    if (!trouble) {
      write(pod, runningStatus(pod, station.stamp(), ip))
      if (pod.spec.restartPolicy !== 'Always') finishLater(pod)
      return
    }
    const waiting: { state?: { waiting?: { reason?: string } } }[] = pod.status?.containerStatuses ?? []
    // Said once per cause: a real kubelet counts the same Event up.
    if (waiting[0]?.state?.waiting?.reason !== trouble.reason)
      note({ about: pod, type: 'Warning', reason: 'Failed', message: trouble.message, by: BY })
    write(pod, waitingStatus(pod, pod.status?.startTime ?? station.stamp(), ip, trouble.reason, trouble.message))
    station.later(`kubelet/${pod.metadata.uid}`, trouble.retryMs, () => start(pod), true)
  }

  function troubleOf(pod: Obj): { reason: string; message: string; retryMs: number } | null {
    const images: string[] = (pod.spec.containers ?? []).map((each: { image: string }) => each.image)
    const image = images.find((each) => [...kubelet.unpullable].some((part) => each.includes(part)))
    if (image)
      return {
        reason: 'ImagePullBackOff',
        message: `Back-off pulling image "${image}": ErrImagePull: failed to resolve reference "${image}": not found`,
        retryMs: 20_000,
      }
    const missing = missingReference(station, pod)
    if (missing) return { reason: 'CreateContainerConfigError', message: missing, retryMs: 5_000 }
    const crash = kubelet.crashes.map((each) => each(pod)).find((each) => each !== null)
    return crash ? { reason: 'CrashLoopBackOff', message: crash, retryMs: 10_000 } : null
  }

  function finishLater(pod: Obj): void {
    station.later(`kubelet/finish/${pod.metadata.uid}`, station.between(2_000, 6_000), () => {
      const now = current(pod)
      if (!now || now.metadata.deletionTimestamp || now.status?.phase !== 'Running') return
      const at = station.stamp()
      write(now, {
        ...now.status,
        phase: 'Succeeded',
        conditions: now.status.conditions.map((each: { type: string }) =>
          each.type === 'Ready' || each.type === 'ContainersReady'
            ? { ...each, status: 'False', reason: 'PodCompleted', lastTransitionTime: at }
            : each,
        ),
        containerStatuses: now.status.containerStatuses.map((each: object) => ({
          ...each,
          ready: false,
          started: false,
          state: { terminated: { exitCode: 0, reason: 'Completed', startedAt: now.status.startTime, finishedAt: at } },
        })),
      })
    })
  }

  function write(pod: Obj, status: Obj['status']): void {
    if (!same(pod.status, status))
      api.change(
        'pods',
        namespaceOf(pod),
        pod.metadata.name,
        BY,
        (draft) => {
          draft.status = status
        },
        'status',
      )
  }

  function end(seen: Obj): void {
    const pod = current(seen)
    if (pod) api.remove('pods', namespaceOf(pod), pod.metadata.name, { by: BY, uid: pod.metadata.uid, graceSeconds: 0 })
  }

  function address(): string {
    addresses++
    return `10.${244 + (addresses >> 16)}.${(addresses >> 8) & 255}.${addresses & 255}`
  }
  return kubelet
}

type Reference = { name?: string; key?: string; optional?: boolean }

/** A Secret or ConfigMap that a container cannot start without and that is not there. */
function missingReference(station: Station, pod: Obj): string | null {
  const namespace = namespaceOf(pod)
  const check = (resource: 'secrets' | 'configmaps', reference: Reference | undefined): string | null =>
    reference?.name && !reference.optional && !station.api.get(resource, namespace, reference.name)
      ? `${resource === 'secrets' ? 'secret' : 'configmap'} "${reference.name}" not found`
      : null
  for (const container of pod.spec.containers ?? []) {
    for (const { valueFrom } of container.env ?? []) {
      const missing = check('secrets', valueFrom?.secretKeyRef) ?? check('configmaps', valueFrom?.configMapKeyRef)
      if (missing) return missing
    }
    for (const { secretRef, configMapRef } of container.envFrom ?? []) {
      const missing = check('secrets', secretRef) ?? check('configmaps', configMapRef)
      if (missing) return missing
    }
  }
  for (const { secret, configMap } of pod.spec.volumes ?? []) {
    const missing = check('secrets', secret && { ...secret, name: secret.secretName }) ?? check('configmaps', configMap)
    if (missing) return `MountVolume.SetUp failed: ${missing} (${keyOf(pod)})`
  }
  return null
}
