import { createHash } from 'node:crypto'
import type { Meta, Obj } from '../port.ts'

type NewPod = {
  readonly owner: Obj
  readonly name: string
  readonly generateName?: string
  readonly template: Obj['spec']
  readonly labels?: Record<string, string>
  readonly node?: string
  readonly claims?: Record<string, string>
}

/** A pod as a controller makes it from a template: defaults, controller reference, the claims of a StatefulSet mounted by name. */
export function podOf({
  owner,
  name,
  generateName,
  template,
  labels,
  node,
  claims,
}: NewPod): Omit<Obj, 'metadata'> & { metadata: Partial<Meta> & { name: string } } {
  const volumes = [
    ...(template.spec?.volumes ?? []),
    ...Object.entries(claims ?? {}).map(([volume, claimName]) => ({ name: volume, persistentVolumeClaim: { claimName } })),
  ]
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      ...(generateName ? { generateName } : {}),
      namespace: owner.metadata.namespace ?? '',
      labels: { ...template.metadata?.labels, ...labels },
      ...(template.metadata?.annotations ? { annotations: template.metadata.annotations } : {}),
      ownerReferences: [controllerRef(owner)],
    },
    spec: {
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      serviceAccountName: 'default',
      schedulerName: 'default-scheduler',
      ...template.spec,
      ...(volumes.length > 0 ? { volumes } : {}),
      ...(node ? { nodeName: node } : {}),
    },
    status: { phase: 'Pending', qosClass: 'Burstable' },
  }
}

export function controllerRef(owner: Obj): NonNullable<Meta['ownerReferences']>[number] {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  }
}

export function isReady(pod: Obj): boolean {
  const conditions: { type: string; status: string }[] = pod.status?.conditions ?? []
  return pod.status?.phase === 'Running' && conditions.some((each) => each.type === 'Ready' && each.status === 'True')
}

export function isActive(pod: Obj): boolean {
  return !pod.metadata.deletionTimestamp && pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed'
}

/** The conditions and container statuses of a pod that runs well. */
export function runningStatus(pod: Obj, since: string, ip: string): Obj['status'] {
  const containers: { name: string; image: string }[] = pod.spec.containers ?? []
  const condition = (type: string) => ({ type, status: 'True', lastProbeTime: null, lastTransitionTime: since })
  return {
    phase: 'Running',
    conditions: ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(condition),
    hostIP: '127.0.0.1',
    podIP: ip,
    podIPs: [{ ip }],
    startTime: since,
    containerStatuses: containers.map(({ name, image }) => ({
      name,
      state: { running: { startedAt: since } },
      lastState: {},
      ready: true,
      restartCount: 0,
      image,
      imageID: `${image.split(':')[0]}@sha256:${digest(image, 64)}`,
      started: true,
    })),
    qosClass: 'Burstable',
  }
}

/** The status of a pod one of whose containers cannot start: the pod is Pending and says why. */
export function waitingStatus(pod: Obj, since: string, ip: string, reason: string, message: string): Obj['status'] {
  const containers: { name: string; image: string }[] = pod.spec.containers ?? []
  const condition = (type: string, status: string) => ({
    type,
    status,
    lastProbeTime: null,
    lastTransitionTime: since,
    ...(status === 'False'
      ? { reason: 'ContainersNotReady', message: `containers with unready status: [${containers.map((each) => each.name).join(' ')}]` }
      : {}),
  })
  return {
    phase: 'Pending',
    conditions: [
      condition('Initialized', 'True'),
      condition('Ready', 'False'),
      condition('ContainersReady', 'False'),
      condition('PodScheduled', 'True'),
    ],
    hostIP: '127.0.0.1',
    podIP: ip,
    podIPs: [{ ip }],
    startTime: since,
    containerStatuses: containers.map(({ name, image }) => ({
      name,
      state: { waiting: { reason, message } },
      lastState: {},
      ready: false,
      restartCount: 0,
      image,
      imageID: '',
      started: false,
    })),
    qosClass: 'Burstable',
  }
}

/** Hexadecimal digest of a JSON value or text, cut to `length`. */
export function digest(value: unknown, length: number): string {
  return createHash('sha256')
    .update(typeof value === 'string' ? value : JSON.stringify(value))
    .digest('hex')
    .slice(0, length)
}

const SAFE = 'bcdfghjklmnpqrstvwxz2456789'

/** A hash in the alphabet of Kubernetes names. */
export function safeHash(value: unknown, length = 10): string {
  return [...digest(value, length * 2)]
    .filter((_, i) => i % 2 === 0)
    .map((letter, i) => SAFE[(Number.parseInt(letter, 16) * 7 + i) % SAFE.length])
    .join('')
}

/** Whether two JSON values are equal, whatever the order of their keys; absent, null, {} and [] are the same. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (isEmpty(a) && isEmpty(b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false
  const left = a as Record<string, unknown>
  const right = b as Record<string, unknown>
  const keys = new Set([...Object.keys(left), ...Object.keys(right)])
  return [...keys].every((key) => same(left[key], right[key]))
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0)
}

export function selects(selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>> | undefined): boolean {
  return Object.entries(selector).every(([key, value]) => labels?.[key] === value)
}
