import type { IncomingMessage, ServerResponse } from 'node:http'
import type { User } from './access.ts'
import { isRemotePath } from './aggregated-apis.ts'
import type { Credentials } from './authenticate.ts'
import { readBody, type WriteRequest, type Written } from './body.ts'
import { remove, removeAll } from './deletes.ts'
import type { Kind } from './kinds.ts'
import { answerList } from './list.ts'
import { shapeFor } from './negotiate.ts'
import { answerLog } from './pod-log.ts'
import { ApiRefusal, type Obj } from './port.ts'
import { matcherOf, type Query, type Shape } from './read-options.ts'
import { initializing, methodNotAllowed, noSuchResource, notFound } from './refusal.ts'
import { objectText, partialText, tableOf } from './represent.ts'
import { readText, sendJson, sendText } from './respond.ts'
import { answerReview } from './reviews.ts'
import { scaleOf } from './scale.ts'
import type { Storage } from './storage.ts'
import type { Target } from './target.ts'
import { answerWatch } from './watch.ts'
import { create, patch, replace } from './writes.ts'

/** One request to a resource, after authentication and authorization. */
export type Call = {
  readonly storage: Storage
  readonly credentials: Credentials
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly target: Target
  readonly verb: string
  readonly user: User
  readonly query: Query
  isSilent(): boolean
  /** Registers how an open watch on `resource` is ended; the answer forgets it. */
  opened(resource: string, hangUp: () => void): () => void
}

type Known = { readonly kind: Kind; readonly namespace: string | undefined; readonly shape: Shape }

function shapeText(storage: Storage, object: Obj, { kind, shape }: Known, include: string): string {
  if (shape === 'partial') return partialText(object)
  if (shape === 'full') return objectText(object, kind)
  return JSON.stringify(tableOf(kind, [object], include, storage.clock.now(), { resourceVersion: object.metadata.resourceVersion }))
}

function answerWritten({ storage, response }: Call, known: Known, written: Written): void {
  for (const warning of written.warnings) response.appendHeader('warning', `299 - ${JSON.stringify(warning)}`)
  if (written.body) return sendJson(response, written.code, written.body)
  const { object } = written
  if (!object) throw new Error('a write answers with an object or a body')
  sendJson(response, written.code, object.kind === 'Scale' ? object : shapeText(storage, object, known, 'Metadata'))
}

function answerUnknown({ storage, response, target }: Call): void {
  if (isRemotePath(storage, `/apis/${target.group}/${target.version}`)) return sendText(response, 503, 'service unavailable\n')
  const mine = storage.registry.all().filter(({ group }) => group === target.group)
  // A group of definitions that no longer defines this name answers in plain text.
  if (!mine.some(({ version }) => version === target.version) || mine.some(({ crd }) => crd))
    return sendText(response, 404, '404 page not found\n')
  throw noSuchResource()
}

/** Throws `ApiRefusal` 404 or 405 for what the kind does not have at this path. */
function checkTarget(kind: Kind, { namespace, name, subresource }: Target, verb: string): void {
  if (!kind.namespaced && namespace !== undefined) throw noSuchResource()
  if (name === '' && (verb === 'update' || verb === 'patch')) throw methodNotAllowed()
  if (subresource !== '' && !kind.subresources.includes(subresource)) throw kind.crd ? notFound(kind, name) : noSuchResource()
  if (subresource === 'finalize' && verb !== 'update') throw methodNotAllowed()
  if (subresource === '' && ['list', 'create', 'deletecollection'].includes(verb) && !kind.verbs.includes(verb)) throw methodNotAllowed()
}

function answerGet(call: Call, known: Known): void {
  const { storage, response, target, query } = call
  const object = storage.get(known.kind.resource, known.namespace ?? '', target.name)
  if (!object) throw notFound(known.kind, target.name)
  if (target.subresource === 'scale') return sendJson(response, 200, scaleOf(object, known.kind))
  if (target.subresource === 'log') return answerLog(response, object, query)
  sendJson(response, 200, shapeText(storage, object, known, query.get('includeObject') ?? 'Metadata'))
}

const OPTIONS: Readonly<Record<string, WriteRequest['options']>> = {
  create: 'CreateOptions',
  update: 'UpdateOptions',
  patch: 'PatchOptions',
}

