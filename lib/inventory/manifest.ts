import { at, type Dict, dict, list, text } from '../kernel/wire.ts'
import { tellsMore } from './facts/argocd.ts'
import { groupOf } from './rules.ts'

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'
const DONE = new Set(['Succeeded', 'Failed', 'Error'])

/** Metadata that changes without anybody changing the object, or that the revision's own columns hold. */
const VOLATILE = new Set([
  'managedFields',
  'resourceVersion',
  'generation',
  'selfLink',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
])
/** What a server sets itself or refuses on create. */
const SERVER_GIVEN = new Set([...VOLATILE, 'ownerReferences', 'finalizers', 'generateName'])
const SERVER_ANNOTATIONS = new Set([
  LAST_APPLIED,
  'deployment.kubernetes.io/revision',
  'pv.kubernetes.io/bind-completed',
  'pv.kubernetes.io/bound-by-controller',
  'volume.kubernetes.io/selected-node',
  'argocd.argoproj.io/refresh',
  'argocd.argoproj.io/hydrate',
  'argocd.argoproj.io/deletion-approved',
])

/** The manifest as history keeps it: canonical, without noise; the same content gives the same text whatever happened to its status. */
export function keptManifest(object: Dict): Dict {
  const { status, operation: _operation, ...rest } = object
  const kept: Record<string, unknown> = { ...rest, metadata: keptMetadata(dict(object.metadata)) }
  const kind = text(object.kind)
  const group = groupOf(text(object.apiVersion))
  if (group === 'argoproj.io' && kind === 'Application') {
    const held = applicationStatus(dict(status))
    if (Object.keys(held).length > 0) kept.status = held
  }
  return kept
}

function keptMetadata(meta: Dict): Dict {
  const kept: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(meta)) if (!VOLATILE.has(key)) kept[key] = value
  if (dict(meta.annotations)[LAST_APPLIED] !== undefined) {
    const { [LAST_APPLIED]: _applied, ...annotations } = dict(meta.annotations)
    if (Object.keys(annotations).length > 0) kept.annotations = annotations
    else delete kept.annotations
  }
  return kept
}

/** What only an Application's status tells and the next operation overwrites: what it owned, its deployments, and what its last sync did. */
function applicationStatus(status: Dict): Dict {
  const kept: Record<string, unknown> = {}
  const resources = list(status.resources).map((one) => {
    const { health: _health, status: _sync, ...row } = dict(one)
    return row
  })
  if (resources.length > 0) kept.resources = resources
  if (status.history !== undefined) kept.history = status.history
  const revision = text(at(status, 'sync', 'revision'))
  if (revision !== '') kept.sync = { revision }
  const state = dict(status.operationState)
  // A running operation says something new every second; what it did stands in its end.
  if (DONE.has(text(state.phase))) {
    const { syncResult, ...whole } = state
    const rows = list(dict(syncResult).resources).map(dict).filter(tellsMore)
    kept.operationState = { ...whole, ...(syncResult === undefined ? {} : { syncResult: { ...dict(syncResult), resources: rows } }) }
  }
  return kept
}

/** A recorded manifest as it can be created anew: nothing that belonged to the old object's life or that a server sets itself. */
export function sanitize(manifest: Dict): Record<string, unknown> {
  const { status: _status, operation: _operation, ...rest } = manifest
  const metadata: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(dict(manifest.metadata))) if (!SERVER_GIVEN.has(key)) metadata[key] = value
  const annotations = Object.fromEntries(Object.entries(dict(metadata.annotations)).filter(([key]) => !SERVER_ANNOTATIONS.has(key)))
  if (Object.keys(annotations).length > 0) metadata.annotations = annotations
  else delete metadata.annotations
  const clean: Record<string, unknown> = { ...rest, metadata }
  const fix = FIXES.get(`${groupOf(text(manifest.apiVersion))}/${text(manifest.kind)}`)
  if (fix && clean.spec !== undefined) clean.spec = fix({ ...dict(clean.spec) })
  if (text(manifest.kind) === 'Namespace') delete clean.spec
  if (text(manifest.kind) === 'ServiceAccount') delete clean.secrets
  return clean
}

type Spec = Record<string, unknown>

/** Fields of a spec that the server gives and refuses or misreads on create (Kubernetes API reference, per kind). */
const FIXES: ReadonlyMap<string, (spec: Spec) => Spec> = new Map([
  [
    '/Service',
    (spec: Spec) => {
      // A headless service says so in the very field that otherwise holds a given address.
      if (spec.clusterIP !== 'None') {
        delete spec.clusterIP
        delete spec.clusterIPs
      }
      return spec
    },
  ],
  [
    '/PersistentVolume',
    (spec: Spec) => {
      if (spec.claimRef !== undefined) spec.claimRef = without(spec.claimRef, ['uid', 'resourceVersion'])
      return spec
    },
  ],
  [
    '/Pod',
    (spec: Spec) => {
      delete spec.nodeName
      return spec
    },
  ],
  [
    'batch/Job',
    (spec: Spec) => {
      delete spec.selector
      const template = dict(spec.template)
      const labels = without(at(template, 'metadata', 'labels'), [
        'controller-uid',
        'job-name',
        'batch.kubernetes.io/controller-uid',
        'batch.kubernetes.io/job-name',
      ])
      spec.template = { ...template, metadata: { ...dict(template.metadata), labels } }
      return spec
    },
  ],
])

function without(value: unknown, keys: readonly string[]): Dict {
  return Object.fromEntries(Object.entries(dict(value)).filter(([key]) => !keys.includes(key)))
}

/** Who changed an object last, as its managed fields tell; changes of status do not count. Null when they do not say. */
export function lastChange(object: Dict): { readonly by: string; readonly at: string } | null {
  let last: { by: string; at: string } | null = null
  for (const entry of list(at(object, 'metadata', 'managedFields')).map(dict)) {
    const when = text(entry.time)
    if (entry.subresource === 'status' || when === '') continue
    if (last === null || when >= last.at) last = { by: text(entry.manager), at: when }
  }
  return last
}
