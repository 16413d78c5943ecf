import type { KindState } from '../cluster/schema.ts'

export type Resource = { readonly apiVersion: string; readonly kind: string; readonly plural: string; readonly namespaced: boolean }

const BUILT_IN: readonly Resource[] = (
  [
    ['v1', 'Namespace', 'namespaces', false],
    ['v1', 'Node', 'nodes', false],
    ['v1', 'PersistentVolume', 'persistentvolumes', false],
    ['v1', 'PersistentVolumeClaim', 'persistentvolumeclaims', true],
    ['v1', 'Pod', 'pods', true],
    ['v1', 'Service', 'services', true],
    ['v1', 'ConfigMap', 'configmaps', true],
    ['v1', 'Secret', 'secrets', true],
    ['v1', 'ServiceAccount', 'serviceaccounts', true],
    ['v1', 'LimitRange', 'limitranges', true],
    ['v1', 'ResourceQuota', 'resourcequotas', true],
    ['v1', 'Event', 'events', true],
    ['apps/v1', 'Deployment', 'deployments', true],
    ['apps/v1', 'StatefulSet', 'statefulsets', true],
    ['apps/v1', 'DaemonSet', 'daemonsets', true],
    ['apps/v1', 'ReplicaSet', 'replicasets', true],
    ['batch/v1', 'Job', 'jobs', true],
    ['batch/v1', 'CronJob', 'cronjobs', true],
    ['rbac.authorization.k8s.io/v1', 'Role', 'roles', true],
    ['rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings', true],
    ['rbac.authorization.k8s.io/v1', 'ClusterRole', 'clusterroles', false],
    ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'clusterrolebindings', false],
    ['networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies', true],
    ['networking.k8s.io/v1', 'Ingress', 'ingresses', true],
    ['policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets', true],
    ['autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', true],
    ['storage.k8s.io/v1', 'StorageClass', 'storageclasses', false],
    ['apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions', false],
    ['apiregistration.k8s.io/v1', 'APIService', 'apiservices', false],
    ['admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'validatingwebhookconfigurations', false],
    ['admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration', 'mutatingwebhookconfigurations', false],
    ['admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy', 'validatingadmissionpolicies', false],
    ['admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicyBinding', 'validatingadmissionpolicybindings', false],
    ['argoproj.io/v1alpha1', 'Application', 'applications', true],
    ['argoproj.io/v1alpha1', 'ApplicationSet', 'applicationsets', true],
    ['argoproj.io/v1alpha1', 'AppProject', 'appprojects', true],
  ] as const
).map(([apiVersion, kind, plural, namespaced]) => ({ apiVersion, kind, plural, namespaced }))

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''
}

/** How the API names a kind: what we know of ourselves, else what the collector found on the cluster (then taken as namespaced). */
export function resourceOf(kind: string, group: string | undefined, collected: readonly KindState[] = []): Resource | null {
  const fits = (one: { apiVersion: string; kind: string }) =>
    one.kind === kind && (group === undefined || groupOf(one.apiVersion) === group)
  const known = BUILT_IN.find(fits)
  if (known) return known
  const found = collected.find(fits)
  return found ? { apiVersion: found.apiVersion, kind, plural: found.plural, namespaced: true } : null
}

/** The order in which things come into being, each after what it rests on. */
const ORDER = [
  'Namespace',
  'NetworkPolicy',
  'ResourceQuota',
  'LimitRange',
  'PodDisruptionBudget',
  'ServiceAccount',
  'Secret',
  'ConfigMap',
  'StorageClass',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'CustomResourceDefinition',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
  'Service',
  'DaemonSet',
  'Deployment',
  'StatefulSet',
  'Job',
  'CronJob',
  'Ingress',
  'APIService',
  'AppProject',
  'Application',
  'ApplicationSet',
]
export function applyOrder(kind: string): number {
  const at = ORDER.indexOf(kind)
  return at < 0 ? ORDER.indexOf('Ingress') : at
}

export function objectPath(apiVersion: string, plural: string, namespace: string, name = ''): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  return `${root}${namespace ? `/namespaces/${encodeURIComponent(namespace)}` : ''}/${plural}${name ? `/${encodeURIComponent(name)}` : ''}`
}
