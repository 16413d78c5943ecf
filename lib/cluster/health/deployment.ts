import { at, num, text } from '../../kernel/wire.ts'
import { conditions, type Judge, says, word } from './word.ts'

/** Argo CD's rule for apps/Deployment (gitops-engine/pkg/health/health_deployment.go): zero replicas are healthy. */
export const deploymentHealth: Judge = (object) => {
  if (at(object, 'spec', 'paused') === true) return word('Suspended', 'the rollout is paused')
  if (num(at(object, 'metadata', 'generation')) > num(at(object, 'status', 'observedGeneration')))
    return word('Progressing', 'the newest spec has not been observed yet')
  const progressing = conditions(object).get('Progressing')
  if (text(progressing?.reason) === 'ProgressDeadlineExceeded') return word('Degraded', says(progressing))
  const updated = num(at(object, 'status', 'updatedReplicas'))
  const total = num(at(object, 'status', 'replicas'))
  const available = num(at(object, 'status', 'availableReplicas'))
  const replicas = at(object, 'spec', 'replicas')
  if (typeof replicas === 'number' && updated < replicas) return word('Progressing', `${updated} of ${replicas} replicas are updated`)
  if (total > updated) return word('Progressing', `${total - updated} old replicas are ending`)
  if (available < updated) return word('Progressing', `${available} of ${updated} updated replicas are available`)
  return word('Healthy')
}
