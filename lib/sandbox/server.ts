import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { ADMIN, ANONYMOUS, type Ask, isAllowed, refusalText, serviceAccount, type User } from './access.ts'
import { aggregatedDiscovery, legacyDiscovery, openApi } from './discovery.ts'
import { createFaults, type Faults } from './faults.ts'
import type { Kind } from './kinds.ts'
import { ApiRefusal, type Obj } from './port.ts'
import { readProtobuf } from './protobuf.ts'
import { answerList, answerWatch, isTrue, type Shape } from './reads.ts'
import { badRequest, forbidden, noSuchResource, notFound } from './refusal.ts'
import { itemText, objectText, partialText, tableOf } from './represent.ts'
import { answerReview } from './reviews.ts'
import { fieldMatcher, labelMatcher } from './selectors.ts'
import type { Storage } from './storage.ts'
import { create, patch, readBody, remove, removeAll, replace, scaleOf, type WriteRequest, type Written } from './writes.ts'

const VERSION = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: 'v1.36.2',
  gitCommit: '0000000000000000000000000000000000000000',
  gitTreeState: 'clean',
  buildDate: '2026-08-21T00:00:00Z',
  goVersion: 'go1.26.11',
  compiler: 'gc',
  platform: 'linux/amd64',
}
const HEALTH = ['/healthz', '/livez', '/readyz']
const BODY_LIMIT = 3 * 1024 * 1024

type Target = {
  kind: Kind | null
  group: string
  version: string
  plural: string
  namespace: string | undefined
  name: string
  subresource: string
}
type Control = (method: string, path: string, body: Record<string, unknown>) => Promise<unknown> | unknown

export type SandboxServer = {
  readonly url: string
  readonly port: number
  readonly adminToken: string
  readonly faults: Faults
  /** A bearer token of a stored service account, as `serviceaccounts/token` issues it. */
  tokenOf(namespace: string, name: string): string
  /** When the last request came, by the wall's clock. */
  lastUsed(): number
  close(): Promise<void>
}

function readTarget(storage: Storage, path: string): Target | null {
  const steps = path
    .split('/')
    .filter((step) => step !== '')
    .map(decodeURIComponent)
  const legacy = steps[0] === 'api'
  if (!legacy && steps[0] !== 'apis') return null
  const group = legacy ? '' : (steps[1] ?? '')
  const version = steps[legacy ? 1 : 2] ?? ''
  const rest = steps.slice(legacy ? 2 : 3)
  if (rest.length === 0) return null
  const ofNamespace =
    rest[0] === 'namespaces' && rest.length >= 3 && !(legacy && rest.length === 3 && (rest[2] === 'status' || rest[2] === 'finalize'))
  const [plural = '', name = '', subresource = ''] = ofNamespace ? rest.slice(2) : rest
  const namespace = ofNamespace ? (rest[1] ?? '') : undefined
  return { kind: storage.registry.byPath(group, version, plural) ?? null, group, version, plural, namespace, name, subresource }
}

function shapeOf(accept: string): Shape {
  for (const entry of accept.split(',')) {
    const [type, ...params] = entry.split(';').map((part) => part.trim())
    const as = params.find((param) => param.startsWith('as='))?.slice(3)
    if (as === 'Table') return 'table'
    if (as?.startsWith('PartialObjectMetadata')) return 'partial'
    if (as === undefined && (type === 'application/json' || type === '*/*')) return 'full'
  }
  return 'full'
}

function verbOf(method: string, target: Target, query: URLSearchParams): string {
  if (method === 'GET' || method === 'HEAD') return isTrue(query.get('watch')) ? 'watch' : target.name === '' ? 'list' : 'get'
  if (method === 'POST') return 'create'
  if (method === 'PUT') return 'update'
  if (method === 'PATCH') return 'patch'
  return target.name === '' ? 'deletecollection' : 'delete'
}

function sendStatus(response: ServerResponse, refusal: ApiRefusal): void {
  const { code, reason, message, details } = refusal.status
  const listMeta = (refusal as ApiRefusal & { listMeta?: unknown }).listMeta ?? {}
  const retry = (details as { retryAfterSeconds?: number } | undefined)?.retryAfterSeconds
  if (retry) response.setHeader('retry-after', String(retry))
  sendJson(response, code, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: listMeta,
    status: 'Failure',
    message,
    ...(reason ? { reason } : {}),
    ...(details === undefined ? {} : { details }),
    code,
  })
}

