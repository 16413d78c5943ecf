import { parse as parseYaml } from 'yaml'
import type { Kind } from './kinds.ts'
import { ApiRefusal, type Obj } from './port.ts'
import { badRequest, invalid } from './refusal.ts'
import type { Write } from './storage.ts'

/** One request that changes something, with everything already read from its path and headers. */
export type WriteRequest = {
  readonly kind: Kind
  readonly namespace: string
  readonly name: string
  readonly subresource: string
  readonly query: URLSearchParams
  readonly contentType: string
  readonly text: string
  readonly manager: string
  readonly by: string
  readonly groups: readonly string[]
}
export type Written = {
  readonly code: number
  readonly object?: Obj
  readonly body?: Record<string, unknown>
  readonly warnings: readonly string[]
}

const TYPES = 'accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf'

/** Reads a body as JSON or YAML; `what` names the kind in refusals. */
export function readBody(text: string, contentType: string, what: string): Obj {
  const type = contentType.split(';')[0]?.trim() || 'application/json'
  if (!['application/json', 'application/yaml', 'text/yaml'].includes(type)) {
    throw new ApiRefusal({
      code: 415,
      reason: 'UnsupportedMediaType',
      message: `the body of the request was in an unknown format - ${TYPES}`,
    })
  }
  let value: unknown
  try {
    value = type === 'application/json' ? JSON.parse(text) : parseYaml(text)
  } catch {
    throw badRequest(
      `the object provided is unrecognized (must be of type ${what}): couldn't get version/kind; json parse error: unexpected end of JSON input (${text === '' ? '<empty>' : text})`,
    )
  }
  if (Array.isArray(value)) {
    throw badRequest(
      `the object provided is unrecognized (must be of type ${what}): couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" } (${Buffer.from(text).toString('hex')})`,
    )
  }
  const object = (value ?? {}) as Obj
  object.metadata ??= {} as Obj['metadata']
  return object
}

/** Throws `ApiRefusal` 400 when the object is of another kind than its path. */
export function checkKind(object: Obj, kind: Kind): void {
  if (object.apiVersion && object.apiVersion !== kind.apiVersion) {
    if (kind.crd)
      throw badRequest(`the API version in the data (${object.apiVersion}) does not match the expected API version (${kind.apiVersion})`)
    throw badRequest(
      `${object.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: no kind "${object.kind}" is registered for version "${object.apiVersion}" in scheme "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"`,
    )
  }
  if (object.kind && object.kind !== kind.kind) {
    throw badRequest(
      `${object.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: converting (${kind.version}.${object.kind}) to (${kind.group === '' ? 'core' : kind.group.split('.')[0]}.${kind.kind}): unknown conversion`,
    )
  }
}

export function isDry(query: URLSearchParams): boolean {
  const values = query.getAll('dryRun')
  if (values.length === 0) return false
  if (values.every((value) => value === 'All')) return true
  const message = `Unsupported value: ${JSON.stringify(values)}: supported values: "All"`
  throw invalid({ plural: '', group: 'meta.k8s.io', kind: 'CreateOptions' }, '', [
    { reason: 'FieldValueNotSupported', message, field: 'dryRun' },
  ])
}

export function writeOf(request: WriteRequest): Write {
  return {
    by: request.by,
    groups: request.groups,
    manager: request.manager,
    apiVersion: request.kind.apiVersion,
    dry: isDry(request.query),
    ...(request.subresource === '' ? {} : { subresource: request.subresource }),
  }
}
