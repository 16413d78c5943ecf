import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { ADMIN, type Ask, isAllowed, refusalText } from './access.ts'
import { answerPath } from './answer-path.ts'
import { answerResource } from './answer-resource.ts'
import { authenticate, bearerOf, createCredentials, impersonate, UNAUTHORIZED } from './authenticate.ts'
import { createFaults, type Faults } from './faults.ts'
import { CRDS } from './lifecycle.ts'
import { ApiRefusal } from './port.ts'
import { forbidden } from './refusal.ts'
import { readText, sendJson, sendStatus, sendText } from './respond.ts'
import type { Storage } from './storage.ts'
import { readTarget, type Target, verbOf } from './target.ts'

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

function askOf(target: Target | null, verb: string, path: string): Ask {
  if (!target) return { verb, path }
  const { group, plural, subresource, name } = target
  const namespace = target.namespace ?? (plural === 'namespaces' ? name : '')
  return { verb, group, resource: plural, subresource, namespace, name }
}

function refused(user: Parameters<typeof refusalText>[0], ask: Ask): ApiRefusal {
  const why = refusalText(user, ask)
  if ('path' in ask) return new ApiRefusal({ code: 403, reason: 'Forbidden', message: why, details: {} })
  return forbidden({ plural: ask.resource, group: ask.group, kind: '' }, ask.name, why)
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
  const credentials = createCredentials(storage, adminToken)
  const faults = createFaults()
  const streams = new Map<() => void, string>()
  let lastUsed = Date.now()

  storage.subscribe((resource, { type, object }) => {
    if (resource !== CRDS || type !== 'DELETED') return
    const gone = `${object.spec.names.plural}.${object.spec.group}`
    for (const [hangUp, watched] of streams) if (watched === gone) hangUp()
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    lastUsed = Date.now()
    const { pathname: path, searchParams: query } = new URL(request.url ?? '/', 'https://sandbox')
    const method = request.method ?? 'GET'
    if (path.startsWith('/_sandbox/')) return answerControl(request, response, method, path)
    const user = authenticate(credentials, request)
    if (faults.current().unauthorized) throw new ApiRefusal(UNAUTHORIZED)
    const target = readTarget(storage, path)
    const verb = target ? verbOf(method, target, query) : method.toLowerCase().replace('head', 'get')
    const ask = askOf(target, verb, path)
    const acting = impersonate(storage, request, user, ask)
    if (await faults.strike(response)) return
    if (!isAllowed(storage, acting, ask) || faults.forbids(ask)) throw refused(acting, ask)
    if (!target) return answerPath(request, response, storage, path, query)
    await answerResource({
      storage,
      credentials,
      request,
      response,
      target,
      verb,
      user: acting,
      query,
      isSilent: () => faults.current().silentWatches,
      opened(resource, hangUp) {
        streams.set(hangUp, resource)
        return () => streams.delete(hangUp)
      },
    })
  }

  async function answerControl(request: IncomingMessage, response: ServerResponse, method: string, path: string): Promise<void> {
    if (credentials.knownUser(bearerOf(request) ?? '') !== ADMIN) throw new ApiRefusal(UNAUTHORIZED)
    const text = await readText(request)
    const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
    if (path === '/_sandbox/faults' && method === 'POST') {
      faults.set(body)
      if (body.dropWatches) for (const hangUp of [...streams.keys()]) hangUp()
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
      return credentials.issue(account)
    },
    lastUsed: () => (streams.size > 0 ? Date.now() : lastUsed),
    async close() {
      for (const hangUp of [...streams.keys()]) hangUp()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}
