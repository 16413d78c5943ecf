import { parse as parseYaml } from 'yaml'
import { checkAddress } from './addresses.ts'
import { checkKind, readBody, type WriteRequest, type Written, writeOf, wrongOption } from './body.ts'
import { shownEvent, storedEvent } from './event-shape.ts'
import { checkApplied, checkBody, checkPatched } from './field-validation.ts'
import { applyFields } from './fields.ts'
import type { Kind } from './kinds.ts'
import { jsonPatch, mergePatch, strategicMerge } from './patches.ts'
import { createUnderPod } from './pod-writes.ts'
import { ApiRefusal, type Obj } from './port.ts'
import { badRequest, conflict, invalid, notFound } from './refusal.ts'
import { writeScale } from './scale.ts'
import type { Storage } from './storage.ts'
import { copy } from './values.ts'

function finalizerWarnings(object: Obj, kind: Kind): string[] {
  if (!kind.crd) return []
  return (object.metadata.finalizers ?? [])
    .filter((name) => !name.includes('/'))
    .map(
      (name) =>
        `metadata.finalizers: "${name}": prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers`,
    )
}

/** Kinds whose defaults give a new object its status; all others begin with an empty one. */
const OWN_STATUS = new Set('customresourcedefinitions namespaces nodes persistentvolumeclaims persistentvolumes pods services'.split(' '))

export function create(storage: Storage, request: WriteRequest): Written {
  const { kind, namespace, subresource } = request
  if (subresource !== '') return createUnderPod(storage, request)
  const object = readBody(request.text, request.contentType, kind.kind)
  checkKind(object, kind)
  const warnings = checkBody(request, object)
  if (kind.namespaced && object.metadata.namespace && object.metadata.namespace !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  if (object.metadata.resourceVersion)
    throw new ApiRefusal({ code: 500, reason: '', message: 'resourceVersion should not be set on objects to be created' })
  if (kind.subresources.includes('status')) {
    delete object.status
    if (kind.crd === null && !OWN_STATUS.has(kind.plural)) object.status = {}
  }
  if (kind.resource === 'services') checkAddress(storage, object)
  const given = storedEvent({ ...object, metadata: { ...object.metadata, namespace } }, kind)
  const stored = storage.insert(kind, given, writeOf(request))
  return { code: 201, object: stored, warnings: [...warnings, ...finalizerWarnings(stored, kind)] }
}

function mustHave(storage: Storage, request: WriteRequest): Obj {
  const there = storage.get(request.kind.resource, request.namespace, request.name)
  if (!there) throw notFound(request.kind, request.name)
  return there
}

export function replace(storage: Storage, request: WriteRequest): Written {
  const { kind, namespace, name, subresource } = request
  const body = readBody(request.text, request.contentType, subresource === 'scale' ? 'Scale' : kind.kind)
  if (subresource === 'scale') return writeScale(storage, request, () => body)
  checkKind(body, kind)
  if (body.metadata.name && body.metadata.name !== name)
    throw badRequest(`the name of the object (${body.metadata.name}) does not match the name on the URL (${name})`)
  if (kind.namespaced && body.metadata.namespace && body.metadata.namespace !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  const warnings = checkBody(request, body)
  const old = mustHave(storage, request)
  if (body.metadata.uid && body.metadata.uid !== old.metadata.uid) {
    const key = `/registry/${kind.group === '' ? '' : `${kind.group}/`}${kind.plural}/${namespace === '' ? '' : `${namespace}/`}${name}`
    throw conflict(
      kind,
      name,
      `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${body.metadata.uid}, UID in object meta: ${old.metadata.uid}`,
    )
  }
  if (kind.crd && !body.metadata.resourceVersion) {
    throw invalid({ ...kind, kind: kind.plural }, name, [
      { reason: 'FieldValueInvalid', message: 'Invalid value: 0: must be specified for an update', field: 'metadata.resourceVersion' },
    ])
  }
  const stored = storage.update(kind, namespace, name, writeOf(request), () => storedEvent(body, kind))
  return { code: 200, object: stored, warnings: [...warnings, ...finalizerWarnings(stored, kind)] }
}

function patched(request: WriteRequest, type: string, patch: unknown, target: Obj): Obj {
  const { kind } = request
  if (type === 'application/json-patch+json') {
    if (!Array.isArray(patch))
      throw badRequest('error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp')
    return jsonPatch(target, patch) as Obj
  }
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch))
    throw badRequest('error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}')
  if (type === 'application/merge-patch+json') return mergePatch(target, patch) as Obj
  if (kind.crd && request.subresource !== 'scale') {
    throw new ApiRefusal({
      code: 415,
      reason: 'UnsupportedMediaType',
      message:
        'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
    })
  }
  return strategicMerge(target, patch) as Obj
}