function sendJson(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

function sendText(response: ServerResponse, code: number, text: string): void {
  response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' })
  response.end(text)
}

/** The body as text; a protobuf one of a known kind is turned into JSON, and the request's content type with it. */
async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > BODY_LIMIT)
      throw new ApiRefusal({ code: 413, reason: 'RequestEntityTooLarge', message: `Request entity too large: limit is ${BODY_LIMIT}` })
    chunks.push(chunk)
  }
  const bytes = Buffer.concat(chunks)
  if (!String(request.headers['content-type'] ?? '').includes('protobuf')) return bytes.toString()
  const object = readProtobuf(bytes)
  if (!object) return bytes.toString()
  request.headers['content-type'] = 'application/json'
  return JSON.stringify(object)
}

/** Serves `storage` as a Kubernetes API over TLS on loopback; `control` answers what is under `/_sandbox/`. */
export async function serveApi(options: {
  storage: Storage
  tls: { key: string; cert: string }
  port: number
  adminToken?: string
  control?: Control
}): Promise<SandboxServer> {
  const { storage, control } = options
  const adminToken = options.adminToken ?? randomBytes(32).toString('base64url')
  const faults = createFaults()
  const tokens = new Map<string, { namespace: string; name: string; uid: string }>()
  const streams = new Set<() => void>()
  let lastUsed = Date.now()

  storage.subscribe((resource, { type, object }) => {
    if (resource !== 'customresourcedefinitions.apiextensions.k8s.io' || type !== 'DELETED') return
    const gone = `${object.spec.names.plural}.${object.spec.group}`
    for (const [hangUp, watched] of watching) if (watched === gone) hangUp()
  })
  const watching = new Map<() => void, string>()

  function knownUser(token: string): User | null {
    const given = Buffer.from(token)
    const wanted = Buffer.from(adminToken)
    if (given.length === wanted.length && timingSafeEqual(given, wanted)) return ADMIN
    const account = tokens.get(token)
    if (!account) return null
    const stored = storage.get('serviceaccounts', account.namespace, account.name)
    return stored?.metadata.uid === account.uid ? serviceAccount(account.namespace, account.name, account.uid) : null
  }

  function authenticate(request: IncomingMessage): User {
    const header = request.headers.authorization
    if (!header) return ANONYMOUS
    const user = knownUser(header.replace(/^Bearer\s+/i, ''))
    if (!user || faults.current().unauthorized) throw new ApiRefusal({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' })
    return user
  }

  function impersonate(request: IncomingMessage, user: User, ask: Ask): User {
    const one = (name: string) => request.headersDistinct[name] ?? []
    const name = one('impersonate-user')[0] ?? ''
    const groups = one('impersonate-group')
    const extra: Record<string, string[]> = {}
    for (const header of Object.keys(request.headersDistinct))
      if (header.startsWith('impersonate-extra-')) extra[decodeURIComponent(header.slice('impersonate-extra-'.length))] = one(header)
    if (name === '') {
      if (groups.length === 0 && Object.keys(extra).length === 0) return user
      const shown = groups.map((group) => JSON.stringify(group)).join(', ')
      throw badRequest(
        `requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{${shown}}, Extra:map[string][]string(nil)} without impersonating a user name`,
      )
    }
    const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name)
    const asks: Ask[] = [
      account
        ? {
            verb: 'impersonate',
            group: '',
            resource: 'serviceaccounts',
            subresource: '',
            namespace: account[1] ?? '',
            name: account[2] ?? '',
          }
        : { verb: 'impersonate', group: '', resource: 'users', subresource: '', namespace: '', name },
      ...groups.map((group): Ask => ({ verb: 'impersonate', group: '', resource: 'groups', subresource: '', namespace: '', name: group })),
    ]
    for (const wanted of asks) {
      if (isAllowed(storage, user, wanted) || 'path' in wanted) continue
      const any = ['users', 'groups', 'serviceaccounts'].some((resource) => mayImpersonate(user, resource))
      if (!any && !('path' in ask))
        throw forbidden(
          { plural: ask.resource, group: ask.group, kind: '' },
          ask.name,
          refusalText(user, { ...ask, verb: `impersonate-on:user-info:${ask.verb}` }),
        )
      throw forbidden({ plural: wanted.resource, group: '', kind: '' }, wanted.name, refusalText(user, wanted))
    }
    const own = account ? serviceAccount(account[1] ?? '', account[2] ?? '', '').groups : groups
    const all = groups.length > 0 ? groups : own
    return { name, uid: one('impersonate-uid')[0] ?? '', groups: [...new Set([...all, 'system:authenticated'])], extra }
  }

  function mayImpersonate(user: User, resource: string): boolean {
    if (isAllowed(storage, user, { verb: 'impersonate', group: '', resource, subresource: '', namespace: '', name: '' })) return true
    return storage
      .list('clusterroles.rbac.authorization.k8s.io')
      .some((role) =>
        (role.rules ?? []).some(
          (rule: { verbs?: string[]; resources?: string[]; resourceNames?: string[] }) =>
            rule.verbs?.includes('impersonate') &&
            rule.resources?.includes(resource) &&
            rule.resourceNames?.some((name) =>
              isAllowed(storage, user, { verb: 'impersonate', group: '', resource, subresource: '', namespace: '', name }),
            ),
        ),
      )
  }

  async function answerPath(request: IncomingMessage, response: ServerResponse, path: string, query: URLSearchParams): Promise<void> {
    const accept = String(request.headers.accept ?? '')
    const health = HEALTH.find((base) => path === base || path.startsWith(`${base}/`))
    if (health) {
      if (path !== health && path !== `${health}/ping`) return sendText(response, 404, '404 page not found\n')
      if (query.has('verbose')) return sendText(response, 200, `[+]ping ok\n[+]log ok\n[+]etcd ok\n${health.slice(1)} check passed\n`)
      return sendText(response, 200, 'ok')
    }
    const method = request.method ?? 'GET'
    if (method !== 'GET' && method !== 'HEAD')
      throw new ApiRefusal({
        code: 405,
        reason: 'MethodNotAllowed',
        message: 'the server does not allow this method on the requested resource',
        details: {},
      })
    if (path === '/version' || path === '/version/') return sendJson(response, 200, VERSION)
    if (path === '/') {
      const groups = new Set(
        storage.registry.all().flatMap(({ group, version }) => (group === '' ? [] : [`/apis/${group}`, `/apis/${group}/${version}`])),
      )
      return sendJson(response, 200, {
        paths: [
          '/api',
          '/api/v1',
          '/apis',
          '/apis/',
          ...[...groups].sort(),
          '/healthz',
          '/livez',
          '/openapi/v3',
          '/openapi/v3/',
          '/readyz',
          '/version',
        ],
      })
    }
    const bare = path.length > 1 ? path.replace(/\/$/, '') : path
    if ((bare === '/api' || bare === '/apis') && accept.includes('as=APIGroupDiscoveryList') && accept.includes('g=apidiscovery.k8s.io')) {
      const version = /v=(v2\w*)/.exec(accept)?.[1] ?? 'v2'
      if (version === 'v2') {
        const tag = `"${storage.registry.revision()}"`
        if (request.headers['if-none-match'] === tag) {
          response.writeHead(304, { etag: tag })
          response.end()
          return
        }
        response.writeHead(200, {
          'content-type': 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
          vary: 'Accept',
          etag: `"${storage.registry.revision()}"`,
        })
        response.end(JSON.stringify(aggregatedDiscovery(storage.registry, bare)))
        return
      }
    }
    const body = bare.startsWith('/openapi/v3')
      ? openApi(storage.registry, bare)
      : bare.startsWith('/api')
        ? legacyDiscovery(storage.registry, bare, String(request.headers.host ?? ''))
        : null
    if (body) return sendJson(response, 200, body)
    const steps = bare.split('/').filter((step) => step !== '')
    const knownGroup =
      steps[0] === 'api'
        ? steps.length === 2
        : steps[0] === 'apis' && steps.length === 3 && storage.registry.all().some(({ group }) => group === steps[1])
    if (knownGroup) throw noSuchResource()
    sendText(response, 404, '404 page not found\n')
  }

  function answerWritten(response: ServerResponse, kind: Kind, written: Written, shape: Shape): void {
    for (const warning of written.warnings) response.appendHeader('warning', `299 - ${JSON.stringify(warning)}`)
    if (written.body) return sendJson(response, written.code, written.body)
    const object = written.object as Obj
    if (object.kind === 'Scale') return sendJson(response, written.code, object)
    sendJson(response, written.code, shapeText(object, kind, shape, 'Metadata'))
  }

  function shapeText(object: Obj, kind: Kind, shape: Shape, include: string): string {
    if (shape === 'partial') return partialText(object)
    if (shape === 'table')
      return JSON.stringify(tableOf(kind, [object], include, storage.clock.now(), { resourceVersion: object.metadata.resourceVersion }))
    return objectText(object, kind)
  }

  async function answerResource(
    request: IncomingMessage,
    response: ServerResponse,
    target: Target,
    verb: string,
    user: User,
    query: URLSearchParams,
  ): Promise<void> {
    const { kind } = target
    const served = storage.registry.all().some(({ group, version }) => group === target.group && version === target.version)
    if (!kind) {
      if (!served) return sendText(response, 404, '404 page not found\n')
      // A group of definitions that no longer defines this name answers in plain text.
      if (storage.registry.all().some((entry) => entry.group === target.group && entry.crd))
        return sendText(response, 404, '404 page not found\n')
      throw noSuchResource()
    }
    const { name, subresource } = target
    if (!kind.namespaced && target.namespace !== undefined) throw noSuchResource()
    if (name === '' && (verb === 'update' || verb === 'patch')) throw methodNotAllowed()
    const namespace = kind.namespaced ? target.namespace : ''
    if (subresource !== '' && !kind.subresources.includes(subresource)) throw kind.crd ? notFound(kind, name) : noSuchResource()
    const accept = String(request.headers.accept ?? '')
    const shape = shapeOf(accept)
    if (subresource === 'finalize' && verb !== 'update') throw methodNotAllowed()
    if (verb === 'list' || verb === 'watch') {
      const scope = kind.namespaced ? target.namespace : undefined
      if (verb === 'watch') {
        if (name !== '') query.set('fieldSelector', `metadata.name=${name}`)
        return answerWatch(
          response,
          storage,
          kind,
          scope,
          query,
          shape,
          () => ({ silent: faults.current().silentWatches }),
          (hangUp) => {
            streams.add(hangUp)
            watching.set(hangUp, kind.resource)
            return () => {
              streams.delete(hangUp)
              watching.delete(hangUp)
            }
          },
        )
      }
      if (!kind.verbs.includes('list')) throw methodNotAllowed()
      return answerList(response, storage, kind, scope, query, shape)
    }
    if (verb === 'get') {
      const object = storage.get(kind.resource, namespace ?? '', name)
      if (!object) throw notFound(kind, name)
      if (subresource === 'scale') return sendJson(response, 200, scaleOf(object))
      if (subresource === 'log') return sendText(response, 200, '')
      return sendJson(response, 200, shapeText(object, kind, shape, query.get('includeObject') ?? 'Metadata'))
    }
    const text = await readText(request)
    const agent = String(request.headers['user-agent'] ?? 'unknown').split('/')[0] || 'unknown'
    const write: WriteRequest = {
      kind,
      namespace: namespace ?? '',
      name,
      subresource,
      query,
      contentType: String(request.headers['content-type'] ?? ''),
      text,
      manager: query.get('fieldManager') || agent,
      by: user.name,
      groups: user.groups,
    }
    if (verb === 'create') {
      if (!kind.verbs.includes('create')) throw methodNotAllowed()
      if (kind.resource === 'serviceaccounts' && subresource === 'token') return issueToken(response, write)
      if (kind.verbs.length === 1) {
        const answer = answerReview(storage, kind, readBody(text, write.contentType, kind.kind), user, knownUser)
        if (answer) return sendJson(response, 201, answer)
      }
      return answerWritten(response, kind, create(storage, write), shape)
    }
    if (verb === 'update') return answerWritten(response, kind, replace(storage, write), shape)
    if (verb === 'patch') return answerWritten(response, kind, patch(storage, write), shape)
    if (verb === 'delete') return answerWritten(response, kind, remove(storage, write), shape)
    if (!kind.verbs.includes('deletecollection')) throw methodNotAllowed()
    const labels = labelMatcher(query.get('labelSelector') ?? '')
    const fields = fieldMatcher(query.get('fieldSelector') ?? '', kind)
    const objects = storage
      .list(kind.resource, kind.namespaced ? target.namespace : undefined)
      .filter((object) => (!labels || labels(object)) && (!fields || fields.matches(object)))
    answerWritten(response, kind, removeAll(storage, write, objects), shape)
  }

  function methodNotAllowed(): ApiRefusal {
    return new ApiRefusal({
      code: 405,
      reason: 'MethodNotAllowed',
      message: 'the server does not allow this method on the requested resource',
      details: {},
    })
  }

  function tokenOf(account: Obj): string {
    const token = randomBytes(32).toString('base64url')
    tokens.set(token, { namespace: account.metadata.namespace ?? '', name: account.metadata.name, uid: account.metadata.uid })
    return token
  }

  function issueToken(response: ServerResponse, write: WriteRequest): void {
    const account = storage.get('serviceaccounts', write.namespace, write.name)
    if (!account) throw notFound(write.kind, write.name)
    const body = readBody(write.text, write.contentType, 'TokenRequest')
    const token = tokenOf(account)
    const lasts = body.spec?.expirationSeconds ?? 3600
    sendJson(response, 201, {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name: write.name, namespace: write.namespace, creationTimestamp: account.metadata.creationTimestamp },
      spec: { audiences: ['https://kubernetes.default.svc'], expirationSeconds: lasts, boundObjectRef: null, ...body.spec },
      status: { token, expirationTimestamp: new Date(storage.clock.now() + lasts * 1000).toISOString().replace(/\.\d+/, '') },
    })
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    lastUsed = Date.now()
    const url = new URL(request.url ?? '/', 'https://sandbox')
    const path = url.pathname
    const query = url.searchParams
    const method = request.method ?? 'GET'
    if (path.startsWith('/_sandbox/')) {
      if (knownUser(String(request.headers.authorization ?? '').replace(/^Bearer\s+/i, '')) !== ADMIN)
        throw new ApiRefusal({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' })
      return answerControl(request, response, method, path)
    }
    const user = authenticate(request)
    const target = readTarget(storage, path)
    const verb = target ? verbOf(method, target, query) : method.toLowerCase().replace('head', 'get')
    const home = target?.namespace ?? (target?.plural === 'namespaces' ? target.name : '')
    const ask: Ask = target
      ? { verb, group: target.group, resource: target.plural, subresource: target.subresource, namespace: home, name: target.name }
      : { verb, path }
    const acting = impersonate(request, user, ask)
    if (await faults.strike(response, ask)) return
    if (!isAllowed(storage, acting, ask) || faults.forbids(ask)) {
      if ('path' in ask) throw new ApiRefusal({ code: 403, reason: 'Forbidden', message: refusalText(acting, ask), details: {} })
      throw forbidden({ plural: ask.resource, group: ask.group, kind: '' }, ask.name, refusalText(acting, ask))
    }
    if (!target) return answerPath(request, response, path, query)
    await answerResource(request, response, target, verb, acting, query)
  }

  async function answerControl(request: IncomingMessage, response: ServerResponse, method: string, path: string): Promise<void> {
    const text = await readText(request)
    const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
    if (path === '/_sandbox/faults' && method === 'POST') {
      faults.set(body)
      if (body.dropWatches) for (const hangUp of [...streams]) hangUp()
      return sendJson(response, 200, faults.current())
    }
    if (path === '/_sandbox/compact' && method === 'POST') {
      storage.compact(storage.revision())
      return sendJson(response, 200, { compacted: storage.revision() })
    }
    const result = await control?.(method, path, body)
    if (result === undefined) return sendText(response, 404, '404 page not found\n')
    sendJson(response, 200, result)
  }

  const server: Server = createServer({ key: options.tls.key, cert: options.tls.cert, keepAliveTimeout: 60_000 }, (request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) return response.destroy()
      if (error instanceof ApiRefusal) return sendStatus(response, error)
      process.stderr.write(`sandbox: ${request.method} ${request.url} failed: ${error instanceof Error ? error.stack : String(error)}\n`)
      sendStatus(
        response,
        new ApiRefusal({
          code: 500,
          reason: 'InternalError',
          message: `Internal error occurred: ${error instanceof Error ? error.message : 'unknown'}`,
        }),
      )
    })
  })
  server.requestTimeout = 0
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `https://127.0.0.1:${port}`,
    port,
    adminToken,
    faults,
    tokenOf(namespace, name) {
      const account = storage.get('serviceaccounts', namespace, name)
      if (!account) throw new RangeError(`no service account ${namespace}/${name}`)
      return tokenOf(account)
    },
    lastUsed: () => (streams.size > 0 ? Date.now() : lastUsed),
    async close() {
      for (const hangUp of [...streams]) hangUp()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

export { itemText }
