import { at, num } from '../../kernel/wire.ts'
import { conditions, isTrue, type Judge, says, word } from './word.ts'

/** Argo CD's rule for apps/ReplicaSet (gitops-engine/pkg/health/health_replicaset.go). */
export const replicaSetHealth: Judge = (object) => {
  if (num(at(object, 'metadata', 'generation')) > num(at(object, 'status', 'observedGeneration')))
    return word('Progressing', 'the newest spec has not been observed yet')
  const failure = conditions(object).get('ReplicaFailure')
  if (isTrue(failure)) return word('Degraded', says(failure))
  const replicas = at(object, 'spec', 'replicas')
  const available = num(at(object, 'status', 'availableReplicas'))
  if (typeof replicas === 'number' && available < replicas) return word('Progressing', `${available} of ${replicas} replicas are available`)
  return word('Healthy')
}
