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
  /** The meta.k8s.io kind that the query's options are read as. */
  readonly options: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions'
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

/** Refuses (422) an option of the query; `field` is its name. */
export function wrongOption({ options }: WriteRequest, field: string, reason: string, message: string): ApiRefusal {
  return invalid({ plural: '', group: 'meta.k8s.io', kind: options }, '', [{ reason, message, field }])
}

/** Whether the request only asks what would be; throws `ApiRefusal` 422 for any value but All. */
export function isDry(request: WriteRequest): boolean {
  const values = request.query.getAll('dryRun')
  if (values.every((value) => value === 'All')) return values.length > 0
  const message = `Unsupported value: ${JSON.stringify(values)}: supported values: "All"`
  throw wrongOption(request, 'dryRun', 'FieldValueNotSupported', message)
}

const MANAGER_BYTES = 128

function checkManager(request: WriteRequest): void {
  const manager = request.query.get('fieldManager') ?? ''
  if (Buffer.byteLength(manager) > MANAGER_BYTES)
    throw wrongOption(request, 'fieldManager', 'FieldValueTooLong', `Too long: may not be more than ${MANAGER_BYTES} bytes`)
  const at = [...manager].findIndex((letter) => !/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(letter))
  if (at < 0) return
  const code = manager.codePointAt(at) ?? 0
  const shown = JSON.stringify(manager).replaceAll(/\\u00([0-9a-f]{2})/g, '\\x$1')
  const why = `invalid character U+${code.toString(16).toUpperCase().padStart(4, '0')} (at position ${at})`
  throw wrongOption(request, 'fieldManager', 'FieldValueInvalid', `Invalid value: ${shown}: ${why}`)
}

export function writeOf(request: WriteRequest): Write {
  checkManager(request)
  return {
    by: request.by,
    groups: request.groups,
    manager: request.manager,
    apiVersion: request.kind.apiVersion,
    dry: isDry(request),
    ...(request.subresource === '' ? {} : { subresource: request.subresource }),
  }
}
