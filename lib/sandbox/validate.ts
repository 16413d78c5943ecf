import { barred, required, wrong } from './causes.ts'
import type { Kind } from './kinds.ts'
import type { Obj } from './port.ts'
import { type Cause, invalid } from './refusal.ts'
import { schemaOfCrd } from './typed/schema.ts'
import { structuralCauses } from './typed/structural-validation.ts'
import { metadataCauses } from './validate-metadata.ts'
import { same } from './values.ts'

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
  'customresourcedefinitions.apiextensions.k8s.io': ({ metadata, spec }) =>
    metadata.name === `${spec?.names?.plural}.${spec?.group}`
      ? []
      : [wrong('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group')],
  events: ({ metadata, involvedObject }) =>
    (involvedObject?.namespace || 'default') === metadata.namespace
      ? []
      : [wrong('involvedObject.namespace', involvedObject?.namespace ?? '', 'does not match event.namespace')],
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

const ACCOUNT_NAME = 'kubernetes.io/service-account.name'

/** Bytes that a ConfigMap or Secret holds; those given in base64 count as what they stand for. */
function sizeOf(object: Obj): number {
  const coded = object.kind === 'Secret' ? object.data : object.binaryData
  const plain = object.kind === 'Secret' ? {} : object.data
  const sum = (values: unknown, encoding: BufferEncoding) =>
    Object.values(values ?? {}).reduce((total: number, value) => total + Buffer.byteLength(String(value), encoding), 0)
  return sum(coded, 'base64') + sum(plain, 'utf8')
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
  if (object.kind === 'Secret' && object.type === 'kubernetes.io/service-account-token')
    if (!object.metadata.annotations?.[ACCOUNT_NAME]) causes.push(required(`metadata.annotations[${ACCOUNT_NAME}]`))
  const size = sizeOf(object)
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
  const schema = kind.crd ? schemaOfCrd(kind) : null
  const causes = [
    ...metadataCauses(kind, object, old),
    ...(BY_KIND[kind.resource]?.(object, old) ?? []),
    ...(schema ? structuralCauses(schema, object) : []),
  ]
  if (causes.length > 0) throw invalid(kind, object.metadata.name ?? '', causes)
}
