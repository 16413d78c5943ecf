import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { permit } from '../../lib/auth/rules.ts'
import { WALL } from '../../lib/cluster/rules.ts'
import { ClusterEntry } from '../../lib/cluster/schema.ts'
import { type WatchedCluster, watchCluster } from '../../lib/inventory/collect-cluster.ts'
import { listCredentials } from '../../lib/inventory/list-credentials.ts'
import type { Clusters, Inventory } from '../../lib/inventory/port.ts'
import { project } from '../../lib/inventory/rules.ts'
import { type ApiServer, startApiServer } from '../../lib/testing/api-server.ts'
import { type TestDatabase, testDatabase } from '../../lib/testing/database.ts'
import { judged, loadRecording, play, type Recording, readRecording, resourcesOf } from '../../lib/testing/golden-wire.ts'
import { eventually } from '../../lib/testing/wait.ts'

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function serve(recording: Recording): Promise<{ server: ApiServer; resources: ReturnType<typeof resourcesOf> }> {
  const resources = resourcesOf(recording)
  const server = await startApiServer([...resources.values()])
  cleanups.push(() => server.stop())
  loadRecording(server, recording, resources)
  return { server, resources }
}

async function watched(server: ApiServer, database?: TestDatabase): Promise<WatchedCluster> {
  const entry = ClusterEntry.parse({ name: 'golden', kubeconfig: server.kubeconfig })
  const cluster = watchCluster({ entry, clock: WALL, ...(database ? { db: database.db } : {}) })
  cleanups.push(() => cluster.stop())
  await eventually(
    () => cluster.inventory.kinds().map((one) => [one.plural, one.freshness, one.note]),
    () => cluster.inventory.ready(),
    60_000,
  )
  return cluster
}

async function database(): Promise<TestDatabase> {
  const made = await testDatabase()
  cleanups.push(() => made.drop())
  return made
}

function keysOf(inventory: Inventory, kind: string): ReadonlyMap<string, string> {
  return new Map(inventory.list(kind).map((one) => [`${one.namespace}/${one.name}`, one.uid]))
}

function countsOf(inventory: Inventory, recording: Recording): Record<string, number> {
  return Object.fromEntries(
    [...resourcesOf(recording)]
      .filter(([plural]) => plural !== 'events')
      .map(([plural, one]) => [plural, inventory.list(one.kind, one.group).length]),
  )
}

