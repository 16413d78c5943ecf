import { afterEach, expect, test } from 'vitest'
import { WALL } from '../../lib/cluster/rules.ts'
import { ClusterEntry } from '../../lib/cluster/schema.ts'
import { watchSignals } from '../../lib/impact/watch-signals.ts'
import { watchCluster } from '../../lib/inventory/collect-cluster.ts'
import type { Clusters } from '../../lib/inventory/port.ts'
import { type ApiServer, type Resource, startApiServer } from '../../lib/testing/api-server.ts'
import { testDatabase } from '../../lib/testing/database.ts'
import { type Raw, raw, rawApplication, rawArgocd, rawWorkload } from '../../lib/testing/impact-stage.ts'
import { eventually } from '../../lib/testing/wait.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const kind = (group: string, version: string, name: string, plural: string, namespaced = true): Resource => ({
  group,
  version,
  kind: name,
  plural,
  namespaced,
})
const KINDS: Readonly<Record<string, Resource>> = {
  Namespace: kind('', 'v1', 'Namespace', 'namespaces', false),
  Application: kind('argoproj.io', 'v1alpha1', 'Application', 'applications'),
  AppProject: kind('argoproj.io', 'v1alpha1', 'AppProject', 'appprojects'),
  Deployment: kind('apps', 'v1', 'Deployment', 'deployments'),
  StatefulSet: kind('apps', 'v1', 'StatefulSet', 'statefulsets'),
}

function kindOf(object: Raw): Resource {
  const found = KINDS[object.kind]
  if (!found) throw new Error(`no kind ${object.kind}`)
  return found
}

async function serve(objects: readonly Raw[], local: readonly string[] = ['Namespace', 'Deployment', 'StatefulSet']): Promise<ApiServer> {
  const server = await startApiServer(Object.values(KINDS).filter((one) => local.includes(one.kind)))
  cleanups.push(() => server.stop())
  for (const object of objects) server.put(kindOf(object), object)
  return server
}

const spokeObjects = (cluster: string): readonly Raw[] => [
  raw('v1', 'Namespace', 'kube-system', '', { metadata: { uid: `kube-system of ${cluster}` } }),
  raw('v1', 'Namespace', 'shop'),
  rawWorkload('web', 'shop', { app: `web-${cluster}` }),
  rawWorkload('api', 'shop', { app: `api-${cluster}` }),
]

test('a hub manages two clusters: their services name it, lose it with evidence, and raise no alarm of their own', async () => {
  const eu = await serve(spokeObjects('eu'))
  const us = await serve(spokeObjects('us'))
  const app = (name: string, destination: object) => rawApplication(name, 'argocd', { spec: { destination } })
  const apps = [
    app('web-eu', { server: `${eu.url}/`, namespace: 'shop' }),
    app('api-eu', { server: eu.url, namespace: 'shop' }),
    app('web-us', { name: 'us', namespace: 'shop' }),
    app('api-us', { name: 'us-production', namespace: 'shop' }),
  ]
  const home = rawArgocd('argocd')
  const central = await serve(
    [raw('v1', 'Namespace', 'kube-system', '', { metadata: { uid: 'kube-system of central' } }), ...home, ...apps],
    Object.keys(KINDS),
  )
  const store = await testDatabase()
  cleanups.push(() => store.drop())
  const watched = (
    [
      ['central', central, undefined],
      ['eu', eu, undefined],
      ['us', us, { knownAs: ['us-production'] }],
    ] as const
  ).map(([name, server, argocd]) => {
    const entry = ClusterEntry.parse({ name, kubeconfig: server.kubeconfig, ...(argocd ? { argocd } : {}) })
    const cluster = watchCluster({ entry, clock: WALL, db: store.db })
    cleanups.push(() => cluster.stop())
    return cluster
  })
  const clusters: Clusters = {
    get: (name) => watched.find((one) => one.entry.name === name),
    all: () => watched,
    onChange: () => () => {},
  }
  const errors: unknown[] = []
  const watch = watchSignals({ clusters, db: store.db, catalog: { rules: [], ephemeral: [] }, onError: (error) => errors.push(error) })
  cleanups.push(() => watch.stop())
  const told = () =>
    ['eu', 'us']
      .flatMap((cluster) => (watch.of(cluster)?.rows() ?? []).map((row) => [row.id, row.impact, row.application, row.hub ?? null]))
      .sort()
  const all = (impact: string) =>
    ['eu', 'us'].flatMap((cluster) =>
      ['api', 'web'].map((name) => [`${cluster}/shop/${name}-${cluster}`, impact, `${name}-${cluster}`, 'central']),
    )

  await eventually(told, (seen) => JSON.stringify(seen) === JSON.stringify(all('healthy')), 20_000)
  expect(watch.signals()).toEqual([])

  // One Application goes: only what it tracked is judged anew, on the cluster where that runs.
  const [first] = apps
  if (!first) throw new Error('no application')
  const later = (object: Raw, metadata: object = {}) => ({
    ...object,
    metadata: { ...object.metadata, ...metadata, resourceVersion: String(central.version() + 1) },
  })
  central.emit(KINDS.Application as Resource, { type: 'DELETED', object: later(first) })
  await eventually(told, (seen) => seen.some(([id, impact]) => id === 'eu/shop/web-eu' && impact === 'unmanaged'))
  expect(watch.of('eu')?.row('eu/shop/web-eu')?.evidence[0]?.is).toBe('1/1 ready, unmanaged: Application web-eu is gone from hub central')
  expect(watch.of('us')?.counts()).toMatchObject({ healthy: 2, unmanaged: 0 })

  // Then the hub's namespace with all in it.
  const gone = { deletionTimestamp: new Date().toISOString() }
  for (const object of home.filter((one) => one.kind === 'Namespace'))
    central.emit(kindOf(object), { type: 'MODIFIED', object: later(object, gone) })
  for (const object of [...home.filter((one) => one.kind !== 'Namespace'), ...apps.slice(1)])
    central.emit(kindOf(object), { type: 'DELETED', object: later(object, gone) })
  await eventually(told, (seen) => JSON.stringify(seen) === JSON.stringify(all('unmanaged')))
  expect(watch.of('us')?.row('us/shop/api-us')?.evidence[0]?.is).toContain('Application api-us is gone from hub central')
  const open = await eventually(
    () => watch.signals().filter((one) => one.kind === 'argocd-gone'),
    (seen) => seen.length > 0,
  )
  expect(open.map((one) => [one.cluster, one.title])).toEqual([['central', 'Argo CD in argocd is being deleted; it also manages eu, us']])
  expect(open[0]?.evidence.filter((one) => one.object.kind === 'Cluster').map((one) => [one.object.name, one.is])).toEqual([
    ['eu', '2 services of cluster eu are reconciled by nobody'],
    ['us', '2 services of cluster us are reconciled by nobody'],
  ])
  expect(watch.of('eu')?.argocd()).toEqual([])
  expect(errors).toEqual([])
})
