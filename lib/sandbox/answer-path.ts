import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { aggregatedDiscovery, legacyDiscovery, openApi } from './discovery.ts'
import type { Registry } from './kinds.ts'
import { methodNotAllowed, noSuchResource } from './refusal.ts'
import { sendJson, sendText } from './respond.ts'
import type { Storage } from './storage.ts'

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

function answerHealth(response: ServerResponse, health: string, path: string, query: URLSearchParams): void {
  if (path !== health && path !== `${health}/ping`) return sendText(response, 404, '404 page not found\n')
  if (query.has('verbose')) return sendText(response, 200, `[+]ping ok\n[+]log ok\n[+]etcd ok\n${health.slice(1)} check passed\n`)
  sendText(response, 200, 'ok')
}

function rootPaths(registry: Registry): string[] {
  const groups = new Set(
    registry.all().flatMap(({ group, version }) => (group === '' ? [] : [`/apis/${group}`, `/apis/${group}/${version}`])),
  )
  return [
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
  ]
}

function answerAggregated(request: IncomingMessage, response: ServerResponse, storage: Storage, path: string): void {
  const body = JSON.stringify(aggregatedDiscovery(storage, path))
  const etag = `"${createHash('sha256').update(body).digest('hex').toUpperCase()}"`
  const unchanged = request.headers['if-none-match'] === etag
  response.writeHead(unchanged ? 304 : 200, {
    'content-type': 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
    vary: 'Accept',
    etag,
  })
  response.end(unchanged ? undefined : body)
}

function asksAggregated(accept: string): boolean {
  return accept
    .split(',')
    .some((each) => /as=APIGroupDiscoveryList/.test(each) && /g=apidiscovery\.k8s\.io/.test(each) && /v=v2(;|$)/.test(each.trim()))
}

/** Answers what lies outside resources: health, version, discovery, OpenAPI. */
export function answerPath(
  request: IncomingMessage,
  response: ServerResponse,
  storage: Storage,
  path: string,
  query: URLSearchParams,
): void {
  const health = HEALTH.find((base) => path === base || path.startsWith(`${base}/`))
  if (health) return answerHealth(response, health, path, query)
  if (!['GET', 'HEAD'].includes(request.method ?? 'GET')) throw methodNotAllowed()
  const bare = path.length > 1 ? path.replace(/\/$/, '') : path
  if (bare === '/version') return sendJson(response, 200, VERSION)
  if (bare === '/') return sendJson(response, 200, { paths: rootPaths(storage.registry) })
  if ((bare === '/api' || bare === '/apis') && asksAggregated(String(request.headers.accept ?? '')))
    return answerAggregated(request, response, storage, bare)
  if (bare.startsWith('/openapi/v3')) return answerOpenApi(response, storage, bare)
  const body = bare.startsWith('/api') ? legacyDiscovery(storage.registry, bare, String(request.headers.host ?? '')) : null
  if (body) return sendJson(response, 200, body)
  if (isVersionPath(storage.registry, bare)) throw noSuchResource()
  sendText(response, 404, '404 page not found\n')
}

function answerOpenApi(response: ServerResponse, storage: Storage, path: string): void {
  const body = openApi(storage.registry, path)
  if (body) sendJson(response, 200, body)
  else sendText(response, 404, '404 page not found\n')
}

function isVersionPath(registry: Registry, path: string): boolean {
  const steps = path.split('/').filter((step) => step !== '')
  if (steps[0] === 'api') return steps.length === 2
  return steps[0] === 'apis' && steps.length === 3 && registry.all().some(({ group }) => group === steps[1])
}
