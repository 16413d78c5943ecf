import { mkdtempSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { generate } from 'selfsigned'
import { at, type Dict, dict, text } from '../kernel/wire.ts'

export type Resource = {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly namespaced: boolean
}
export type WatchEvent = { readonly type: string; readonly object: Dict }

/** Decides an answer of its own for a request; null lets the server answer as usual. */
export type Fault = (request: {
  readonly path: string
  readonly query: URLSearchParams
  readonly watch: boolean
  readonly headers: Readonly<Record<string, unknown>>
}) =>
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown; readonly lines?: readonly string[] }
  | 'hang'
  | 'cut'
  | null

type Json = (status: number, body: unknown, headers?: Record<string, string>) => void
type Stream = { readonly key: string; readonly write: (line: string) => void; readonly end: () => void }

/**
 * A little HTTPS server that lists and watches what it is given, and misbehaves on request. It stands in for a real
 * API server where a test needs exact control over each byte; what it holds is set by the test, in the order of the test.
 */
export async function startApiServer(resources: readonly Resource[], options: { readonly clientCa?: string } = {}) {
  const pems = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
    keySize: 2048,
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  })
  const held = new Map<string, Map<string, Dict>>()
  const logs = new Map<string, { readonly version: number; readonly event: WatchEvent }[]>()
  const streams = new Set<Stream>()
  const sockets = new Set<Duplex>()
  const seen: { readonly path: string; readonly query: URLSearchParams; readonly headers: Readonly<Record<string, unknown>> }[] = []
  const snapshots = new Map<string, { readonly version: number; readonly items: readonly Dict[] }>()
  let fault: Fault | null = null
  let streaming: 'served' | 'refused' | 'ignored' = 'served'
  let served: readonly Resource[] = resources
  let version = 1
  let horizon = 0

  const pathOf = (one: Resource) =>
    one.group === '' ? `/api/${one.version}/${one.plural}` : `/apis/${one.group}/${one.version}/${one.plural}`
  const find = (path: string) => served.find((one) => pathOf(one) === path)

  const tls: https.ServerOptions = { key: pems.private, cert: pems.cert }
  if (options.clientCa) Object.assign(tls, { ca: options.clientCa, requestCert: true, rejectUnauthorized: false })
  const server = https.createServer(tls, (request, response) => {
    const url = new URL(request.url ?? '/', 'https://x')
    const watch = url.searchParams.get('watch') === 'true'
    seen.push({ path: url.pathname, query: url.searchParams, headers: request.headers })
    const json = (status: number, body: unknown, headers: Record<string, string> = {}) => {
      response.writeHead(status, { 'content-type': typeof body === 'string' ? 'text/plain' : 'application/json', ...headers })
      response.end(typeof body === 'string' ? body : JSON.stringify(body))
    }
    // As a real API server: a certificate is asked for, and one that it does not know is nobody's.
    if (options.clientCa && !(request.socket as TLSSocket).authorized)
      return json(401, { kind: 'Status', code: 401, message: 'Unauthorized' })
    const odd = fault?.({ path: url.pathname, query: url.searchParams, watch, headers: request.headers })
    if (odd) return misbehave(odd, request, response, json)
    if (url.pathname === '/version') return json(200, { gitVersion: 'v1.36.2' })
    if (url.pathname === '/api' || url.pathname === '/apis') return json(200, discovery(url.pathname === '/api'))
    const resource = find(url.pathname)
    if (!resource) return single(url.pathname, json)
    if (watch && streaming === 'refused' && url.searchParams.has('sendInitialEvents'))
      return json(422, { kind: 'Status', code: 422, reason: 'Invalid', message: 'sendInitialEvents is forbidden for watch' })
    if (watch) return openWatch(resource, url.searchParams, response)
    return list(resource, url.searchParams, json)
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })

  function misbehave(odd: Exclude<ReturnType<Fault>, null>, request: IncomingMessage, response: ServerResponse, json: Json): void {
    if (odd === 'hang') return
    if (odd === 'cut') return void request.socket.destroy()
    if (!odd.lines) return json(odd.status, odd.body ?? { kind: 'Status', code: odd.status, message: `status ${odd.status}` }, odd.headers)
    response.writeHead(odd.status, { 'content-type': 'application/json', ...odd.headers })
    for (const line of odd.lines) response.write(`${line}\n`)
    response.end()
  }

  function discovery(core: boolean) {
    const groups = [...new Set(served.filter((one) => (one.group === '') === core).map((one) => one.group))]
    return {
      kind: 'APIGroupDiscoveryList',
      apiVersion: 'apidiscovery.k8s.io/v2',
      items: groups.map((group) => ({
        metadata: { name: group },
        versions: [...new Set(served.filter((one) => one.group === group).map((one) => one.version))].map((v) => ({
          version: v,
          freshness: 'Current',
          resources: served
            .filter((one) => one.group === group && one.version === v)
            .map((one) => ({
              resource: one.plural,
              responseKind: { group: one.group, version: one.version, kind: one.kind },
              scope: one.namespaced ? 'Namespaced' : 'Cluster',
              verbs: ['get', 'list', 'watch'],
            })),
        })),
      })),
    }
  }

  function single(path: string, json: Json): void {
    const namespace = /^\/api\/v1\/namespaces\/([^/]+)$/.exec(path)?.[1]
    const found =
      namespace === undefined
        ? undefined
        : [...(held.get('namespaces.') ?? new Map<string, Dict>()).values()].find((one) => at(one, 'metadata', 'name') === namespace)
    if (found) json(200, found)
    else json(404, '404 page not found')
  }

  /** Pages of one list show one moment, as those of a real server do. */
  function list(resource: Resource, query: URLSearchParams, json: Json): void {
    const [id, offset] = (query.get('continue') ?? '').split(':')
    const known = snapshots.get(id ?? '')
    const taken = known ?? { version, items: [...(held.get(keyOf(resource))?.values() ?? [])] }
    const limit = Number(query.get('limit') ?? 0) || taken.items.length
    const from = Number(offset ?? 0)
    const more = from + limit < taken.items.length
    const token = known ? id : String(snapshots.size + 1)
    if (more) snapshots.set(token ?? '', taken)
    json(200, {
      kind: `${resource.kind}List`,
      apiVersion: resource.group === '' ? resource.version : `${resource.group}/${resource.version}`,
      metadata: { resourceVersion: String(taken.version), ...(more ? { continue: `${token}:${from + limit}` } : {}) },
      items: taken.items.slice(from, from + limit),
    })
  }

  function bookmark(resource: Resource, annotations?: Dict): string {
    const metadata = { resourceVersion: String(version), ...(annotations ? { annotations } : {}) }
    return JSON.stringify({ type: 'BOOKMARK', object: { kind: resource.kind, metadata } })
  }

  function sendInitial(resource: Resource, stream: Stream): void {
    for (const object of held.get(keyOf(resource))?.values() ?? []) stream.write(JSON.stringify({ type: 'ADDED', object }))
    if (streaming === 'served') stream.write(bookmark(resource, { 'k8s.io/initial-events-end': 'true' }))
  }

  function openWatch(resource: Resource, query: URLSearchParams, response: ServerResponse): void {
    const key = keyOf(resource)
    const initial = query.get('sendInitialEvents') === 'true'
    const since = initial ? version : Number(query.get('resourceVersion') ?? 0)
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
    if (since < horizon) {
      response.end(
        `${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' } })}\n`,
      )
      return
    }
    const stream: Stream = { key, write: (line) => response.write(`${line}\n`), end: () => response.end() }
    if (initial) sendInitial(resource, stream)
    else for (const one of logs.get(key) ?? []) if (one.version > since) stream.write(JSON.stringify(one.event))
    streams.add(stream)
    const seconds = Number(query.get('timeoutSeconds') ?? 0)
    const timer = seconds > 0 ? setTimeout(finish, seconds * 1_000) : null
    function finish(): void {
      // The bookmark that a real server sends just before it ends a watch; a server set back stays silent.
      if (since <= version) stream.write(bookmark(resource))
      streams.delete(stream)
      response.end()
    }
    response.on('close', () => {
      if (timer) clearTimeout(timer)
      streams.delete(stream)
    })
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const port = (server.address() as AddressInfo).port
  const folder = mkdtempSync(join(tmpdir(), 'blackstart-test-'))
  const kubeconfig = join(folder, 'kubeconfig')
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      clusters: [
        {
          name: 'test',
          cluster: { server: `https://127.0.0.1:${port}`, 'certificate-authority-data': Buffer.from(pems.cert).toString('base64') },
        },
      ],
      users: [{ name: 'test', user: { token: 'letters' } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    }),
  )

  return {
    url: `https://127.0.0.1:${port}`,
    port,
    ca: pems.cert,
    kubeconfig,
    seen,
    /** Sets an object without telling the watchers. */
    put(resource: Resource, object: Dict): void {
      const key = keyOf(resource)
      const objects = held.get(key) ?? new Map<string, Dict>()
      held.set(key, objects)
      objects.set(idOf(object), object)
      version = Math.max(version, Number(text(at(object, 'metadata', 'resourceVersion'))))
    },
    /** Applies one watch event and sends it to the open watches; `silent` keeps it for the log only. */
    emit(resource: Resource, event: WatchEvent, silent = false): void {
      const key = keyOf(resource)
      const objects = held.get(key) ?? new Map<string, Dict>()
      held.set(key, objects)
      if (event.type === 'DELETED') objects.delete(idOf(event.object))
      else objects.set(idOf(event.object), event.object)
      const rv = Number(text(at(event.object, 'metadata', 'resourceVersion')))
      version = Math.max(version, rv)
      logs.set(key, [...(logs.get(key) ?? []), { version: rv, event }])
      if (!silent) for (const stream of streams) if (stream.key === key) stream.write(JSON.stringify(event))
    },
    /** Writes a raw line to the open watches of a kind. */
    line(resource: Resource, line: string): void {
      for (const stream of streams) if (stream.key === keyOf(resource)) stream.write(line)
    },
    setFault(next: Fault | null): void {
      fault = next
    },
    /** How it answers a list that is asked for as a stream; `ignored`: as servers before it existed. */
    setStreaming(next: typeof streaming): void {
      streaming = next
    },
    setServed(next: readonly Resource[]): void {
      served = next
      for (const stream of [...streams]) if (!next.some((one) => keyOf(one) === stream.key)) stream.end()
    },
    /** Forgets the log: watches from before now get 410. */
    compact(): void {
      horizon = version
      logs.clear()
    },
    version: () => version,
    setVersion(next: number): void {
      version = next
    },
    forget(): void {
      held.clear()
      logs.clear()
      horizon = 0
    },
    watches: () => streams.size,
    endWatches(): void {
      for (const stream of [...streams]) stream.end()
      streams.clear()
    },
    cut(): void {
      for (const socket of sockets) socket.destroy()
    },
    async stop(): Promise<void> {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

export type ApiServer = Awaited<ReturnType<typeof startApiServer>>

function keyOf(resource: Resource): string {
  return `${resource.plural}.${resource.group}`
}

function idOf(object: Dict): string {
  const meta = dict(object.metadata)
  return `${text(meta.namespace)}/${text(meta.name)}`
}
