import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { gunzipSync } from 'node:zlib'
import { createCertificate } from '#lib/sandbox/certificate'
import { ARGOCD_SCHEMAS } from '#lib/sandbox/fill/argocd-schemas'
import { sandboxRules } from '#lib/sandbox/ruleset'
import { createSandboxApi } from '#lib/sandbox/sandbox-api'
import { serveApi } from '#lib/sandbox/server'
import { startWorld } from '#lib/sandbox/world'
import { createManualClock } from '#lib/testing/manual-clock'

import { madeOutside, sentAs } from './sandbox-replay-outside.ts'

type Json = unknown
export type Exchange = {
  readonly name: string
  readonly atMs: number
  readonly note?: string
  readonly request: {
    readonly method: string
    readonly path: string
    readonly headers: Readonly<Record<string, string | string[]>>
    readonly body?: Json
  }
  readonly response: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    readonly body?: Json
    readonly lines?: readonly { readonly ms: number; readonly line: Json }[]
  }
}
export type Topic = { readonly topic: string; readonly exchanges: readonly Exchange[] }

export function readTopic(topic: string): Topic {
  return JSON.parse(gunzipSync(readFileSync(`tests/golden/protocol/${topic}.json.gz`)).toString())
}

/** How long a stream may take for its first line. */
const SILENT_MS = 300

type Answer = { status: number; headers: Record<string, string | string[] | undefined>; body: Json; close(): void }

/** One fresh sandbox on a clock that only the recording moves, and a client that speaks to it with any header. */
export async function startReplay() {
  const clock = createManualClock(Date.parse('2026-11-22T02:00:00Z'))
  const api = createSandboxApi({ seed: 7, clock, rules: sandboxRules })
  const world = startWorld(api, { fill: 'none', seed: 7 })
  const tls = await createCertificate()
  const server = await serveApi({ storage: api.storage, tls, port: 0 })
  const ask = (method: string, path: string, headers: Record<string, string | string[]>, text: string): Promise<Answer> =>
    new Promise((done, fail) => {
      const req = request(
        `${server.url}${path}`,
        {
          method,
          ca: tls.cert,
          agent: false,
          headers: { ...headers, ...(text === '' && method === 'GET' ? {} : { 'content-length': String(Buffer.byteLength(text)) }) },
        },
        (res) => {
          let all = ''
          const watching = /[?&]watch=(1|true)/.test(path) && res.statusCode === 200
          const finish = () => {
            let body: Json = all
            try {
              body = JSON.parse(watching ? (all.split('\n')[0] ?? '') : all)
            } catch {
              body = all
            }
            done({ status: res.statusCode ?? 0, headers: res.headers, body, close: () => req.destroy() })
          }
          res.setEncoding('utf8')
          res.on('data', (chunk: string) => {
            all += chunk
            if (watching && all.includes('\n')) finish()
          })
          res.on('error', () => undefined)
          res.on('end', finish)
          // Only a stream that says nothing is left to the time of the machine, and no comparison depends on it.
          if (watching) setTimeout(finish, SILENT_MS)
        },
      )
      req.on('error', fail)
      req.end(text)
    })
  return {
    api,
    clock,
    server,
    ask,
    async stop() {
      world.stop()
      await server.close()
    },
  }
}

/** Learns which of our uids, revisions and tokens stand for the recorded ones. */
function learn(recorded: Json, ours: Json, names: Map<string, string>): void {
  if (typeof recorded !== 'object' || recorded === null || typeof ours !== 'object' || ours === null) return
  for (const [key, value] of Object.entries(recorded)) {
    const mine = (ours as Record<string, Json>)[key]
    if (
      ['uid', 'resourceVersion', 'continue'].includes(key) &&
      typeof value === 'string' &&
      typeof mine === 'string' &&
      value !== '' &&
      mine !== ''
    )
      names.set(value, mine)
    else learn(value, mine, names)
  }
}

