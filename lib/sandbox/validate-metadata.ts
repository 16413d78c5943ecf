import { required, wrong } from './causes.ts'
import type { Kind } from './kinds.ts'
import type { Obj } from './port.ts'
import type { Cause } from './refusal.ts'

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const LABEL_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
const LABEL_NAMED = new Set(['namespaces', 'services'])
const STANDARD_FINALIZERS = new Set(['kubernetes', 'orphan', 'foregroundDeletion'])

const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/
const LABEL_VALUE_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
const KEY_NAME = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/
const KEY_NAME_RULE =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

/** What is wrong with a qualified name such as a label's key. */
function keyFaults(key: string): string[] {
  const parts = key.split('/')
  if (parts.length > 2)
    return [
      "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
    ]
  const name = parts.at(-1) ?? ''
  const prefix = parts.length === 2 ? parts[0] : undefined
  return [
    ...(prefix === '' ? ['prefix part must be non-empty'] : prefix && !SUBDOMAIN.test(prefix) ? [`prefix part ${SUBDOMAIN_RULE}`] : []),
    ...(name === '' ? ['name part must be non-empty'] : name.length > 63 ? ['name part must be no more than 63 bytes'] : []),
    ...(KEY_NAME.test(name) ? [] : [KEY_NAME_RULE]),
  ]
}

function labelCauses(labels: Readonly<Record<string, string>> | undefined): Cause[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...keyFaults(key).map((why) => wrong('metadata.labels', key, why)),
    ...(value.length > 63 ? [wrong('metadata.labels', value, 'must be no more than 63 bytes')] : []),
    ...(LABEL_VALUE.test(value) ? [] : [wrong('metadata.labels', value, LABEL_VALUE_RULE)]),
  ])
}

const CHECKED_ONCE_MORE = new Set(['configmaps', 'secrets', 'services', 'pods'])

/** An update has its labels checked by every layer that it passes, and each of them names the fault. */
function labelChecks(kind: Kind, old: Obj | null): number {
  if (!old) return 1
  return CHECKED_ONCE_MORE.has(kind.resource) ? 4 : 3
}

function nameCauses(kind: Kind, name: string): Cause[] {
  if (kind.group === 'rbac.authorization.k8s.io') return []
  const asLabel = LABEL_NAMED.has(kind.resource)
  return (asLabel ? LABEL : SUBDOMAIN).test(name) ? [] : [wrong('metadata.name', name, asLabel ? LABEL_RULE : SUBDOMAIN_RULE)]
}

function finalizerCauses(kind: Kind, finalizers: readonly string[] = []): Cause[] {
  if (kind.crd !== null || kind.group === 'apiextensions.k8s.io') return []
  return finalizers.flatMap((name, i) =>
    name.includes('/') || STANDARD_FINALIZERS.has(name)
      ? []
      : [wrong(`metadata.finalizers[${i}]`, name, 'name is neither a standard finalizer name nor is it fully qualified')],
  )
}

/** What is wrong with an object's name, labels, annotations, owners and finalizers, in the server's order. */
export function metadataCauses(kind: Kind, { metadata }: Obj, old: Obj | null): Cause[] {
  if (!metadata.name) return [required('metadata.name', 'name or generateName is required')]
  const labels = labelCauses(metadata.labels)
  const owners = (metadata.ownerReferences ?? []).filter(({ uid }) => !uid)
  return [
    ...nameCauses(kind, metadata.name),
    ...Array.from({ length: labelChecks(kind, old) }, () => labels).flat(),
    ...Object.keys(metadata.annotations ?? {}).flatMap((key) =>
      keyFaults(key.toLowerCase()).map((why) => wrong('metadata.annotations', key, why)),
    ),
    ...owners.map(() => wrong('metadata.ownerReferences.uid', '', 'must not be empty')),
    ...finalizerCauses(kind, metadata.finalizers),
  ]
}