test('the founding disaster is seen over the wire exactly as it was, and every step of it is recorded', async () => {
  const recording = readRecording('argocd-namespace-deleted')
  const { server, resources } = await serve(recording)
  const store = await database()
  const { inventory, history } = await watched(server, store)
  expect(countsOf(inventory, recording).applications).toBe(60)
  expect(inventory.facts()).toMatchObject({
    version: 'v1.36.2',
    freshness: 'live',
    incarnation: inventory.find('Namespace', '', 'kube-system')?.uid,
  })

  const before = new Date()
  for (const event of recording.events) play(server, resources, event)
  const end = recording.truth.moments.at(-1)
  if (!end) throw new Error('no moment')
  const { secrets: _s, events: _e, ...truth } = end.counts
  const played = recording.events.filter(
    (one) => resources.has(one.resource) && one.resource !== 'events' && ['ADDED', 'MODIFIED', 'DELETED'].includes(one.type),
  )
  const last = new Map(played.map((one) => [project(one.object, '').uid, one] as const))
  const late = () =>
    [...last].filter(([uid, one]) =>
      one.type === 'DELETED'
        ? inventory.get(uid) !== undefined
        : inventory.get(uid)?.resourceVersion !== project(one.object, '').resourceVersion,
    )
  await eventually(
    () => late().map(([uid, one]) => `${one.resource} ${uid}`),
    (seen) => seen.length === 0,
  )
  expect(countsOf(inventory, recording)).toEqual(expect.objectContaining(truth))

  for (const [plural, resource] of resources) {
    const judgement = judged(end, plural)
    if (!judgement) continue
    const now = keysOf(inventory, resource.kind)
    const deleting = inventory
      .list(resource.kind, resource.group)
      .filter((one) => one.deletingAt !== null)
      .map((one) => [`${one.namespace}/${one.name}`, one.deletingAt])
      .sort()
    expect(deleting).toEqual(judgement.deleting.map((one) => [one.key, one.deletionTimestamp]).sort())
    for (const key of judgement.gone) expect(now.has(key)).toBe(false)
    for (const changed of judgement.uidChanged) expect(now.get(changed.key)).toBe(changed.is)
  }

  await history.flush()
  const past = await history.at(before)
  expect(past.filter((one) => one.kind === 'Application')).toHaveLength(60)
  expect(past.find((one) => one.kind === 'Namespace' && one.name === 'argocd')?.deletingAt).toBeNull()

  // The operation that pruned argocd is overwritten within seconds: it must have been recorded as it passed.
  const changes = await history.changes(new Date('2026-11-22T10:39:00Z'), new Date(Date.now() + 60_000), 20_000)
  const culprit = changes.find(
    (one) =>
      one.record.facts.is === 'application' &&
      one.record.facts.operation?.results.some((row) => row.kind === 'Namespace' && row.name === 'argocd' && row.status === 'Pruned'),
  )
  expect(culprit?.record.name).toBe('project-namespace')
  expect(changes.filter((one) => one.what === 'deletion-started' && one.record.kind === 'Application')).toHaveLength(61)
  expect(changes.find((one) => one.what === 'deletion-started' && one.record.kind === 'Namespace')?.at).toBe('2026-11-22T10:39:55.000Z')

  const manifest = await history.manifest({ kind: 'Application', namespace: 'argocd', name: 'cert-manager' }, before, true)
  expect(manifest?.manifest).toMatchObject({
    kind: 'Application',
    spec: { project: 'platform', syncPolicy: { automated: { prune: true } } },
  })
  expect(manifest?.manifest.status).toBeUndefined()
  expect(Object.keys(manifest?.manifest.metadata as object).sort()).toEqual(['labels', 'name', 'namespace'])
  expect(await history.manifests('AppProject', before, true)).toHaveLength(4)
})

const CRD = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
}
const NAMESPACES = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false }
const APPLICATIONS = { group: 'argoproj.io', version: 'v1alpha1', kind: 'Application', plural: 'applications', namespaced: true }
const WIDGETS = { group: 'acme.test', version: 'v1', kind: 'Widget', plural: 'widgets', namespaced: true }
const DEPLOYMENTS = { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', namespaced: true }

const object = (kind: string, apiVersion: string, name: string, version: number, more: object = {}, namespace?: string) => ({
  apiVersion,
  kind,
  metadata: { name, uid: `${name}-${kind}`, resourceVersion: String(version), ...(namespace ? { namespace } : {}) },
  ...more,
})
const system = (uid: string, version: number) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'kube-system', uid, resourceVersion: String(version) },
})

async function small(...resources: (typeof CRD)[]): Promise<ApiServer> {
  const server = await startApiServer([CRD, NAMESPACES, APPLICATIONS, DEPLOYMENTS, ...resources])
  cleanups.push(() => server.stop())
  server.put(NAMESPACES, system('first', 2))
  return server
}

test('a kind that an Application names is collected as soon as it is served, and kept when it is served no longer', async () => {
  const server = await small()
  server.put(
    APPLICATIONS,
    object(
      'Application',
      'argoproj.io/v1alpha1',
      'shop',
      3,
      { status: { resources: [{ group: 'acme.test', kind: 'Widget', name: 'w', namespace: 'a' }] } },
      'argocd',
    ),
  )
  const { inventory } = await watched(server)
  expect(inventory.kinds().map((one) => one.plural)).not.toContain('widgets')
  server.put(WIDGETS, object('Widget', 'acme.test/v1', 'w', 4, {}, 'a'))
  server.setServed([CRD, NAMESPACES, APPLICATIONS, DEPLOYMENTS, WIDGETS])
  server.emit(CRD, { type: 'ADDED', object: object('CustomResourceDefinition', 'apiextensions.k8s.io/v1', 'widgets.acme.test', 5) })
  await eventually(
    () => inventory.list('Widget'),
    (seen) => seen.length === 1,
  )
  server.setServed([CRD, NAMESPACES, APPLICATIONS, DEPLOYMENTS])
  server.emit(CRD, { type: 'DELETED', object: object('CustomResourceDefinition', 'apiextensions.k8s.io/v1', 'widgets.acme.test', 6) })
  await eventually(
    () => inventory.freshness('Widget'),
    (seen) => seen === 'no-longer-served',
  )
  expect(inventory.list('Widget')).toHaveLength(1)
})

