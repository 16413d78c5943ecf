import { parse as parseYaml } from 'yaml'
import { applyFields } from './fields.ts'
import type { Kind } from './kinds.ts'
import { jsonPatch, mergePatch, strategicMerge } from './patches.ts'
import { ApiRefusal, type Obj, type Propagation } from './port.ts'
import { alreadyExists, badRequest, conflict, forbidden, invalid, MODIFIED, noSuchResource, notFound } from './refusal.ts'
import { copy, type Storage, type Write } from './storage.ts'

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

function checkKind(object: Obj, kind: Kind): void {
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

function isDry(query: URLSearchParams): boolean {
  const values = query.getAll('dryRun')
  if (values.length === 0) return false
  if (values.every((value) => value === 'All')) return true
  const message = `Unsupported value: ${JSON.stringify(values)}: supported values: "All"`
  throw invalid({ plural: '', group: 'meta.k8s.io', kind: 'CreateOptions' }, '', [
    { reason: 'FieldValueNotSupported', message, field: 'dryRun' },
  ])
}

function writeOf(request: WriteRequest): Write {
  return {
    by: request.by,
    groups: request.groups,
    manager: request.manager,
    apiVersion: request.kind.apiVersion,
    dry: isDry(request.query),
    ...(request.subresource === '' ? {} : { subresource: request.subresource }),
  }
}

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

/** The autoscaling/v1 Scale of a workload. */
export function scaleOf(object: Obj): Obj {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const labels = object.spec?.selector?.matchLabels ?? {}
  const selector = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
  const replicas = object.spec?.replicas ?? 0
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, ...(namespace ? { namespace } : {}), uid, resourceVersion, creationTimestamp },
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: object.status?.replicas ?? 0, ...(selector ? { selector } : {}) },
  }
}

function writeScale(storage: Storage, request: WriteRequest, edit: (scale: Obj) => Obj): Written {
  const { kind, namespace, name } = request
  const stored = storage.update(kind, namespace, name, writeOf(request), (draft) => {
    const scale = edit(scaleOf(draft))
    const replicas = scale.spec?.replicas ?? 0
    if (scale.metadata.resourceVersion && scale.metadata.resourceVersion !== draft.metadata.resourceVersion)
      throw conflict(kind, name, MODIFIED)
    if (replicas < 0) {
      throw invalid({ plural: 'scales', group: 'autoscaling', kind: 'Scale' }, name, [
        { reason: 'FieldValueInvalid', message: `Invalid value: ${replicas}: must be greater than or equal to 0`, field: 'spec.replicas' },
      ])
    }
    return { ...draft, spec: { ...draft.spec, replicas } }
  })
  return { code: 200, object: scaleOf(stored), warnings: [] }
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

type DeleteOptions = {
  gracePeriodSeconds?: number
  propagationPolicy?: string
  orphanDependents?: boolean
  preconditions?: { uid?: string; resourceVersion?: string }
  dryRun?: string[]
}

function removalOf(request: WriteRequest): Parameters<Storage['remove']>[3] {
  const { query } = request
  const body: DeleteOptions =
    request.text.trim() === '' ? {} : (readBody(request.text, request.contentType, 'DeleteOptions') as unknown as DeleteOptions)
  const policy = body.propagationPolicy ?? query.get('propagationPolicy') ?? undefined
  if (policy !== undefined && !['Background', 'Foreground', 'Orphan'].includes(policy)) {
    const message = `Unsupported value: "${policy}": supported values: "Foreground", "Background", "Orphan", "nil"`
    throw invalid({ plural: '', group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', [
      { reason: 'FieldValueNotSupported', message, field: 'propagationPolicy' },
    ])
  }
  const grace = body.gracePeriodSeconds ?? (query.has('gracePeriodSeconds') ? Number(query.get('gracePeriodSeconds')) : undefined)
  const orphan = body.orphanDependents === true ? 'Orphan' : undefined
  const propagation = (policy as Propagation | undefined) ?? orphan
  return {
    ...writeOf(request),
    dry: isDry(query) || (body.dryRun?.includes('All') ?? false),
    ...(body.preconditions?.uid === undefined ? {} : { uid: body.preconditions.uid }),
    ...(body.preconditions?.resourceVersion === undefined ? {} : { resourceVersion: body.preconditions.resourceVersion }),
    ...(propagation === undefined ? {} : { propagation }),
    ...(grace === undefined ? {} : { graceSeconds: grace }),
  }
}

const KEPT_NAMESPACES = new Set(['default', 'kube-system', 'kube-public'])

export function remove(storage: Storage, request: WriteRequest): Written {
  const { kind, namespace, name } = request
  const removal = removalOf(request)
  if (kind.resource === 'namespaces' && KEPT_NAMESPACES.has(name)) throw forbidden(kind, name, 'this namespace may not be deleted')
  const { gone, object } = storage.remove(kind, namespace, name, removal)
  if (!gone) return { code: 200, object, warnings: [] }
  const details = { name, ...(kind.group === '' ? {} : { group: kind.group }), kind: kind.plural, uid: object.metadata.uid }
  // Graceful kinds answer with the object even when it went at once.
  if (kind.resource === 'pods') return { code: 200, object, warnings: [] }
  return { code: 200, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }, warnings: [] }
}

/** deletecollection: what matched, as it stood. */
export function removeAll(storage: Storage, request: WriteRequest, objects: readonly Obj[]): Written {
  const removal = removalOf(request)
  for (const object of objects)
    if (storage.get(request.kind.resource, object.metadata.namespace ?? '', object.metadata.name))
      storage.remove(request.kind, object.metadata.namespace ?? '', object.metadata.name, removal)
  return {
    code: 200,
    body: {
      kind: request.kind.listKind,
      apiVersion: request.kind.apiVersion,
      metadata: { resourceVersion: String(storage.revision()) },
      items: objects,
    },
    warnings: [],
  }
}

export { alreadyExists }