function refuseOtherUid(kind: Kind, draft: Obj, old: Obj): void {
  if (!draft.metadata?.uid || draft.metadata.uid === old.metadata.uid) return
  const cause = {
    reason: 'FieldValueInvalid',
    message: `Invalid value: "${draft.metadata.uid}": field is immutable`,
    field: 'metadata.uid',
  }
  throw invalid(kind, old.metadata.name, [cause, cause])
}

function unsupported(kind: Kind): ApiRefusal {
  const types = PATCH_TYPES.filter((type) => !type.includes('cbor') && !(kind.crd && type.includes('strategic')))
  return new ApiRefusal({
    code: 415,
    reason: 'UnsupportedMediaType',
    message: `the body of the request was in an unknown format - accepted media types include: ${types.join(', ')}`,
  })
}

const PATCH_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
  'application/apply-patch+cbor',
]

export function patch(storage: Storage, request: WriteRequest): Written {
  const { kind, namespace, name, query, subresource } = request
  const type = request.contentType.split(';')[0]?.trim() ?? ''
  if (!PATCH_TYPES.includes(type)) {
    // Built-in kinds are routed by their content type before anything reads the body.
    if (kind.crd) throw unsupported(kind)
    throw new ApiRefusal({ code: 415, reason: 'UnsupportedMediaType', message: '415: Unsupported Media Type', details: {} })
  }
  const applying = type.startsWith('application/apply-patch')
  if (!applying && query.has('force'))
    throw wrongOption(request, 'force', 'FieldValueForbidden', 'Forbidden: may not be specified for non-apply patch')
  let body: unknown
  try {
    body = applying ? parseYaml(request.text) : JSON.parse(request.text)
  } catch (error) {
    throw badRequest(
      `error decoding patch: ${error instanceof SyntaxError && error.message.startsWith('Unexpected end') ? 'unexpected end of JSON input' : error instanceof Error ? error.message : 'invalid'}`,
    )
  }
  if (applying) {
    const manager = query.get('fieldManager') ?? ''
    if (manager === '') throw wrongOption(request, 'fieldManager', 'FieldValueRequired', 'Required value: is required for apply patch')
    return apply(storage, request, body as Obj, manager)
  }
  if (kind.crd && subresource === '' && type.includes('strategic')) throw unsupported(kind)
  const old = mustHave(storage, request)
  if (subresource === 'scale') return writeScale(storage, request, (scale) => patched(request, type, body, scale))
  let warnings: string[] = []
  const stored = storage.update(kind, namespace, name, writeOf(request), (draft) => {
    const next = patched(request, type, body, shownEvent(draft, kind))
    warnings = checkPatched(request, next, body)
    refuseOtherUid(kind, next, old)
    if (next.metadata.name !== name)
      throw badRequest(`the name of the object (${next.metadata.name}) does not match the name on the URL (${name})`)
    return storedEvent(next, kind)
  })
  return { code: 200, object: stored, warnings: [...warnings, ...finalizerWarnings(stored, kind)] }
}

function apply(storage: Storage, request: WriteRequest, body: Obj, manager: string): Written {
  const { kind, namespace, name, query, subresource } = request
  if (!body.kind || !body.apiVersion) throw badRequest(`invalid object type: /${body.apiVersion ?? ''}, Kind=${body.kind ?? ''}`)
  body.metadata ??= { name } as Obj['metadata']
  body.metadata.name ??= name
  checkApplied(request, body)
  const old = storage.get(kind.resource, namespace, name) ?? null
  const options = { manager, force: query.get('force') === 'true', now: storage.clock.now(), subresource }
  if (!old) {
    if (body.metadata.uid)
      throw conflict(kind, name, `uid mismatch: the provided object specified uid ${body.metadata.uid}, and no existing object was found`)
    if (subresource !== '') throw notFound(kind, name)
    const next = applyFields(kind, body, null, options)
    if (body.metadata.name !== name)
      throw badRequest(`the name of the object (${body.metadata.name}) does not match the name on the URL (${name})`)
    const stored = storage.insert(kind, { ...next, metadata: { ...next.metadata, namespace } }, { ...writeOf(request), manager: null })
    return { code: 201, object: stored, warnings: finalizerWarnings(stored, kind) }
  }
  const stored = storage.update(kind, namespace, name, { ...writeOf(request), manager: null }, (draft) => {
    const next = applyFields(kind, copy(body), draft, options)
    if (body.metadata.name !== name)
      throw badRequest(`the name of the object (${body.metadata.name}) does not match the name on the URL (${name})`)
    return next
  })
  return { code: 200, object: stored, warnings: finalizerWarnings(stored, kind) }
}
