import { parse as parseYaml } from 'yaml'
import { checkKind, readBody, type WriteRequest, type Written, writeOf } from './body.ts'
import { applyFields } from './fields.ts'
import type { Kind } from './kinds.ts'
import { jsonPatch, mergePatch, strategicMerge } from './patches.ts'
import { ApiRefusal, type Obj } from './port.ts'
import { badRequest, conflict, invalid, noSuchResource, notFound } from './refusal.ts'
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

/** Refuses what typed decoding would: values of ConfigMaps that are no text, data of Secrets that is no base64. */
function checkTypes(object: Obj, kind: Kind): void {
  if (kind.resource === 'configmaps') {
    const odd = Object.values(object.data ?? {}).find((value) => typeof value !== 'string')
    if (odd !== undefined)
      throw badRequest(
        `ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal ${typeof odd} into Go struct field ConfigMap.data of type string`,
      )
  }
  if (kind.resource !== 'secrets') return
  for (const value of Object.values(object.data ?? {})) {
    const at = String(value).search(/[^A-Za-z0-9+/=\n]/)
    if (at >= 0) throw badRequest(`Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte ${at}`)
  }
}

export function create(storage: Storage, request: WriteRequest): Written {
  const { kind, namespace, subresource } = request
  if (subresource !== '') return createSub(storage, request)
  const object = readBody(request.text, request.contentType, kind.kind)
  checkKind(object, kind)
  checkTypes(object, kind)
  if (kind.namespaced && object.metadata.namespace && object.metadata.namespace !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  if (object.metadata.resourceVersion)
    throw new ApiRefusal({ code: 500, reason: '', message: 'resourceVersion should not be set on objects to be created' })
  if (kind.subresources.includes('status')) delete object.status
  const stored = storage.insert(kind, { ...object, metadata: { ...object.metadata, namespace } }, writeOf(request))
  return { code: 201, object: stored, warnings: finalizerWarnings(stored, kind) }
}

function createSub(storage: Storage, request: WriteRequest): Written {
  const { kind, namespace, name, subresource } = request
  const pod = storage.get(kind.resource, namespace, name)
  if (!pod) throw notFound(kind, name)
  const body = readBody(request.text, request.contentType, subresource)
  if (kind.resource === 'pods' && subresource === 'eviction') {
    const guard = storage
      .list('poddisruptionbudgets.policy', namespace)
      .find((budget) => fits(budget, pod) && (budget.status?.disruptionsAllowed ?? 0) < 1)
    if (guard) {
      const message = `The disruption budget ${guard.metadata.name} needs ${guard.status?.desiredHealthy ?? 0} healthy pods and has ${guard.status?.currentHealthy ?? 0} currently`
      throw new ApiRefusal({
        code: 429,
        reason: 'TooManyRequests',
        message: "Cannot evict pod as it would violate the pod's disruption budget.",
        details: { causes: [{ reason: 'DisruptionBudget', message }] },
      })
    }
    const grace = body.deleteOptions?.gracePeriodSeconds
    storage.remove(kind, namespace, name, { ...writeOf(request), ...(grace === undefined ? {} : { graceSeconds: grace }) })
    return { code: 201, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }, warnings: [] }
  }
  if (kind.resource === 'pods' && subresource === 'binding') {
    if (pod.spec?.nodeName)
      throw conflict({ ...kind, plural: 'pods/binding' }, name, `pod ${name} is already assigned to node "${pod.spec.nodeName}"`)
    storage.update(kind, namespace, name, { by: request.by, manager: request.manager }, (draft) => ({
      ...draft,
      spec: { ...draft.spec, nodeName: body.target?.name },
    }))
    return { code: 201, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }, warnings: [] }
  }
  throw noSuchResource()
}

function fits(budget: Obj, pod: Obj): boolean {
  return Object.entries(budget.spec?.selector?.matchLabels ?? {}).every(([key, value]) => pod.metadata.labels?.[key] === value)
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
  const stored = storage.update(kind, namespace, name, writeOf(request), () => body)
  return { code: 200, object: stored, warnings: finalizerWarnings(stored, kind) }
}

function patched(request: WriteRequest, type: string, patch: unknown, target: Obj): Obj {
  const { kind } = request
  if (type === 'application/json-patch+json') {
    if (!Array.isArray(patch)) throw badRequest('error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch')
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
    throw new ApiRefusal({
      code: 415,
      reason: 'UnsupportedMediaType',
      message: `the body of the request was in an unknown format - accepted media types include: ${PATCH_TYPES.filter((known) => !kind.crd || !known.includes('strategic')).join(', ')}`,
    })
  }
  const applying = type.startsWith('application/apply-patch')
  const options = { plural: '', group: 'meta.k8s.io', kind: 'PatchOptions' }
  if (!applying && query.has('force'))
    throw invalid(options, '', [
      { reason: 'FieldValueForbidden', message: 'Forbidden: may not be specified for non-apply patch', field: 'force' },
    ])
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
    if (manager === '')
      throw invalid(options, '', [
        { reason: 'FieldValueRequired', message: 'Required value: is required for apply patch', field: 'fieldManager' },
      ])
    return apply(storage, request, body as Obj, manager)
  }
  if (kind.crd && subresource === '' && type.includes('strategic')) throw unsupported(kind)
  const old = mustHave(storage, request)
  if (subresource === 'scale') return writeScale(storage, request, (scale) => patched(request, type, body, scale))
  const stored = storage.update(kind, namespace, name, writeOf(request), (draft) => {
    const next = patched(request, type, body, draft)
    refuseOtherUid(kind, next, old)
    if (next.metadata.name !== name)
      throw badRequest(`the name of the object (${next.metadata.name}) does not match the name on the URL (${name})`)
    return next
  })
  return { code: 200, object: stored, warnings: finalizerWarnings(stored, kind) }
}

function apply(storage: Storage, request: WriteRequest, body: Obj, manager: string): Written {
  const { kind, namespace, name, query, subresource } = request
  if (!body.kind || !body.apiVersion) throw badRequest(`invalid object type: /${body.apiVersion ?? ''}, Kind=${body.kind ?? ''}`)
  body.metadata ??= { name } as Obj['metadata']
  body.metadata.name ??= name
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
