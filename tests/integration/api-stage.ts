import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { inject } from 'vitest'
import { house } from '#lib/boot/context'
import { build } from '#lib/boot/start'
import { type Ending, endAll } from '#lib/boot/stop'
import type { Handler } from '#lib/http/endpoint'
import { newId } from '#lib/kernel/id'
import { type RunningSandbox, startSandbox, stopSandbox } from '#lib/sandbox/process-client'
import { type TestDatabase, testDatabase } from '#lib/testing/database'
import { freePort, stopSandboxes } from '#lib/testing/server'
import * as openapi from '../../app/api/v1/openapi.json/route.ts'
import { ROUTES } from '../../app/api/v1/openapi.json/routes.ts'
import * as healthz from '../../app/healthz/route.ts'
import * as readyz from '../../app/readyz/route.ts'

export const BOOTSTRAP = 'a-bootstrap-token-of-a-test-0123456789'
type Methods = Readonly<Record<string, unknown>>
type Mounted = { readonly pattern: RegExp; readonly names: readonly string[]; readonly rest: boolean; readonly methods: Methods }

function mount(path: string, methods: Methods): Mounted {
  const names = [...path.matchAll(/\[(?:\.\.\.)?(\w+)\]/g)].map(([, name = '']) => name)
  const pattern = path
    .replace(/[.]/g, '\\.')
    .replace(/\[\\\.\\\.\\\.\w+\]/g, '(.+)')
    .replace(/\[\w+\]/g, '([^/]+)')
  return { pattern: new RegExp(`^${pattern}$`), names, rest: path.includes('...'), methods }
}

/** As Next chooses: what is written out before what is a parameter, a parameter before the rest of a path. */
const MOUNTED: readonly Mounted[] = [
  mount('/healthz', healthz),
  mount('/readyz', readyz),
  mount('/api/v1/openapi.json', openapi),
  ...ROUTES.map(({ path, methods }) => mount(`/api/v1${path}`, methods)),
].sort((a, b) => Number(a.rest) - Number(b.rest) || a.names.length - b.names.length)

async function answer(incoming: IncomingMessage, url: string, leaving: AbortController): Promise<Response> {
  const { pathname } = new URL(incoming.url ?? '/', url)
  const found = MOUNTED.find(({ pattern }) => pattern.test(pathname))
  const handler = found?.methods[incoming.method ?? 'GET'] as Handler | undefined
  if (!found || !handler) return new Response(null, { status: found ? 405 : 404 })
  const parts = found.pattern.exec(pathname)?.slice(1) ?? []
  const params = Object.fromEntries(
    found.names.map((name, i) => [name, found.rest && i === parts.length - 1 ? (parts[i] ?? '').split('/') : parts[i]]),
  )
  const request = new Request(new URL(incoming.url ?? '/', url), {
    method: incoming.method ?? 'GET',
    headers: incoming.headers as Record<string, string>,
    signal: leaving.signal,
    ...(incoming.method === 'GET' ? {} : { body: Readable.toWeb(incoming) as ReadableStream, duplex: 'half' }),
  } as RequestInit)
  return handler(request, { params: Promise.resolve(params) })
}

function serve(url: string, port: number): Promise<Server> {
  const server = createServer((incoming, outgoing) => {
    const leaving = new AbortController()
    outgoing.once('close', () => leaving.abort())
    void answer(incoming, url, leaving).then((said) => {
      outgoing.writeHead(said.status, Object.fromEntries(said.headers))
      if (said.body)
        Readable.fromWeb(said.body as never)
          .on('error', () => outgoing.destroy())
          .pipe(outgoing)
      else outgoing.end()
    })
  })
  return new Promise((up) => server.listen(port, '127.0.0.1', () => up(server)))
}

export type Answer<T = Record<string, unknown>> = {
  readonly status: number
  readonly body: T
  readonly headers: Headers
  readonly text: string
}
export type Client = {
  get<T = Record<string, unknown>>(path: string): Promise<Answer<T>>
  post<T = Record<string, unknown>>(path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer<T>>
}

/** Somebody outside who knows nothing but the contract and a token. */
export function clientOf(url: string, token: string | null): Client {
  const ask = async <T>(method: string, path: string, headers: Readonly<Record<string, string>>, body?: BodyInit) => {
    const said = await fetch(`${url}${path.startsWith('/healthz') || path.startsWith('/readyz') ? '' : '/api/v1'}${path}`, {
      method,
      headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers },
      ...(body === undefined ? {} : { body }),
    })
    const text = await said.text()
    const json = /json/.test(said.headers.get('content-type') ?? '') && !text.includes('\n{')
    return { status: said.status, headers: said.headers, text, body: (json ? JSON.parse(text) : {}) as T }
  }
  return {
    get: (path) => ask('GET', path, {}),
    post: (path, body = {}, headers = { 'idempotency-key': newId() }) =>
      ask('POST', path, { 'content-type': 'application/json', ...headers }, typeof body === 'string' ? body : JSON.stringify(body)),
  }
}

export type ApiStage = {
  readonly url: string
  readonly database: TestDatabase
  readonly sandbox: RunningSandbox
  readonly admin: Client
  end(): Promise<void>
}

/** The whole house with its routes over HTTP, from a `blackstart.yaml` with one cluster that is acted on and one that is only looked at. */
export async function setApiStage(name: string): Promise<ApiStage> {
  const folder = join(inject('run').folder, name)
  mkdirSync(folder, { recursive: true })
  const started = await startSandbox({ dir: join(folder, 'clusters'), name: 'elsewhere', fill: 'S', speed: 1, seed: 7 })
  if (!started.ok) throw new Error(started.error.message)
  const { kubeconfig } = started.value
  const config = join(folder, 'blackstart.yaml')
  writeFileSync(
    config,
    `clusters:
  - { name: prod-eu, kubeconfig: ${kubeconfig}, mode: live, actions: on, identity: account }
  - { name: prod-watched, kubeconfig: ${kubeconfig}, mode: live }
sandbox: { enabled: true }
`,
  )
  const [database, port] = await Promise.all([testDatabase(), freePort()])
  Object.assign(process.env, {
    DATABASE_URL: database.url,
    BLACKSTART_CONFIG: config,
    BLACKSTART_DATA: folder,
    BLACKSTART_BOOTSTRAP_TOKEN: BOOTSTRAP,
    BLACKSTART_LOG_LEVEL: 'silent',
    PORT: String(port),
  })
  const endings: Ending[] = []
  await build(endings)
  const url = `http://127.0.0.1:${port}`
  const server = await serve(url, port)
  return {
    url,
    database,
    sandbox: started.value,
    admin: clientOf(url, BOOTSTRAP),
    async end() {
      house().stage = 'stopping'
      await endAll(endings)
      server.closeAllConnections()
      server.close()
      await stopSandboxes(folder)
      await stopSandbox({ dir: join(folder, 'clusters'), name: 'elsewhere' })
      await database.drop()
    },
  }
}