test('a kind that may not be read is named with the missing verb, and the rest goes on', async () => {
  const server = await small()
  server.setFault(({ path }) =>
    path.endsWith('/deployments') ? { status: 403, body: { kind: 'Status', code: 403, message: 'deployments.apps is forbidden' } } : null,
  )
  const { inventory } = await watched(server)
  expect(inventory.kinds().find((one) => one.plural === 'deployments')).toMatchObject({
    freshness: 'forbidden',
    note: expect.stringMatching(/may not list deployments\.apps in all namespaces: grant it the verb "list" by a ClusterRole/),
  })
  expect(inventory.facts().freshness).toBe('live')
  expect(inventory.freshness('Namespace')).toBe('live')
})

test('another cluster at the same address empties the store without a single deletion', async () => {
  const server = await small()
  for (let i = 0; i < 5; i++) server.put(APPLICATIONS, object('Application', 'argoproj.io/v1alpha1', `app${i}`, 3 + i, {}, 'argocd'))
  const store = await database()
  const { inventory, history } = await watched(server, store)
  await history.flush()
  const gone: string[] = []
  inventory.subscribe((deltas) => gone.push(...deltas.filter((one) => one.type === 'gone').map((one) => one.record.name)))
  server.forget()
  server.put(NAMESPACES, system('second', 50))
  server.setVersion(60)
  server.compact()
  server.cut()
  await eventually(
    () => inventory.facts(),
    (facts) => facts.replaced?.is === 'second',
  )
  await eventually(
    () => [inventory.list('Application').length, inventory.ready()],
    ([count, ready]) => count === 0 && ready === true,
  )
  expect(gone).toEqual([])
  expect((await history.at(new Date())).filter((one) => one.kind === 'Application')).toHaveLength(5)
})

test('a restart records nothing twice', async () => {
  const recording = readRecording('crd-deleted')
  const { server } = await serve(recording)
  const store = await database()
  const first = await watched(server, store)
  await first.history.flush()
  await first.stop()
  const count = async () => Number((await store.db.pool.query<{ n: string }>('SELECT count(*) AS n FROM inventory_revision')).rows[0]?.n)
  const before = await count()
  expect(before).toBeGreaterThan(300)
  const second = await watched(server, store)
  await second.history.flush()
  expect(await count()).toBe(before)
})

test('a cluster that cannot be reached says why, and is read as soon as it answers', async () => {
  const server = await small()
  server.setFault(() => 'cut')
  const cluster = watchCluster({ entry: ClusterEntry.parse({ name: 'golden', kubeconfig: server.kubeconfig }), clock: WALL })
  cleanups.push(() => cluster.stop())
  await eventually(
    () => cluster.inventory.facts(),
    (facts) => facts.freshness === 'unreachable',
  )
  expect(cluster.inventory.facts()).toMatchObject({ blind: false, trouble: expect.stringContaining('no answer') })
  server.setFault(null)
  await eventually(
    () => cluster.inventory.ready(),
    (ready) => ready,
  )
  expect(cluster.inventory.facts()).toMatchObject({ freshness: 'live', trouble: '' })
})

test('refused credentials leave us blind, which is not an unreachable cluster', async () => {
  const server = await small()
  const { inventory } = await watched(server)
  server.setFault(() => ({ status: 401, body: { kind: 'Status', code: 401, message: 'Unauthorized' } }))
  server.cut()
  await eventually(
    () => inventory.kinds().find((one) => one.plural === 'namespaces')?.note,
    (note) => (note ?? '').includes('401'),
  )
  expect(inventory.list('Namespace')).toHaveLength(1)
})

