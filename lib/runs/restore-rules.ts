import { at, dict, list, text, textMap } from '../kernel/wire.ts'

const DROPPED_META = [
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'ownerReferences',
  'finalizers',
  'managedFields',
  'selfLink',
] as const
const DROPPED_ANNOTATIONS: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deployment.kubernetes.io/revision',
  'argocd.argoproj.io/refresh',
  'blackstart.dev/act',
  'blackstart.dev/frozen',
])
/** Made anew by Kubernetes itself in every namespace. */
const MADE_BY_KUBERNETES: ReadonlySet<string> = new Set([
  'ConfigMap/kube-root-ca.crt',
  'ConfigMap/openshift-service-ca.crt',
  'ServiceAccount/default',
])

/** Whether an object is somebody's to restore: not made by Kubernetes and not made by a controller from another object. */
export function isRestorable(manifest: unknown): boolean {
  const kind = text(dict(manifest).kind)
  if (MADE_BY_KUBERNETES.has(`${kind}/${text(at(manifest, 'metadata', 'name'))}`)) return false
  if (kind === 'Secret' || kind === 'Event' || kind === 'Pod' || kind === 'EndpointSlice' || kind === 'Endpoints' || kind === 'ReplicaSet')
    return false
  return kind === 'Application' || !list(at(manifest, 'metadata', 'ownerReferences')).some((owner) => dict(owner).controller === true)
}

/**
 * A recorded manifest as it may be created again. References to owners that are gone would have it garbage-collected,
 * finalizers would make it undeletable, a running operation would start at once, an address may be another's by now.
 */
export function restorable(manifest: Readonly<Record<string, unknown>>, act: string): Record<string, unknown> {
  const { status: _status, operation: _operation, ...rest } = structuredClone(manifest) as Record<string, unknown>
  const meta: Record<string, unknown> = { ...dict(rest.metadata) }
  for (const field of DROPPED_META) delete meta[field]
  const annotations = Object.fromEntries(Object.entries(textMap(meta.annotations)).filter(([key]) => !DROPPED_ANNOTATIONS.has(key)))
  const out: Record<string, unknown> = { ...rest, metadata: { ...meta, annotations: { ...annotations, 'blackstart.dev/act': act } } }
  if (rest.kind === 'Service') out.spec = withoutAddresses(dict(rest.spec))
  if (rest.kind === 'ServiceAccount') delete out.secrets
  if (rest.kind === 'PersistentVolumeClaim') out.spec = { ...dict(rest.spec) }
  return out
}

function withoutAddresses(spec: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { clusterIP, clusterIPs: _ips, healthCheckNodePort: _port, ...rest } = spec
  return clusterIP === 'None' ? { ...rest, clusterIP } : { ...rest }
}
