import type { Obj } from '../port.ts'

export type HealthWord = 'Healthy' | 'Suspended' | 'Progressing' | 'Missing' | 'Degraded' | 'Unknown'
const ORDER: readonly HealthWord[] = ['Healthy', 'Suspended', 'Progressing', 'Missing', 'Degraded', 'Unknown']

export function worst(words: readonly HealthWord[]): HealthWord {
  return words.reduce<HealthWord>((a, b) => (ORDER.indexOf(b) > ORDER.indexOf(a) ? b : a), 'Healthy')
}

/** The health Argo CD writes for a live object; null for kinds without a judgement. Anything being deleted is Progressing. */
export function healthOf(object: Obj): HealthWord | null {
  if (object.metadata.deletionTimestamp) return 'Progressing'
  const judge = JUDGES[`${object.apiVersion.split('/')[0]}/${object.kind}`] ?? JUDGES[object.kind]
  return judge ? judge(object) : null
}

type Condition = { type: string; status: string; reason?: string }
function condition(object: Obj, type: string): Condition | undefined {
  return (object.status?.conditions ?? []).find((each: Condition) => each.type === type)
}

const JUDGES: Readonly<Record<string, (object: Obj) => HealthWord>> = {
  'apps/Deployment': (each) => {
    if (each.spec.paused) return 'Suspended'
    if ((each.metadata.generation ?? 0) > (each.status?.observedGeneration ?? 0)) return 'Progressing'
    if (condition(each, 'Progressing')?.reason === 'ProgressDeadlineExceeded') return 'Degraded'
    const { updatedReplicas = 0, replicas = 0, availableReplicas = 0 } = each.status ?? {}
    return updatedReplicas < (each.spec.replicas ?? 1) || replicas > updatedReplicas || availableReplicas < updatedReplicas
      ? 'Progressing'
      : 'Healthy'
  },
  'apps/StatefulSet': (each) => {
    const { observedGeneration = 0, readyReplicas = 0, updateRevision, currentRevision } = each.status ?? {}
    if (observedGeneration === 0 || (each.metadata.generation ?? 0) > observedGeneration || readyReplicas < (each.spec.replicas ?? 1))
      return 'Progressing'
    return updateRevision === currentRevision || each.spec.updateStrategy?.type === 'OnDelete' ? 'Healthy' : 'Progressing'
  },
  'apps/DaemonSet': (each) => {
    const { observedGeneration = 0, updatedNumberScheduled = 0, desiredNumberScheduled = 0, numberAvailable = 0 } = each.status ?? {}
    if ((each.metadata.generation ?? 0) > observedGeneration) return 'Progressing'
    return updatedNumberScheduled < desiredNumberScheduled || numberAvailable < desiredNumberScheduled ? 'Progressing' : 'Healthy'
  },
  'batch/Job': (each) =>
    condition(each, 'Failed')?.status === 'True'
      ? 'Degraded'
      : condition(each, 'Complete')?.status === 'True'
        ? 'Healthy'
        : condition(each, 'Suspended')?.status === 'True'
          ? 'Suspended'
          : 'Progressing',
  PersistentVolumeClaim: (each) =>
    each.status?.phase === 'Bound' ? 'Healthy' : each.status?.phase === 'Lost' ? 'Degraded' : 'Progressing',
  Service: (each) => (each.spec?.type === 'LoadBalancer' && !each.status?.loadBalancer?.ingress?.length ? 'Progressing' : 'Healthy'),
  'networking.k8s.io/Ingress': (each) => (each.status?.loadBalancer?.ingress?.length ? 'Healthy' : 'Progressing'),
  'autoscaling/HorizontalPodAutoscaler': (each) => {
    const bad = (each.status?.conditions ?? []).some(
      (one: Condition) => one.status === 'False' && /^(Failed|Invalid)/.test(one.reason ?? ''),
    )
    return bad ? 'Degraded' : each.status?.conditions?.length ? 'Healthy' : 'Progressing'
  },
  'apiregistration.k8s.io/APIService': (each) => (condition(each, 'Available')?.status === 'True' ? 'Healthy' : 'Progressing'),
  'apiextensions.k8s.io/CustomResourceDefinition': (each) =>
    condition(each, 'Terminating') ? 'Progressing' : condition(each, 'Established')?.status === 'True' ? 'Healthy' : 'Degraded',
}
