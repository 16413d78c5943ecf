import { at, num, text } from '../../kernel/wire.ts'
import { type Judge, word } from './word.ts'

/** Argo CD's rule for apps/StatefulSet (gitops-engine/pkg/health/health_statefulset.go): never Degraded. */
export const statefulSetHealth: Judge = (object) => {
  const observed = num(at(object, 'status', 'observedGeneration'))
  if (observed === 0 || num(at(object, 'metadata', 'generation')) > observed)
    return word('Progressing', 'the newest spec has not been observed yet')
  const replicas = at(object, 'spec', 'replicas')
  const ready = num(at(object, 'status', 'readyReplicas'))
  if (typeof replicas === 'number' && ready < replicas) return word('Progressing', `${ready} of ${replicas} pods are ready`)
  const strategy = text(at(object, 'spec', 'updateStrategy', 'type'))
  const partition = at(object, 'spec', 'updateStrategy', 'rollingUpdate', 'partition')
  // A partition of 0 counts as no partition only for the comparison of revisions: every pod is then to be updated.
  if (strategy === 'RollingUpdate' && at(object, 'spec', 'updateStrategy', 'rollingUpdate') !== undefined) {
    if (typeof replicas === 'number' && typeof partition === 'number') {
      const updated = num(at(object, 'status', 'updatedReplicas'))
      if (updated < replicas - partition)
        return word('Progressing', `${updated} of ${replicas - partition} pods of the new revision are updated`)
    }
    return word('Healthy')
  }
  if (strategy === 'OnDelete') return word('Healthy')
  if (text(at(object, 'status', 'updateRevision')) !== text(at(object, 'status', 'currentRevision')))
    return word('Progressing', 'pods of the new revision are being rolled out')
  return word('Healthy')
}
