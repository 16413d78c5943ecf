import { sanitize } from '../inventory/sanitize-rules.ts'
import { at, dict, list, text, textMap } from '../kernel/wire.ts'

/** Made anew by Kubernetes itself in every namespace. */
const MADE_BY_KUBERNETES: ReadonlySet<string> = new Set([
  'ConfigMap/kube-root-ca.crt',
  'ConfigMap/openshift-service-ca.crt',
  'ServiceAccount/default',
])
/** Made by a controller, or of this moment only; a Velero Backup made again would start a backup, and comes back from its storage by itself. */
const NOT_OURS: ReadonlySet<string> = new Set(['Secret', 'Event', 'Pod', 'EndpointSlice', 'Endpoints', 'ReplicaSet', 'Backup.velero.io'])
/** How kube-aggregator marks the APIServices that it keeps itself. */
const AUTOMANAGED = 'kube-aggregator.kubernetes.io/automanaged'

/** Whether an object is somebody's to restore: not made by Kubernetes and not made by a controller from another object. */
export function isRestorable(manifest: unknown): boolean {
  const kind = text(dict(manifest).kind)
  if (MADE_BY_KUBERNETES.has(`${kind}/${text(at(manifest, 'metadata', 'name'))}`)) return false
  const group = text(dict(manifest).apiVersion).replace(/\/?[^/]*$/, '')
  if (NOT_OURS.has(kind) || NOT_OURS.has(`${kind}.${group}`)) return false
  if (kind === 'APIService' && textMap(at(manifest, 'metadata', 'labels'))[AUTOMANAGED] !== undefined) return false
  return kind === 'Application' || !list(at(manifest, 'metadata', 'ownerReferences')).some((owner) => dict(owner).controller === true)
}

/** A recorded manifest as `act` creates it again: sanitized, and marked with the act that made it. */
export function restorable(manifest: Readonly<Record<string, unknown>>, act: string): Record<string, unknown> {
  const clean = sanitize(structuredClone(manifest))
  const metadata = dict(clean.metadata)
  const { 'blackstart.dev/frozen': _frozen, ...annotations } = dict(metadata.annotations)
  return { ...clean, metadata: { ...metadata, annotations: { ...annotations, 'blackstart.dev/act': act } } }
}
