import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isRemotePath } from './aggregated-apis.ts'
import { aggregatedDiscovery, legacyDiscovery } from './discovery.ts'
import { HEALTH_CHECKS, verboseHealth } from './health-checks.ts'
import type { Registry } from './kinds.ts'
import { wantsAggregated } from './negotiate.ts'
import { openApi } from './openapi.ts'
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
const HEALTH = Object.keys(HEALTH_CHECKS)

function answerHealth(response: ServerResponse, health: string, path: string, query: URLSearchParams): void {
  const check = path.slice(health.length + 1)
  if (check !== '' && !HEALTH_CHECKS[health]?.includes(check)) return sendText(response, 404, '404 page not found\n')
  const whole = check === '' && query.has('verbose')
  sendText(response, 200, whole ? verboseHealth(health, query.getAll('exclude')) : 'ok')
}

function healthPaths(health: string): string[] {
  return [health, ...(HEALTH_CHECKS[health] ?? []).map((check) => `${health}/${check}`).sort()]
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
    ...healthPaths('/healthz'),
    ...healthPaths('/livez'),
    '/openapi/v3',
    '/openapi/v3/',
    ...healthPaths('/readyz'),
    '/version',
  ]
}

function answerAggregated(request: IncomingMessage, response: ServerResponse, storage: Storage, path: string): void {
  const body = JSON.stringify(aggregatedDiscovery(storage, path))
  const etag = `"${createHash('sha512').update(body).digest('hex').toUpperCase()}"`
  const unchanged = request.headers['if-none-match'] === etag
  const type = { 'content-type': 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' }
  response.writeHead(unchanged ? 304 : 200, { ...(unchanged ? {} : type), vary: 'Accept', etag })
  response.end(unchanged ? undefined : body)
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
  if (bare.startsWith('/openapi/v3')) return answerOpenApi(response, storage, bare)
  if (isRemotePath(storage, bare)) return sendText(response, 503, 'service unavailable\n')
  const discovers = bare.startsWith('/api')
  if (discovers && wantsAggregated(String(request.headers.accept ?? ''), bare === '/api' || bare === '/apis'))
    return answerAggregated(request, response, storage, bare)
  const body = discovers ? legacyDiscovery(storage, bare, String(request.headers.host ?? '')) : null
  if (body) return sendJson(response, 200, body)
  if (isVersionPath(storage.registry, bare)) throw noSuchResource()
  sendText(response, 404, '404 page not found\n')
}

function answerOpenApi(response: ServerResponse, storage: Storage, path: string): void {
  const body = openApi(storage.registry, path)
  if (body) sendJson(response, 200, body)
  else response.writeHead(404).end()
}

function isVersionPath(registry: Registry, path: string): boolean {
  const steps = path.split('/').filter((step) => step !== '')
  if (steps[0] === 'api') return steps.length === 2
  return steps[0] === 'apis' && steps.length === 3 && registry.all().some(({ group }) => group === steps[1])
}
