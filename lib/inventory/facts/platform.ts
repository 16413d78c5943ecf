import type { Facts } from '../../cluster/schema.ts'
import { at, type Dict, dict, list, num, text, textMap, textOrNull } from '../../kernel/wire.ts'
import { conditionsOf, holds } from './conditions.ts'
import { podNeeds } from './workload.ts'

type Of<K extends Facts['is']> = Extract<Facts, { is: K }>

const ZONE = 'topology.kubernetes.io/zone'

export function podFacts(object: Dict): Of<'pod'> {
  const statuses = [...list(at(object, 'status', 'initContainerStatuses')), ...list(at(object, 'status', 'containerStatuses'))].map(dict)
  return {
    is: 'pod',
    phase: text(at(object, 'status', 'phase')),
    ready: holds(object, 'Ready'),
    restarts: statuses.reduce((sum, one) => sum + num(one.restartCount), 0),
    waiting: [...new Set(statuses.map((one) => text(at(one, 'state', 'waiting', 'reason'))))].filter((one) => one !== ''),
    node: text(at(object, 'spec', 'nodeName')),
    zone: text(at(object, 'metadata', 'labels', ZONE)),
  }
}

export function cronJobFacts(object: Dict): Of<'cronjob'> {
  return {
    is: 'cronjob',
    schedule: text(at(object, 'spec', 'schedule')),
    timeZone: text(at(object, 'spec', 'timeZone')),
    suspended: at(object, 'spec', 'suspend') === true,
    active: list(at(object, 'status', 'active')).length,
    lastScheduleAt: textOrNull(at(object, 'status', 'lastScheduleTime')),
    lastSuccessAt: textOrNull(at(object, 'status', 'lastSuccessfulTime')),
    ...podNeeds(dict(at(object, 'spec', 'jobTemplate', 'spec', 'template', 'spec'))),
  }
}

export function jobFacts(object: Dict): Of<'job'> {
  return { is: 'job', complete: holds(object, 'Complete'), failed: holds(object, 'Failed'), active: num(at(object, 'status', 'active')) }
}

export function namespaceFacts(object: Dict): Of<'namespace'> {
  return { is: 'namespace', phase: text(at(object, 'status', 'phase')), conditions: conditionsOf(object) }
}

export function claimFacts(object: Dict): Of<'claim'> {
  return {
    is: 'claim',
    phase: text(at(object, 'status', 'phase')),
    volume: text(at(object, 'spec', 'volumeName')),
    storageClass: text(at(object, 'spec', 'storageClassName')),
  }
}

export function volumeFacts(object: Dict): Of<'volume'> {
  const claim = at(object, 'spec', 'claimRef')
  return {
    is: 'volume',
    phase: text(at(object, 'status', 'phase')),
    policy: text(at(object, 'spec', 'persistentVolumeReclaimPolicy')),
    claim:
      claim === undefined ? null : { namespace: text(dict(claim).namespace), name: text(dict(claim).name), uid: text(dict(claim).uid) },
    handle: text(at(object, 'spec', 'csi', 'volumeHandle')),
    storageClass: text(at(object, 'spec', 'storageClassName')),
  }
}

export function serviceFacts(object: Dict): Of<'service'> {
  return { is: 'service', type: text(at(object, 'spec', 'type')) || 'ClusterIP', selector: textMap(at(object, 'spec', 'selector')) }
}

export function endpointFacts(object: Dict): Of<'endpoints'> {
  const endpoints = list(object.endpoints)
  return {
    is: 'endpoints',
    service: text(at(object, 'metadata', 'labels', 'kubernetes.io/service-name')),
    // An endpoint of unknown readiness counts as ready (discovery.k8s.io/v1 EndpointConditions).
    ready: endpoints.filter((one) => at(one, 'conditions', 'ready') !== false).length,
    total: endpoints.length,
  }
}

export function ingressFacts(object: Dict): Of<'ingress'> {
  const rules = list(at(object, 'spec', 'rules')).map(dict)
  const backends = [
    at(object, 'spec', 'defaultBackend'),
    ...rules.flatMap((rule) => list(at(rule, 'http', 'paths')).map((path) => dict(path).backend)),
  ]
  return {
    is: 'ingress',
    hosts: [...new Set(rules.map((rule) => text(rule.host)))].filter((one) => one !== ''),
    services: [...new Set(backends.map((one) => text(at(one, 'service', 'name'))))].filter((one) => one !== ''),
    tlsSecrets: [...new Set(list(at(object, 'spec', 'tls')).map((one) => text(dict(one).secretName)))].filter((one) => one !== ''),
  }
}

/** Taints of those who take nodes away on purpose: kubectl drain, the cluster autoscaler, Karpenter. */
const LEAVING =
  /^(node\.kubernetes\.io\/unschedulable|ToBeDeletedByClusterAutoscaler|DeletionCandidateOfClusterAutoscaler|karpenter\.sh\/(disrupted|disruption))$/

export function accountFacts(object: Dict): Of<'account'> {
  return { is: 'account', pullSecrets: list(object.imagePullSecrets).map((one) => text(dict(one).name)) }
}

export function nodeFacts(object: Dict): Of<'node'> {
  return {
    is: 'node',
    ready: holds(object, 'Ready'),
    zone: text(at(object, 'metadata', 'labels', ZONE)),
    cordoned:
      at(object, 'spec', 'unschedulable') === true || list(at(object, 'spec', 'taints')).some((one) => LEAVING.test(text(dict(one).key))),
  }
}

/** HorizontalPodAutoscaler (minReplicas defaults to 1) and KEDA's ScaledObject (minReplicaCount defaults to 0, its target to a Deployment). */
export function autoscalerFacts(object: Dict): Of<'autoscaler'> {
  const target = dict(at(object, 'spec', 'scaleTargetRef'))
  const keda = text(object.kind) === 'ScaledObject'
  return {
    is: 'autoscaler',
    target: { kind: text(target.kind) || 'Deployment', name: text(target.name) },
    min: keda ? num(at(object, 'spec', 'minReplicaCount'), 0) : num(at(object, 'spec', 'minReplicas'), 1),
  }
}

/** cert-manager.io/Certificate: until when it is valid, and when it was to be renewed (its status, never the Secret). */
export function certificateFacts(object: Dict): Of<'certificate'> {
  return {
    is: 'certificate',
    secret: text(at(object, 'spec', 'secretName')),
    notAfter: textOrNull(at(object, 'status', 'notAfter')),
    renewalAt: textOrNull(at(object, 'status', 'renewalTime')),
  }
}

export function definitionFacts(object: Dict): Of<'crd'> {
  return {
    is: 'crd',
    group: text(at(object, 'spec', 'group')),
    plural: text(at(object, 'spec', 'names', 'plural')),
    kind: text(at(object, 'spec', 'names', 'kind')),
    established: holds(object, 'Established'),
    terminating: holds(object, 'Terminating'),
  }
}

export function apiServiceFacts(object: Dict): Of<'apiservice'> {
  const available = conditionsOf(object).find((one) => one.type === 'Available')
  return { is: 'apiservice', available: available?.status === 'True', reason: available?.reason ?? '' }
}

export function webhookFacts(object: Dict): Of<'webhook'> {
  return {
    is: 'webhook',
    hooks: list(object.webhooks)
      .map(dict)
      .map((one) => {
        const service = dict(at(one, 'clientConfig', 'service'))
        const name = text(service.name)
        return {
          name: text(one.name),
          failurePolicy: text(one.failurePolicy) || 'Fail',
          service: name === '' ? '' : `${text(service.namespace)}/${name}`,
        }
      }),
  }
}
