import type { Kind } from './kinds.ts'
import type { Obj } from './port.ts'
import { type Cause, invalid } from './refusal.ts'
import { same } from './values.ts'

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const LABEL_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
const LABEL_NAMED = new Set(['namespaces', 'services'])
const STANDARD_FINALIZERS = new Set(['kubernetes', 'orphan', 'foregroundDeletion'])

const required = (field: string, why = ''): Cause => ({
  reason: 'FieldValueRequired',
  message: `Required value${why === '' ? '' : `: ${why}`}`,
  field,
})
const wrong = (field: string, value: unknown, why: string): Cause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${JSON.stringify(value ?? null)}: ${why}`,
  field,
})
const barred = (field: string, why: string): Cause => ({ reason: 'FieldValueForbidden', message: `Forbidden: ${why}`, field })

function metadataCauses(kind: Kind, { metadata }: Obj): Cause[] {
  const causes: Cause[] = []
  if (!metadata.name) return [required('metadata.name', 'name or generateName is required')]
  if (kind.group !== 'rbac.authorization.k8s.io') {
    const asLabel = LABEL_NAMED.has(kind.resource)
    if (!(asLabel ? LABEL : SUBDOMAIN).test(metadata.name))
      causes.push(wrong('metadata.name', metadata.name, asLabel ? LABEL_RULE : SUBDOMAIN_RULE))
  }
  for (const owner of metadata.ownerReferences ?? [])
    if (!owner.uid) causes.push(wrong('metadata.ownerReferences.uid', '', 'must not be empty'))
  if (kind.crd === null && kind.group !== 'apiextensions.k8s.io') {
    for (const [i, name] of (metadata.finalizers ?? []).entries()) {
      if (!name.includes('/') && !STANDARD_FINALIZERS.has(name))
        causes.push(wrong(`metadata.finalizers[${i}]`, name, 'name is neither a standard finalizer name nor is it fully qualified'))
    }
  }
  return causes
}

function podSpecCauses(spec: Obj['spec'], path: string): Cause[] {
  if (!spec?.containers?.length) return [required(`${path}.containers`)]
  return spec.containers.flatMap((container: { name?: string; image?: string }, i: number) => [
    ...(container.name ? [] : [required(`${path}.containers[${i}].name`)]),
    ...(container.image ? [] : [required(`${path}.containers[${i}].image`)]),
  ])
}

function workloadCauses(object: Obj): Cause[] {
  const { spec } = object
  const causes: Cause[] = []
  if (typeof spec?.replicas === 'number' && spec.replicas < 0)
    causes.push(wrong('spec.replicas', spec.replicas, 'must be greater than or equal to 0'))
  const selector = spec?.selector
  if (!selector) causes.push(required('spec.selector'))
  const labels = spec?.template?.metadata?.labels
  const fits = selector && Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels?.[key] === value)
  if (!fits) causes.push(wrong('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'))
  return [...causes, ...podSpecCauses(spec?.template?.spec, 'spec.template.spec')]
}

const BY_KIND: Readonly<Record<string, (object: Obj, old: Obj | null) => Cause[]>> = {
  pods: (object, old) => (old ? [] : podSpecCauses(object.spec, 'spec')),
  'deployments.apps': workloadAndSelector,
  'replicasets.apps': workloadAndSelector,
  'statefulsets.apps': workloadAndSelector,
  'daemonsets.apps': workloadAndSelector,
  configmaps: immutableData,
  secrets(object, old) {
    const causes = immutableData(object, old)
    if (old && object.type !== old.type) causes.push(wrong('type', object.type, 'field is immutable'))
    return causes
  },
  persistentvolumeclaims(object, old) {
    if (!old?.spec?.volumeName || same(object.spec?.storageClassName, old.spec?.storageClassName)) return []
    return [barred('spec', 'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims')]
  },
  'validatingwebhookconfigurations.admissionregistration.k8s.io': webhookCauses,
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': webhookCauses,
}

function workloadAndSelector(object: Obj, old: Obj | null): Cause[] {
  const causes = workloadCauses(object)
  if (!old || same(object.spec?.selector, old.spec?.selector)) return causes
  return [wrong('spec.selector', object.spec?.selector, 'field is immutable'), ...causes]
}

/** Keys of a ConfigMap or Secret: their letters, and none both as text and as bytes. */
function keyCauses(object: Obj): Cause[] {
  const causes: Cause[] = []
  for (const key of Object.keys(object.data ?? {})) {
    if (!/^[-._a-zA-Z0-9]+$/.test(key))
      causes.push(
        wrong(
          `data[${key}]`,
          key,
          "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
        ),
      )
    if (object.binaryData?.[key] !== undefined) causes.push(wrong(`data[${key}]`, key, 'duplicate of key present in binaryData'))
  }
  if (object.kind === 'Secret' && object.type === 'kubernetes.io/tls')
    for (const key of ['tls.crt', 'tls.key']) if (object.data?.[key] === undefined) causes.push(required(`data[${key}]`))
  const size = Object.values(object.data ?? {}).reduce((sum: number, value) => sum + String(value).length, 0)
  if (size > 1_048_576)
    causes.push({
      reason: 'FieldValueTooLong',
      message: 'Too long: may not be more than 1048576 bytes',
      field: object.kind === 'Secret' ? 'data' : '[]',
    })
  return causes
}

function immutableData(object: Obj, old: Obj | null): Cause[] {
  const causes = keyCauses(object)
  if (!old?.immutable) return causes
  if (!object.immutable) causes.push(barred('immutable', 'field is immutable when `immutable` is set'))
  if (!same(object.data ?? {}, old.data ?? {})) causes.push(barred('data', 'field is immutable when `immutable` is set'))
  return causes
}

function webhookCauses(object: Obj): Cause[] {
  return (object.webhooks ?? []).flatMap((hook: { failurePolicy?: string }, i: number) =>
    hook.failurePolicy === 'Fail' || hook.failurePolicy === 'Ignore'
      ? []
      : [
          {
            reason: 'FieldValueNotSupported',
            message: `Unsupported value: "${hook.failurePolicy}": supported values: "Fail", "Ignore"`,
            field: `webhooks[${i}].failurePolicy`,
          },
        ],
  )
}

/** Refuses (422) what the API server would not store of the kinds that this platform lives on. */
export function validateObject(kind: Kind, object: Obj, old: Obj | null): void {
  const causes = [...metadataCauses(kind, object), ...(BY_KIND[kind.resource]?.(object, old) ?? [])]
  if (causes.length > 0) throw invalid(kind, object.metadata.name ?? '', causes)
}