test('a collector that dies is started again', async () => {
  const server = await small()
  const root = mkdtempSync(join(tmpdir(), 'blackstart-test-'))
  mkdirSync(join(root, 'lib/inventory'), { recursive: true })
  const real = JSON.stringify(pathToFileURL(join(process.cwd(), 'lib/inventory/collector-entry.mjs')).href)
  const mark = JSON.stringify(join(root, 'died'))
  writeFileSync(
    join(root, 'lib/inventory/collector-entry.mjs'),
    `import { existsSync, writeFileSync } from 'node:fs'\nif (!existsSync(${mark})) {\n  writeFileSync(${mark}, '')\n  throw new Error('dies at once')\n}\nawait import(${real})\n`,
  )
  writeFileSync(join(root, 'package.json'), '{"type":"module"}')
  const told: string[] = []
  const cluster = watchCluster({
    entry: ClusterEntry.parse({ name: 'golden', kubeconfig: server.kubeconfig }),
    clock: WALL,
    root,
    onError: (error) => told.push(error.message),
  })
  cleanups.push(() => cluster.stop())
  await eventually(
    () => cluster.inventory.ready(),
    (ready) => ready,
  )
  expect(told).toEqual(['dies at once'])
  expect(cluster.inventory.facts().freshness).toBe('live')
})

test('a control plane that was set back is told once, however many kinds notice, and no deletion follows from it', async () => {
  const server = await small()
  for (let i = 0; i < 5; i++) server.put(APPLICATIONS, object('Application', 'argoproj.io/v1alpha1', `app${i}`, 900 + i, {}, 'argocd'))
  const store = await database()
  const { inventory, history } = await watched(server, store)
  await history.flush()
  const gone: string[] = []
  inventory.subscribe((deltas) => gone.push(...deltas.filter((one) => one.type === 'gone').map((one) => one.record.name)))
  server.forget()
  server.put(NAMESPACES, system('first', 2))
  server.put(APPLICATIONS, object('Application', 'argoproj.io/v1alpha1', 'app0', 40, {}, 'argocd'))
  server.setVersion(50)
  server.endWatches()
  await eventually(
    () => [inventory.facts().restored?.note, inventory.list('Application').length, inventory.ready()] as const,
    ([note, count, ready]) => note !== undefined && count === 1 && ready,
  )
  await history.flush()
  expect(gone).toEqual([])
  const gaps = await store.db.pool.query<{ why: string }>(`SELECT why FROM inventory_gap WHERE why LIKE '%set back%'`)
  expect(gaps.rows).toHaveLength(1)
})

test('another cluster with younger versions is another cluster, not one that was set back', async () => {
  const server = await small()
  server.setVersion(900)
  const { inventory } = await watched(server, await database())
  server.forget()
  server.put(NAMESPACES, system('second', 5))
  server.setVersion(10)
  server.endWatches()
  await eventually(
    () => [inventory.facts().incarnation, inventory.ready()] as const,
    ([is, ready]) => is === 'second' && ready,
  )
  expect(inventory.facts().restored).toBeUndefined()
})