function translate(text: string, names: Map<string, string>): string {
  return text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, (uid) => names.get(uid) ?? uid)
    .replaceAll(/("resourceVersion":\s*")(\d+)"/g, (whole, head: string, rv: string) =>
      names.has(rv) ? `${head}${names.get(rv)}"` : whole,
    )
    .replaceAll(/(resourceVersion=)(\d+)/g, (whole, head: string, rv: string) => (names.has(rv) ? `${head}${names.get(rv)}` : whole))
    .replaceAll(/(?<![a-z0-9-])[a-z]{1,20}-[a-z0-9]{8,10}-[a-z0-9]{5}(?![a-z0-9-])/g, (pod) => names.get(pod) ?? pod)
    .replaceAll(/(continue=)([A-Za-z0-9_-]+)/g, (whole, head: string, token: string) =>
      names.has(token) ? `${head}${names.get(token)}` : whole,
    )
}

/** A body as it was sent: the recording only says of long texts that they are a letter repeated. */
function written(body: Json): string {
  return JSON.stringify(body).replaceAll(/"(.) repeated (\d+) times"/g, (_, letter: string, times: string) =>
    JSON.stringify(letter.repeat(Number(times))),
  )
}

type Status = {
  kind?: string
  status?: string
  reason?: string
  message?: string
  details?: { causes?: { reason?: string; field?: string }[] }
  items?: unknown[]
}

/** Figures that differ from run to run, taken out of a message. */
function plain(message: string | undefined): string {
  return (message ?? '').replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID').replaceAll(/\b\d{3,}\b/g, 'N')
}

/** What a client would notice of an answer. */
function noticed(status: number, body: Json): Record<string, unknown> {
  if (typeof body !== 'object' || body === null) return { status, text: plain(String(body ?? '').slice(0, 60)) }
  const { kind, reason, message, details, items, status: word } = body as Status
  if (kind === 'Status')
    return {
      status,
      kind,
      word,
      reason,
      message: plain(message),
      causes: details?.causes?.map((cause) => `${cause.reason ?? ''} ${cause.field ?? ''}`),
    }
  return { status, kind, ...(items === undefined ? {} : { items: items?.length }) }
}

/** Of a list that the recording kept only a part of, the length says nothing. */
const isCut = (note: string | undefined) => note !== undefined && /reduced to the/.test(note)

export type Difference = { readonly name: string; readonly recorded: string; readonly ours: string }

type Stage = Awaited<ReturnType<typeof startReplay>>
type Stored = { apiVersion?: string; kind?: string; metadata?: { name?: string; namespace?: string; ownerReferences?: unknown } }

type Served = { readonly resource: string; readonly apiVersion: string; readonly kind: string }

function keyFor(resource: string, { metadata }: Stored): string {
  return `${resource}/${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`
}

/** The objects that an answer shows, each with its type. */
function objectsIn(body: Stored & { items?: Stored[] }): Stored[] {
  if (!Array.isArray(body.items)) return body.kind && body.apiVersion ? [body] : []
  const kind = (body.kind ?? '').replace(/List$/, '')
  return body.items.map((item) => ({ ...item, apiVersion: item.apiVersion ?? body.apiVersion ?? '', kind: item.kind ?? kind }))
}

/** What the recording answers with before any of its own requests made it. */
function seenBefore(topic: Topic, served: readonly Served[]): { object: Stored; resource: string }[] {
  const made = new Set<string>()
  const seen: { object: Stored; resource: string }[] = []
  const resourceOf = (object: Stored) =>
    served.find(({ apiVersion, kind }) => apiVersion === object.apiVersion && kind === object.kind)?.resource
  for (const { request: asked, response } of topic.exchanges) {
    const { body, status } = response
    // What a dry run answers with never stood anywhere.
    if (asked.path.includes('dryRun') || typeof body !== 'object' || body === null || status >= 300) continue
    const creates = (asked.method === 'POST' || asked.method === 'PATCH') && status === 201
    for (const object of objectsIn(body as Stored)) {
      const resource = resourceOf(object)
      if (!resource || !object.metadata?.name || made.has(keyFor(resource, object))) continue
      made.add(keyFor(resource, object))
      if (!creates) seen.push({ object, resource })
    }
  }
  return seen
}

