import { at, type Dict, dict, list, text } from '../kernel/wire.ts'
import { groupOf } from './rules.ts'

export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

/** Metadata that changes without anybody changing the object, or that the revision's own columns hold. */
export const VOLATILE: ReadonlySet<string> = new Set([
  'managedFields',
  'resourceVersion',
  'generation',
  'selfLink',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
])
/** What a server sets itself or refuses on create, and what ties an object to a life that ended. */
const SERVER_GIVEN: ReadonlySet<string> = new Set([...VOLATILE, 'ownerReferences', 'finalizers', 'generateName'])
const SERVER_ANNOTATIONS: ReadonlySet<string> = new Set([
  LAST_APPLIED,
  'deployment.kubernetes.io/revision',
  'deprecated.daemonset.template.generation',
  'pv.kubernetes.io/bind-completed',
  'pv.kubernetes.io/bound-by-controller',
  'volume.kubernetes.io/selected-node',
  'volume.kubernetes.io/storage-provisioner',
  'volume.beta.kubernetes.io/storage-provisioner',
  'argocd.argoproj.io/refresh',
  'argocd.argoproj.io/hydrate',
  'argocd.argoproj.io/deletion-approved',
])

/** A recorded manifest as it can be created anew: nothing that belonged to the old object's life or that a server sets itself. */
export function sanitize(manifest: Dict): Record<string, unknown> {
  const { status: _status, operation: _operation, ...rest } = manifest
  const metadata: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(dict(manifest.metadata))) if (!SERVER_GIVEN.has(key)) metadata[key] = value
  const annotations = Object.fromEntries(Object.entries(dict(metadata.annotations)).filter(([key]) => !SERVER_ANNOTATIONS.has(key)))
  if (Object.keys(annotations).length > 0) metadata.annotations = annotations
  else delete metadata.annotations
  const clean: Whole = { ...rest, metadata }
  FIXES.get(`${groupOf(text(manifest.apiVersion))}/${text(manifest.kind)}`)?.(clean)
  return clean
}

type Whole = { metadata: Record<string, unknown> } & Record<string, unknown>

function editSpec(edit: (spec: Record<string, unknown>) => void): (whole: Whole) => void {
  return (whole) => {
    if (whole.spec === undefined) return
    const spec = { ...dict(whole.spec) }
    edit(spec)
    whole.spec = spec
  }
}

/** What else an API server gives, refuses or misreads on create, by kind (Kubernetes API reference and the validation of each kind). */
const FIXES: ReadonlyMap<string, (whole: Whole) => void> = new Map<string, (whole: Whole) => void>([
  [
    '/Namespace',
    (whole) => {
      delete whole.spec
    },
  ],
  [
    '/ServiceAccount',
    (whole) => {
      // Token Secrets of the former account; the token controller makes its own.
      delete whole.secrets
    },
  ],
  [
    '/Service',
    editSpec((spec) => {
      // A headless service says so in the very field that otherwise holds a given address.
      if (spec.clusterIP !== 'None') {
        delete spec.clusterIP
        delete spec.clusterIPs
      }
      delete spec.healthCheckNodePort
      // A port that was asked for is somebody's address; one that only a load balancer leads to is given anew.
      if (spec.type === 'LoadBalancer') spec.ports = list(spec.ports).map((port) => without(port, ['nodePort']))
    }),
  ],
  [
    '/PersistentVolume',
    editSpec((spec) => {
      // With the old claim's uid the volume would wait for that claim, which is gone.
      if (spec.claimRef !== undefined) spec.claimRef = without(spec.claimRef, ['uid', 'resourceVersion'])
    }),
  ],
  [
    '/Pod',
    editSpec((spec) => {
      delete spec.nodeName
    }),
  ],
  [
    'networking.k8s.io/Ingress',
    (whole) => {
      // Both at once are refused on create, though an update may have made them so.
      if (at(whole, 'spec', 'ingressClassName') === undefined) return
      const annotations = without(whole.metadata.annotations, ['kubernetes.io/ingress.class'])
      if (Object.keys(annotations).length > 0) whole.metadata.annotations = annotations
      else delete whole.metadata.annotations
    },
  ],
  [
    'batch/Job',
    editSpec((spec) => {
      if (spec.manualSelector === true) return
      delete spec.selector
      const template = dict(spec.template)
      const labels = without(at(template, 'metadata', 'labels'), [
        'controller-uid',
        'job-name',
        'batch.kubernetes.io/controller-uid',
        'batch.kubernetes.io/job-name',
      ])
      spec.template = { ...template, metadata: { ...dict(template.metadata), labels } }
    }),
  ],
])

function without(value: unknown, keys: readonly string[]): Dict {
  return Object.fromEntries(Object.entries(dict(value)).filter(([key]) => !keys.includes(key)))
}

/** What a restored object must not do by itself at once, taken out of its manifest and named. */
export type Aside = { readonly field: string; readonly value: unknown; readonly why: string }

/** A sanitized manifest without what acts by itself: an Application waits with its automated sync until somebody gives it back. */
export function setAside(manifest: Dict): { readonly manifest: Dict; readonly aside: readonly Aside[] } {
  const automated = at(manifest, 'spec', 'syncPolicy', 'automated')
  if (groupOf(text(manifest.apiVersion)) !== 'argoproj.io' || manifest.kind !== 'Application' || automated === undefined)
    return { manifest, aside: [] }
  const spec = dict(manifest.spec)
  const { automated: value, ...policy } = dict(spec.syncPolicy)
  return {
    manifest: { ...manifest, spec: { ...spec, syncPolicy: policy } },
    aside: [{ field: '/spec/syncPolicy/automated', value, why: 'it would sync, and prune, as soon as a controller runs' }],
  }
}