test('a definition that moves to another version keeps its objects, under the new one', async () => {
  const server = await startApiServer([NAMESPACES, APPLICATIONS, CRD, WIDGETS])
  cleanups.push(() => server.stop())
  const [old, next] = [WIDGETS, { ...WIDGETS, version: 'v2' }]
  server.put(NAMESPACES, system('first', 2))
  const wanted = [{ group: 'acme.test', kind: 'Widget', name: 'w', namespace: 'a' }]
  server.put(APPLICATIONS, object('Application', 'argoproj.io/v1alpha1', 'shop', 3, { status: { resources: wanted } }, 'argocd'))
  server.put(WIDGETS, object('Widget', 'acme.test/v1', 'w', 4, {}, 'a'))
  const definition = (version: number, more: object = {}) =>
    object('CustomResourceDefinition', 'apiextensions.k8s.io/v1', 'widgets.acme.test', version, more)
  server.put(CRD, definition(5))
  const { inventory } = await watched(server)
  await eventually(
    () => inventory.list('Widget').map((one) => one.apiVersion),
    (seen) => seen.join() === 'acme.test/v1',
  )
  const gone: string[] = []
  inventory.subscribe((deltas) => gone.push(...deltas.filter((one) => one.type === 'gone').map((one) => one.record.name)))
  // Both are served, the new one preferred; then only the new one.
  for (const served of [[next, old], [next]]) {
    server.put(next, object('Widget', 'acme.test/v2', 'w', 4, {}, 'a'))
    server.setServed([NAMESPACES, APPLICATIONS, CRD, ...served])
    server.emit(CRD, { type: 'MODIFIED', object: definition(server.version() + 1, { spec: { group: 'acme.test' } }) })
    await eventually(
      () => [inventory.list('Widget').map((one) => one.apiVersion), inventory.freshness('Widget')].join(),
      (seen) => seen === 'acme.test/v2,live',
    )
  }
  expect(gone).toEqual([])
  server.emit(next, { type: 'MODIFIED', object: object('Widget', 'acme.test/v2', 'w', server.version() + 1, {}, 'a') })
  await eventually(
    () => inventory.list('Widget')[0]?.resourceVersion,
    (seen) => seen === String(server.version()),
  )
})

test('events are copied out once each, also those that passed while the connection was gone', async () => {
  const EVENTS = { group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true }
  const server = await small(EVENTS)
  const store = await database()
  const { history } = await watched(server, store)
  const event = (name: string, version: number, more: object = {}) =>
    object(
      'Event',
      'v1',
      name,
      version,
      { type: 'Warning', reason: 'Failed', message: name, lastTimestamp: '2026-11-22T10:00:00Z', ...more },
      'a',
    )
  server.emit(EVENTS, { type: 'ADDED', object: event('e1', 10) })
  server.cut()
  server.emit(EVENTS, { type: 'ADDED', object: event('e2', 11) }, true)
  server.emit(EVENTS, { type: 'ADDED', object: event('calm', 12, { type: 'Normal', source: { component: 'kubelet' } }) }, true)
  server.compact()
  server.emit(
    EVENTS,
    {
      type: 'ADDED',
      object: event('argocd', 13, { type: 'Normal', reason: 'OperationCompleted', source: { component: 'argocd-application-controller' } }),
    },
    true,
  )
  const seen = async () => {
    await history.flush()
    return (await history.events(new Date('2026-11-22T09:00:00Z'), new Date('2026-11-22T11:00:00Z'))).map((one) => one.message).sort()
  }
  await eventually(seen, (messages) => messages.length >= 3)
  server.cut()
  server.compact()
  server.emit(EVENTS, { type: 'ADDED', object: event('e4', 14) })
  await eventually(seen, (messages) => messages.includes('e4'))
  expect(await seen()).toEqual(['argocd', 'e1', 'e2', 'e4'])
})

test('while the collector is away every kind is stale, not live', async () => {
  const server = await small()
  const root = mkdtempSync(join(tmpdir(), 'blackstart-test-'))
  mkdirSync(join(root, 'lib/inventory'), { recursive: true })
  const real = JSON.stringify(pathToFileURL(join(process.cwd(), 'lib/inventory/collector-entry.mjs')).href)
  const file = join(root, 'lib/inventory/collector-entry.mjs')
  writeFileSync(join(root, 'package.json'), '{"type":"module"}')
  const mark = JSON.stringify(join(root, 'die'))
  writeFileSync(
    file,
    `import { existsSync } from 'node:fs'\nif (existsSync(${mark})) throw new Error('gone')\nawait import(${real})\nsetInterval(() => { if (existsSync(${mark})) process.exit(1) }, 20)\n`,
  )
  const cluster = watchCluster({ entry: ClusterEntry.parse({ name: 'golden', kubeconfig: server.kubeconfig }), clock: WALL, root })
  cleanups.push(() => cluster.stop())
  const freshness = () => [cluster.inventory.facts().freshness, cluster.inventory.freshness('Namespace')].join()
  await eventually(freshness, (seen) => seen === 'live,live')
  writeFileSync(join(root, 'die'), '')
  await eventually(freshness, (seen) => seen === 'stale,stale')
  expect(cluster.inventory.list('Namespace')).toHaveLength(1)
})

