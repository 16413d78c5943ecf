import { writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { generate } from 'selfsigned'
import { at } from '../lib/kernel/wire.ts'
import { readGolden } from '../lib/testing/golden-wire.ts'
import { objectsOf, SIZES } from './objects.ts'

/** Serves the lists of a platform of one size and lets watch them; nothing ever changes there, so that only the reader is measured. */
const [kubeconfig = '', fill = 'S'] = process.argv.slice(2)
const collections = objectsOf(SIZES[fill as keyof typeof SIZES])
const whole = new Map<string, unknown>([
  ['/version', { gitVersion: 'v1.36.2' }],
  ['/api', readGolden('baseline/discovery-api.json.gz')],
  ['/apis', readGolden('baseline/discovery-apis.json.gz')],
])
const VERSION = '9000000'
const END = { 'k8s.io/initial-events-end': 'true' }

const pems = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
  keySize: 2048,
  extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
})
const server = https.createServer({ key: pems.private, cert: pems.cert }, (request, response) => {
  const url = new URL(request.url ?? '/', 'https://x')
  const collection = collections.get(url.pathname)
  if (collection && url.searchParams.get('watch') === 'true') return void watch(collection, url.searchParams, response)
  const body = collection ? page(collection, url.searchParams) : single(url.pathname)
  response.writeHead(body === null ? 404 : 200, { 'content-type': 'application/json' })
  response.end(body ?? '{}')
})

type Items = { readonly kind: string; readonly apiVersion: string; readonly items: readonly string[] }

function page({ kind, apiVersion, items }: Items, query: URLSearchParams): string {
  const from = Number(query.get('continue') ?? 0)
  const to = Math.min(items.length, from + (Number(query.get('limit') ?? 0) || items.length))
  const metadata = { resourceVersion: VERSION, ...(to < items.length ? { continue: String(to) } : {}) }
  return `{"kind":"${kind}","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)},"items":[${items.slice(from, to).join(',')}]}`
}

async function watch({ kind, apiVersion, items }: Items, query: URLSearchParams, response: ServerResponse): Promise<void> {
  const mark = (annotations = {}) => {
    const object = { kind: kind.replace(/List$/, ''), apiVersion, metadata: { resourceVersion: VERSION, annotations } }
    response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`)
  }
  response.writeHead(200, { 'content-type': 'application/json' })
  response.flushHeaders()
  if (query.get('sendInitialEvents') === 'true') {
    const type = `"apiVersion":"${apiVersion}","kind":"${kind.replace(/List$/, '')}"`
    for (const item of items)
      if (!response.write(`{"type":"ADDED","object":{${item.includes('"kind"', 0) ? '' : `${type},`}${item.slice(1)}}\n`))
        await new Promise((resolve) => response.once('drain', resolve))
    mark(END)
  }
  const timer = setTimeout(
    () => {
      mark()
      response.end()
    },
    Number(query.get('timeoutSeconds') ?? 30) * 1_000,
  )
  response.on('close', () => clearTimeout(timer))
}

function single(path: string): string | null {
  const known = whole.get(path)
  if (known) return JSON.stringify(known)
  const [, name] = /^\/api\/v1\/namespaces\/([^/]+)$/.exec(path) ?? []
  return collections.get('/api/v1/namespaces')?.items.find((item) => at(JSON.parse(item), 'metadata', 'name') === name) ?? null
}

server.listen(0, '127.0.0.1', () => {
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'bench',
      clusters: [{ name: 'bench', cluster: { server: url, 'certificate-authority-data': Buffer.from(pems.cert).toString('base64') } }],
      users: [{ name: 'bench', user: { token: 'bench' } }],
      contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
    }),
  )
  console.log(JSON.stringify({ ready: true, url }))
})
process.on('SIGTERM', () => process.exit(0))
