import { at, type Dict, dict, list, text } from '../../kernel/wire.ts'
import { type Judge, says, word } from './word.ts'

const SCALE_FAULTS: ReadonlySet<string> = new Set(['FailedGetScale', 'FailedUpdateScale'])
const METRIC_FAULTS: ReadonlySet<string> = new Set([
  'FailedGetResourceMetric',
  'FailedGetObjectMetric',
  'FailedGetPodsMetric',
  'FailedGetExternalMetric',
  'FailedComputeMetricsReplicas',
  'InvalidSelector',
])

/** Argo CD's rule for HorizontalPodAutoscaler (gitops-engine/pkg/health/health_hpa.go); v1 keeps its conditions in an annotation. */
export const autoscalerHealth: Judge = (object) => {
  const seen = autoscalerConditions(object)
  for (const one of seen) {
    const faults = one.type === 'AbleToScale' ? SCALE_FAULTS : one.type === 'ScalingActive' ? METRIC_FAULTS : undefined
    if (one.status === 'False' && faults?.has(text(one.reason))) return word('Degraded', says(one))
  }
  const scales = seen.find((one) => (one.type === 'AbleToScale' || one.type === 'ScalingLimited') && one.status === 'True')
  return scales ? word('Healthy', says(scales)) : word('Progressing', 'waiting to autoscale')
}

function autoscalerConditions(object: Dict): readonly Dict[] {
  if (text(object.apiVersion) !== 'autoscaling/v1') return list(at(object, 'status', 'conditions')).map(dict)
  const held = text(at(object, 'metadata', 'annotations', 'autoscaling.alpha.kubernetes.io/conditions'))
  try {
    return held === '' ? [] : list(JSON.parse(held)).map(dict)
  } catch {
    return []
  }
}
