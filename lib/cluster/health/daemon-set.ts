import { at, num, text } from '../../kernel/wire.ts'
import { type Judge, word } from './word.ts'

/** Argo CD's rule for apps/DaemonSet (gitops-engine/pkg/health/health_daemonset.go): never Degraded. */
export const daemonSetHealth: Judge = (object) => {
  if (num(at(object, 'metadata', 'generation')) > num(at(object, 'status', 'observedGeneration')))
    return word('Progressing', 'the newest spec has not been observed yet')
  if (text(at(object, 'spec', 'updateStrategy', 'type')) === 'OnDelete') return word('Healthy')
  const desired = num(at(object, 'status', 'desiredNumberScheduled'))
  const updated = num(at(object, 'status', 'updatedNumberScheduled'))
  const available = num(at(object, 'status', 'numberAvailable'))
  if (updated < desired) return word('Progressing', `${updated} of ${desired} pods are updated`)
  if (available < desired) return word('Progressing', `${available} of ${desired} pods are available`)
  return word('Healthy')
}