test('with `secrets: names` only metadata is ever asked for, and what is missing is told', async () => {
  const SECRETS = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true }
  const server = await small(SECRETS)
  const pod = { containers: [{ name: 'a', envFrom: [{ secretRef: { name: 'there' } }, { secretRef: { name: 'missing' } }] }] }
  server.put(DEPLOYMENTS, object('Deployment', 'apps/v1', 'cart', 3, { spec: { template: { spec: pod } } }, 'shop'))
  server.put(SECRETS, object('Secret', 'v1', 'there', 4, {}, 'shop'))
  const proof = permit({ kind: 'person', id: 'ada', name: 'Ada', roles: ['viewer'], email: null }, 'cluster.read')
  if (!proof.ok) throw new Error('no permit')
  const needed = async (secrets: 'none' | 'names') => {
    const cluster = watchCluster({ entry: ClusterEntry.parse({ name: 'golden', kubeconfig: server.kubeconfig, secrets }), clock: WALL })
    cleanups.push(() => cluster.stop())
    await eventually(
      () => cluster.inventory.ready(),
      (ready) => ready,
    )
    const said = await listCredentials({ clusters: { get: () => cluster } as unknown as Clusters }, proof.value, { cluster: 'golden' })
    if (!said.ok) throw new Error(said.error.message)
    expect(said.value).toMatchObject({ freshness: 'live', observedAt: expect.stringMatching(/Z$/) })
    return said.value.items.map((one) => [one.name, one.present])
  }
  expect(await needed('none')).toEqual([
    ['missing', null],
    ['there', null],
  ])
  expect(server.seen.filter((one) => one.path.endsWith('/secrets'))).toEqual([])
  expect(await needed('names')).toEqual([
    ['missing', false],
    ['there', true],
  ])
  const asked = server.seen.filter((one) => one.path.endsWith('/secrets'))
  expect(asked.length).toBeGreaterThan(0)
  // A real server refuses the one's word for the other (406).
  for (const { query, headers } of asked)
    expect(headers.accept).toBe(
      `application/json;as=PartialObjectMetadata${query.get('watch') === 'true' ? '' : 'List'};g=meta.k8s.io;v=v1`,
    )
})

test('credentials that end while it watches are renewed across the threads, and no event is lost', async () => {
  const server = await small()
  const folder = mkdtempSync(join(tmpdir(), 'blackstart-test-'))
  const [plugin, token] = [join(folder, 'plugin'), join(folder, 'token')]
  const say = (word: string) => writeFileSync(token, JSON.stringify({ kind: 'ExecCredential', status: { token: word } }))
  writeFileSync(plugin, `#!/bin/sh\ncat ${token}\n`)
  chmodSync(plugin, 0o755)
  const config = JSON.parse(readFileSync(server.kubeconfig, 'utf8'))
  config.users[0].user = { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: plugin } }
  writeFileSync(server.kubeconfig, JSON.stringify(config))
  const accept = (word: string) =>
    server.setFault(({ headers }) =>
      headers.authorization === `Bearer ${word}` ? null : { status: 401, body: { kind: 'Status', code: 401 } },
    )
  say('first')
  accept('first')
  const { inventory } = await watched(server)
  const blind: boolean[] = []
  inventory.onState(() => blind.push(inventory.facts().blind === true))
  say('second')
  accept('second')
  server.cut()
  server.emit(APPLICATIONS, { type: 'ADDED', object: object('Application', 'argoproj.io/v1alpha1', 'late', 20, {}, 'argocd') }, true)
  await eventually(
    () => inventory.list('Application').map((one) => one.name),
    (names) => names.join() === 'late',
  )
  expect(blind).not.toContain(true)
})