async function readWrite({ request, target, query, user, verb }: Call, { kind, namespace }: Known): Promise<WriteRequest> {
  const text = await readText(request)
  const agent = String(request.headers['user-agent'] ?? 'unknown').split('/')[0] || 'unknown'
  return {
    kind,
    namespace: namespace ?? '',
    name: target.name,
    subresource: target.subresource,
    query,
    contentType: String(request.headers['content-type'] ?? ''),
    text,
    manager: query.get('fieldManager') || agent,
    by: user.name,
    groups: user.groups,
    options: OPTIONS[verb] ?? 'DeleteOptions',
  }
}

function answerCreate(call: Call, known: Known, write: WriteRequest): void {
  const { storage, credentials, response, user } = call
  const { kind } = known
  if (kind.resource === 'serviceaccounts' && write.subresource === 'token') return issueToken(call, write)
  if (kind.verbs.length === 1) {
    const answer = answerReview(storage, kind, readBody(write.text, write.contentType, kind.kind), user, credentials.knownUser)
    if (answer) return sendJson(response, 201, answer)
  }
  answerWritten(call, known, create(storage, write))
}

function answerWrite(call: Call, known: Known, write: WriteRequest): void {
  const { storage, verb, target, query } = call
  if (verb === 'create') return answerCreate(call, known, write)
  if (verb === 'update') return answerWritten(call, known, replace(storage, write))
  if (verb === 'patch') return answerWritten(call, known, patch(storage, write))
  if (verb === 'delete') return answerWritten(call, known, remove(storage, write))
  const { matches } = matcherOf(query, known.kind)
  const objects = storage.list(known.kind.resource, known.kind.namespaced ? target.namespace : undefined).filter(matches)
  answerWritten(call, known, removeAll(storage, write, objects))
}

/** What would need a container that really runs. */
const NEEDS_CONTAINER = new Set(['attach', 'exec', 'portforward', 'proxy'])

/** A new definition's endpoint answers 429 while its storage starts. */
const STORAGE_STARTS_MS = 25

/** Answers any verb on a resource. */
export async function answerResource(call: Call): Promise<void> {
  const { storage, request, response, target, verb, query } = call
  const { kind } = target
  if (!kind) return answerUnknown(call)
  if (kind.crd && storage.clock.now() - storage.registry.servedSince(kind.resource) < STORAGE_STARTS_MS) throw initializing()
  checkTarget(kind, target, verb)
  if (NEEDS_CONTAINER.has(target.subresource)) {
    const message = `The sandbox simulates containers and runs none, so ${kind.plural}/${target.subresource} is not offered.`
    throw new ApiRefusal({ code: 501, reason: 'NotImplemented', message })
  }
  const listing = verb === 'list' || verb === 'deletecollection'
  const shape = shapeFor(String(request.headers.accept ?? ''), kind, listing)
  const scope = kind.namespaced ? target.namespace : undefined
  if (verb === 'watch') {
    if (target.name !== '') query.set('fieldSelector', `metadata.name=${target.name}`)
    return answerWatch(response, storage, kind, scope, query, shape, call.isSilent, (hangUp) => call.opened(kind.resource, hangUp))
  }
  if (verb === 'list') return answerList(response, storage, kind, scope, query, shape)
  const known: Known = { kind, namespace: kind.namespaced ? target.namespace : '', shape }
  if (verb === 'get') return answerGet(call, known)
  answerWrite(call, known, await readWrite(call, known))
}

function issueToken({ storage, credentials, response }: Call, write: WriteRequest): void {
  const account = storage.get('serviceaccounts', write.namespace, write.name)
  if (!account) throw notFound(write.kind, write.name)
  const body = readBody(write.text, write.contentType, 'TokenRequest')
  const token = credentials.issue(account)
  const lasts = body.spec?.expirationSeconds ?? 3600
  sendJson(response, 201, {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name: write.name, namespace: write.namespace, creationTimestamp: account.metadata.creationTimestamp },
    spec: { audiences: ['https://kubernetes.default.svc'], expirationSeconds: lasts, boundObjectRef: null, ...body.spec },
    status: { token, expirationTimestamp: new Date(storage.clock.now() + lasts * 1000).toISOString().replace(/\.\d+/, '') },
  })
}