/** Creates what stood before the recording began: objects that it answers with and that none of its own requests made. */
function prepare(topic: Topic, { api }: Stage, names: Map<string, string>): void {
  const seen = seenBefore(topic, api.resources())
  seen.sort((a, b) => Number(b.resource === 'namespaces') - Number(a.resource === 'namespaces'))
  for (const { object, resource } of seen) {
    const { name = '', namespace = '' } = object.metadata ?? {}
    if (['events', 'nodes', 'endpointslices.discovery.k8s.io'].includes(resource) && topic.topic !== 'list') continue
    if (api.get(resource, namespace, name) || (namespace !== '' && !api.get('namespaces', '', namespace))) continue
    const copy = structuredClone(object) as Parameters<typeof api.create>[1] & Stored
    delete copy.metadata?.ownerReferences
    try {
      const made = api.create(resource, copy, 'setup')
      learn(object, made, names)
    } catch {
      // Not everything that was seen can stand on its own.
    }
  }
}

/** The accounts, roles and bindings that the recording of authorization speaks of. */
function prepareAccess({ api, server }: Stage): Map<string, string> {
  const rbac = 'rbac.authorization.k8s.io'
  const home = 'authz-test'
  const make = (resource: string, kind: string, name: string, namespace: string | undefined, rest: object) =>
    api.create(
      resource,
      { apiVersion: resource.endsWith(rbac) ? `${rbac}/v1` : 'v1', kind, metadata: { name, ...(namespace ? { namespace } : {}) }, ...rest },
      'setup',
    )
  for (const name of ['limited', 'rescuer', 'deleted']) make('serviceaccounts', 'ServiceAccount', name, home, {})
  const account = (name: string) => [{ kind: 'ServiceAccount', name, namespace: home }]
  make(`roles.${rbac}`, 'Role', 'viewer', home, {
    rules: [
      { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch'] },
      { apiGroups: ['apps'], resources: ['deployments/scale'], resourceNames: ['web'], verbs: ['patch'] },
    ],
  })
  make(`rolebindings.${rbac}`, 'RoleBinding', 'viewer', home, {
    roleRef: { kind: 'Role', name: 'viewer', apiGroup: rbac },
    subjects: account('limited'),
  })
  make(`clusterroles.${rbac}`, 'ClusterRole', 'edit-for-replay', undefined, {
    rules: [{ apiGroups: [''], resources: ['configmaps', 'pods'], verbs: ['*'] }],
  })
  make(`rolebindings.${rbac}`, 'RoleBinding', 'oncall', home, {
    roleRef: { kind: 'ClusterRole', name: 'edit-for-replay', apiGroup: rbac },
    subjects: [{ kind: 'Group', name: 'acme:oncall' }],
  })
  make(`clusterroles.${rbac}`, 'ClusterRole', 'rescuer', undefined, {
    rules: [
      { apiGroups: [''], resources: ['users'], resourceNames: ['maria'], verbs: ['impersonate'] },
      { apiGroups: [''], resources: ['groups'], resourceNames: ['acme:oncall', 'acme:viewers'], verbs: ['impersonate'] },
    ],
  })
  make(`clusterrolebindings.${rbac}`, 'ClusterRoleBinding', 'rescuer', undefined, {
    roleRef: { kind: 'ClusterRole', name: 'rescuer', apiGroup: rbac },
    subjects: account('rescuer'),
  })
  return new Map(['limited', 'rescuer'].map((name) => [`$${name.toUpperCase()}`, server.tokenOf(home, name)]))
}

function shown(exchange: Exchange, answer: Answer): { recordedBody: Json; recorded: string; ours: string } {
  const first = exchange.response.lines?.find(({ ms }) => ms < 1000)?.line
  const recordedBody = exchange.response.body ?? (typeof first === 'string' ? JSON.parse(first) : first)
  const streaming = exchange.response.lines !== undefined && exchange.response.status === 200
  const kindOfLine = (line: Json) => ({ status: 200, type: (line as { type?: string } | undefined)?.type === 'ERROR' ? 'ERROR' : 'stream' })
  const seen = (status: number, body: Json) => {
    const all = noticed(status, body)
    return isCut(exchange.note) ? { ...all, items: undefined } : all
  }
  const recorded = streaming ? kindOfLine(recordedBody) : seen(exchange.response.status, recordedBody)
  const ours = streaming && answer.status === 200 ? kindOfLine(answer.body) : seen(answer.status, answer.body)
  return { recordedBody, recorded: JSON.stringify(recorded), ours: JSON.stringify(ours) }
}

function headersOf(
  headers: Exchange['request']['headers'],
  tokens: ReadonlyMap<string, string>,
  names: ReadonlyMap<string, string>,
): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([key, value]) => [
      key.toLowerCase(),
      key.toLowerCase() === 'authorization'
        ? String(value).replace(/\$[A-Z-]+/, (word) => tokens.get(word) ?? word)
        : (names.get(String(value)) ?? value),
    ]),
  )
}

