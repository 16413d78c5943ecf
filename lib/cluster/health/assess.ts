import { at, type Dict, text } from '../../kernel/wire.ts'
import type { Health } from '../schema.ts'
import { apiServiceHealth } from './api-service.ts'
import { autoscalerHealth } from './autoscaler.ts'
import { claimHealth } from './claim.ts'
import { cronJobHealth } from './cron-job.ts'
import { applicationSetHealth, certificateHealth, readyHealth, sealedSecretHealth, volumeSnapshotHealth } from './custom.ts'
import { customResourceDefinitionHealth } from './custom-resource-definition.ts'
import { daemonSetHealth } from './daemon-set.ts'
import { deploymentHealth } from './deployment.ts'
import { disruptionBudgetHealth } from './disruption-budget.ts'
import { jobHealth } from './job.ts'
import { podHealth } from './pod.ts'
import { replicaSetHealth } from './replica-set.ts'
import { ingressHealth, serviceHealth } from './service.ts'
import { statefulSetHealth } from './stateful-set.ts'
import { type Judge, word } from './word.ts'

const JUDGES: ReadonlyMap<string, Judge> = new Map([
  ['/PersistentVolumeClaim', claimHealth],
  ['/Pod', podHealth],
  ['/Service', serviceHealth],
  ['apiextensions.k8s.io/CustomResourceDefinition', customResourceDefinitionHealth],
  ['apiregistration.k8s.io/APIService', apiServiceHealth],
  ['apps/DaemonSet', daemonSetHealth],
  ['apps/Deployment', deploymentHealth],
  ['apps/ReplicaSet', replicaSetHealth],
  ['apps/StatefulSet', statefulSetHealth],
  ['argoproj.io/ApplicationSet', applicationSetHealth],
  ['autoscaling/HorizontalPodAutoscaler', autoscalerHealth],
  ['batch/CronJob', cronJobHealth],
  ['batch/Job', jobHealth],
  ['bitnami.com/SealedSecret', sealedSecretHealth],
  ['cert-manager.io/Certificate', certificateHealth],
  ['external-secrets.io/ClusterSecretStore', readyHealth],
  ['external-secrets.io/ExternalSecret', readyHealth],
  ['external-secrets.io/SecretStore', readyHealth],
  ['networking.k8s.io/Ingress', ingressHealth],
  ['policy/PodDisruptionBudget', disruptionBudgetHealth],
  ['snapshot.storage.k8s.io/VolumeSnapshot', volumeSnapshotHealth],
])

/** Argo CD's word for one object; null where Argo CD has none (gitops-engine/pkg/health/health.go). */
export function assessHealth(object: Dict): Health | null {
  if (text(at(object, 'metadata', 'deletionTimestamp')) !== '' && !isHook(object)) return word('Progressing', 'Pending deletion')
  const apiVersion = text(object.apiVersion)
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
  return JUDGES.get(`${group}/${text(object.kind)}`)?.(object) ?? null
}

/** A hook of a sync is judged by its own word even while it is being deleted. */
export function isHook(object: Dict): boolean {
  return (
    text(at(object, 'metadata', 'annotations', 'argocd.argoproj.io/hook')) !== '' ||
    text(at(object, 'metadata', 'annotations', 'helm.sh/hook')) !== ''
  )
}
