import type { Facts } from '../../cluster/schema.ts'
import { at, type Dict, dict, list, num, text, textMap } from '../../kernel/wire.ts'

type Workload = Extract<Facts, { is: 'workload' }>

/** Deployment, StatefulSet, DaemonSet and ReplicaSet: what is wanted, what is there, and what it needs by name. */
export function workloadFacts(object: Dict): Workload {
  const kind = text(object.kind)
  const pod = dict(at(object, 'spec', 'template', 'spec'))
  const status = dict(object.status)
  const daemon = kind === 'DaemonSet'
  // The API server always stores spec.replicas; one is what an omitted count means.
  const desired = daemon ? num(status.desiredNumberScheduled) : num(at(object, 'spec', 'replicas'), 1)
  return {
    is: 'workload',
    desired,
    ready: num(daemon ? status.numberReady : status.readyReplicas),
    updated: num(daemon ? status.updatedNumberScheduled : status.updatedReplicas),
    available: num(daemon ? status.numberAvailable : status.availableReplicas),
    maxUnavailable: maxUnavailable(object, kind, desired),
    paused: at(object, 'spec', 'paused') === true,
    images: unique(containers(pod).map((one) => text(one.image))),
    ...(kind === 'ReplicaSet' ? {} : { podLabels: textMap(at(object, 'spec', 'template', 'metadata', 'labels')) }),
    claims: unique([...templateClaims(object, desired), ...volumes(pod).map((one) => text(at(one, 'persistentVolumeClaim', 'claimName')))]),
    ...podNeeds(pod),
  }
}

/** Names of Secrets and ConfigMaps that a pod cannot start without; optional references are left out. */
export function podNeeds(pod: Dict): { readonly secrets: readonly string[]; readonly configMaps: readonly string[] } {
  const secrets: string[] = list(pod.imagePullSecrets).map((one) => text(dict(one).name))
  const configMaps: string[] = []
  const need = (into: string[], reference: unknown, key = 'name') => {
    if (dict(reference).optional !== true) into.push(text(dict(reference)[key]))
  }
  for (const volume of volumes(pod)) {
    need(secrets, volume.secret, 'secretName')
    need(configMaps, volume.configMap)
    for (const source of list(at(volume, 'projected', 'sources')).map(dict)) {
      need(secrets, source.secret)
      need(configMaps, source.configMap)
    }
  }
  for (const container of containers(pod)) {
    for (const source of list(container.envFrom).map(dict)) {
      need(secrets, source.secretRef)
      need(configMaps, source.configMapRef)
    }
    for (const variable of list(container.env)) {
      need(secrets, at(variable, 'valueFrom', 'secretKeyRef'))
      need(configMaps, at(variable, 'valueFrom', 'configMapKeyRef'))
    }
  }
  return { secrets: unique(secrets), configMaps: unique(configMaps) }
}

function containers(pod: Dict): readonly Dict[] {
  return [...list(pod.initContainers), ...list(pod.containers)].map(dict)
}

function volumes(pod: Dict): readonly Dict[] {
  return list(pod.volumes).map(dict)
}

/** The claims a StatefulSet makes: `<template>-<name>-<ordinal>`, from `spec.ordinals.start` on. */
function templateClaims(object: Dict, desired: number): readonly string[] {
  const start = num(at(object, 'spec', 'ordinals', 'start'))
  const name = text(at(object, 'metadata', 'name'))
  return list(at(object, 'spec', 'volumeClaimTemplates')).flatMap((one) =>
    Array.from({ length: Math.min(desired, 1_000) }, (_, i) => `${text(at(one, 'metadata', 'name'))}-${name}-${start + i}`),
  )
}

/** How many pods a rollout may take away: Deployment 25 % rounded down unless said otherwise, the others one (Kubernetes apps/v1 defaults). */
function maxUnavailable(object: Dict, kind: string, desired: number): number {
  if (kind === 'ReplicaSet') return 0
  const strategy = dict(at(object, 'spec', kind === 'Deployment' ? 'strategy' : 'updateStrategy'))
  if (strategy.type === 'Recreate') return desired
  const said = at(strategy, 'rollingUpdate', 'maxUnavailable')
  if (typeof said === 'number') return said
  const share = /^(\d+)%$/.exec(text(said))
  if (share) {
    const part = (desired * Number(share[1])) / 100
    return kind === 'Deployment' ? Math.floor(part) : Math.ceil(part)
  }
  return kind === 'Deployment' ? Math.floor(desired / 4) : 1
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)].filter((one) => one !== '')
}