async function prepareStage(topic: Topic, stage: Stage, names: Map<string, string>): Promise<Map<string, string>> {
  const crds = JSON.parse(gunzipSync(readFileSync('tests/golden/protocol/definitions.json.gz')).toString()) as Parameters<
    typeof stage.api.create
  >[1][]
  // Those of other groups than Argo CD's came to the recorded server only later.
  const words = JSON.stringify(topic)
  for (const crd of crds) {
    if (crd.spec.group !== 'argoproj.io' && !words.includes(crd.spec.group)) continue
    // The recording left the schemas out; Argo CD's own stand in for them.
    const schema = ARGOCD_SCHEMAS[crd.spec.names.kind]
    if (schema) crd.spec.versions[0].schema.openAPIV3Schema = schema
    stage.api.create('customresourcedefinitions.apiextensions.k8s.io', crd, 'setup')
  }
  const isCreation = ({ method, path }: Exchange['request']) =>
    method === 'POST' && path.startsWith('/api/v1/namespaces') && !path.startsWith('/api/v1/namespaces/')
  const created = new Set(
    topic.exchanges
      .filter(({ request: asked }) => isCreation(asked))
      .map(({ request: asked }) => (asked.body as { metadata: { name: string } }).metadata.name),
  )
  for (const { request: asked, response } of topic.exchanges) {
    const home = /\/namespaces\/([a-z0-9-]+)\//.exec(asked.path)?.[1]
    if (!home || created.has(home) || home.startsWith('nosuch') || response.status === 404 || stage.api.get('namespaces', '', home))
      continue
    stage.api.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: home } }, 'setup')
  }
  prepare(topic, stage, names)
  stage.clock.advance(1_000)
  const tokens = topic.topic === 'authorization' ? prepareAccess(stage) : new Map<string, string>()
  return tokens.set('$ADMIN', stage.server.adminToken)
}

/** Plays a topic's exchanges in order against a fresh sandbox and lists where a client would notice a difference. */
export async function replay(topic: Topic): Promise<{ played: number; differences: Difference[] }> {
  const stage = await startReplay()
  const names = new Map<string, string>()
  const differences: Difference[] = []
  const open: (() => void)[] = []
  const tokens = await prepareStage(topic, stage, names)
  let before = 0
  for (const exchange of topic.exchanges) {
    const gap = exchange.atMs - before
    before = exchange.atMs
    madeOutside[topic.topic]?.[exchange.name]?.(stage, names)
    stage.clock.advance(Math.max(1, gap))
    const { method, path, headers, body } = exchange.request
    const raw = sentAs[topic.topic]?.[exchange.name] ?? body
    const text = raw === undefined ? '' : typeof raw === 'string' ? raw : translate(written(raw), names)
    const answer = await stage.ask(method, translate(path, names), headersOf(headers, tokens, names), text)
    const compared = shown(exchange, answer)
    open.push(answer.close)
    learn(compared.recordedBody, answer.body, names)
    if (exchange.response.headers.etag && answer.headers.etag) names.set(exchange.response.headers.etag, String(answer.headers.etag))
    if (compared.recorded !== compared.ours) differences.push({ name: exchange.name, recorded: compared.recorded, ours: compared.ours })
  }
  for (const close of open) close()
  await stage.stop()
  return { played: topic.exchanges.length, differences }
}
