import { type WriteRequest, wrongOption } from './body.ts'
import type { Kind } from './kinds.ts'
import { listKeys } from './patches.ts'
import { ApiRefusal, type Obj } from './port.ts'
import { badRequest, type Cause, invalid } from './refusal.ts'
import { builtInSchema } from './typed/built-in-types.ts'
import { duplicateFields } from './typed/duplicate-fields.ts'
import { decodingError } from './typed/go-decode.ts'
import { type Schema, schemaOfCrd } from './typed/schema.ts'
import { pruneUnknown } from './typed/unknown-fields.ts'
import { goText } from './values.ts'

const DIRECTIVES = ['Ignore', 'Strict', 'Warn']

/** What to do about unknown and doubled fields; throws `ApiRefusal` 422 for a word that is none. */
function directiveOf(request: WriteRequest): string {
  const asked = request.query.get('fieldValidation') || 'Warn'
  if (DIRECTIVES.includes(asked)) return asked
  const message = `Unsupported value: "${asked}": supported values: ${['', ...DIRECTIVES].map((each) => `"${each}"`).join(', ')}`
  throw wrongOption(request, 'fieldValidation', 'FieldValueNotSupported', message)
}

function schemaFor(kind: Kind): Schema | null {
  return kind.crd ? schemaOfCrd(kind) : builtInSchema(kind)
}

function metaSchema(): Schema | undefined {
  return builtInSchema({ apiVersion: 'v1', kind: 'ConfigMap' })?.properties?.metadata
}

/** Fields that the kind does not have, taken out of the object; and of its metadata, which is typed for every kind. */
function prune(kind: Kind, object: Obj): string[] {
  const schema = schemaFor(kind)
  const meta = kind.crd ? metaSchema() : undefined
  const inMeta = meta ? pruneUnknown(meta, object.metadata, 'metadata') : []
  return [...inMeta, ...(schema ? pruneUnknown(schema, object, '', kind.crd !== null) : [])]
}

function typeError(kind: Kind, object: Obj): string | null {
  const at = { struct: kind.kind, path: '' }
  if (kind.crd === null) {
    const schema = builtInSchema(kind)
    return schema ? decodingError(schema, object, at) : null
  }
  const meta = metaSchema()
  return meta ? decodingError(meta, object.metadata, { struct: kind.kind, path: 'metadata' }) : null
}

function isChecked({ subresource }: WriteRequest): boolean {
  return subresource === '' || subresource === 'status'
}

/**
 * Checks the body of a create or update as typed decoding would and takes unknown fields out of `object`. Answers the
 * warnings; throws `ApiRefusal` 400 for values of a wrong type, and for unknown or doubled fields when asked to be strict.
 */
export function checkBody(request: WriteRequest, object: Obj): string[] {
  const directive = directiveOf(request)
  if (!isChecked(request)) return []
  const { kind, text, contentType } = request
  const cannot = (why: string) => badRequest(`${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${why}`)
  const wrong = typeError(kind, object)
  if (wrong !== null) throw cannot(wrong)
  const doubled = directive !== 'Ignore' && !contentType.includes('yaml') ? duplicateFields(text) : []
  const unknown = prune(kind, object)
  const faults = [...unknown.map((path) => `unknown field "${path}"`), ...doubled.map((path) => `duplicate field "${path}"`)]
  if (directive === 'Strict' && faults.length > 0) throw cannot(`strict decoding error: ${faults.join(', ')}`)
  return directive === 'Ignore' ? [] : faults
}

function sortedTop(object: Obj): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Checks what a patch made of an object, as `checkBody` does; what it refuses is 422 about the patch. */
export function checkPatched(request: WriteRequest, object: Obj, patch: unknown): string[] {
  const directive = directiveOf(request)
  if (!isChecked(request)) return []
  const { kind, contentType } = request
  const refused = (why: string) => {
    const shown = contentType.includes('strategic') ? goText(patch) : JSON.stringify(sortedTop(object))
    const cause: Cause = { reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(shown)}: ${why}`, field: 'patch' }
    return invalid({ plural: '', group: '', kind: '' }, '', [cause])
  }
  const wrong = typeError(kind, object)
  if (wrong !== null) throw refused(contentType.includes('strategic') ? wrong.replace(/^json: .* of type /, 'unrecognized type: ') : wrong)
  const faults = prune(kind, object).map((path) => `unknown field "${path}"`)
  if (directive === 'Strict' && faults.length > 0) throw refused(`strict decoding error: ${faults.join(', ')}`)
  return directive === 'Ignore' ? [] : faults
}

/** `spec.containers[0].x` as applied objects name it: `.spec.containers[name="web"].x`. */
function appliedPath(object: Obj, path: string): string {
  let at: unknown = object
  let shown = ''
  for (const step of path.match(/[^.[\]]+/g) ?? []) {
    const inner = (at as Record<string, unknown>)?.[step]
    if (Array.isArray(at)) {
      const keys = listKeys(shown.slice(shown.lastIndexOf('.') + 1), at)
      const item = inner as Record<string, unknown>
      shown += keys ? `[${keys.map((key) => `${key}=${JSON.stringify(item[key])}`).join(',')}]` : `[${step}]`
    } else shown += `.${step}`
    at = inner
  }
  return shown
}

/** Throws `ApiRefusal` 500 for applied objects with fields that their kind does not have, whatever validation is asked for. */
export function checkApplied(request: WriteRequest, object: Obj): void {
  directiveOf(request)
  if (!isChecked(request)) return
  const { kind } = request
  const wrong = typeError(kind, object)
  const faults =
    wrong === null
      ? prune(kind, structuredClone(object)).map((path) => `${appliedPath(object, path)}: field not declared in schema`)
      : [wrong]
  if (faults.length === 0) return
  const { name, namespace = '' } = object.metadata
  const why = faults.length === 1 ? faults[0] : `errors:\n  ${faults.join('\n  ')}`
  const message = `failed to create typed patch object (${namespace}/${name}; ${kind.group}/${kind.version}, Kind=${kind.kind}): ${why}`
  throw new ApiRefusal({ code: 500, reason: '', message })
}
