import { afterEach, expect, test } from 'vitest'
import { WALL } from '../../lib/cluster/rules.ts'
import { ClusterEntry } from '../../lib/cluster/schema.ts'
import { type WatchedCluster, watchCluster } from '../../lib/inventory/collect-cluster.ts'
import type { Inventory } from '../../lib/inventory/port.ts'
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
  await eventually(() => cluster.inventory.kinds().map((one) => [one.plural, one.freshness, one.note]), () => cluster.inventory.ready(), 60_000)
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
  return Object.fromEntries([...resourcesOf(recording)].filter(([plural]) => plural !== 'events').map(([plural, one]) => [plural, inventory.list(one.kind, one.group).length]))
}

test('the founding disaster is seen over the wire exactly as it was, and every step of it is recorded', async () => {
  const recording = readRecording('argocd-namespace-deleted')
  const { server, resources } = await serve(recording)
  const store = await database()
  const { inventory, history } = await watched(server, store)
  expect(countsOf(inventory, recording).applications).toBe(60)
  expect(inventory.facts()).toMatchObject({ version: 'v1.36.2', freshness: 'live', incarnation: inventory.find('Namespace', '', 'kube-system')?.uid })

  const before = new Date()
  for (const event of recording.events) play(server, resources, event)
  const end = recording.truth.moments.at(-1)
  if (!end) throw new Error('no moment')
  const { secrets: _s, events: _e, ...truth } = end.counts
  await eventually(() => countsOf(inventory, recording), (seen) => JSON.stringify(seen, Object.keys(truth).sort()) === JSON.stringify(truth, Object.keys(truth).sort()))
  expect(countsOf(inventory, recording)).toEqual(expect.objectContaining(truth))

  for (const [plural, resource] of resources) {
    const judgement = judged(end, plural)
    if (!judgement) continue
    const now = keysOf(inventory, resource.kind)
    const deleting = inventory.list(resource.kind, resource.group).filter((one) => one.deletingAt !== null).map((one) => [`${one.namespace}/${one.name}`, one.deletingAt]).sort()
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
  const culprit = changes.find((one) => one.record.facts.is === 'application' && one.record.facts.operation?.results.some((row) => row.kind === 'Namespace' && row.name === 'argocd' && row.status === 'Pruned'))
  expect(culprit?.record.name).toBe('project-namespace')
  expect(changes.filter((one) => one.what === 'deletion-started' && one.record.kind === 'Application')).toHaveLength(61)
  expect(changes.find((one) => one.what === 'deletion-started' && one.record.kind === 'Namespace')?.at).toBe('2026-11-22T10:39:55.000Z')

  const manifest = await history.manifest({ kind: 'Application', namespace: 'argocd', name: 'cert-manager' }, before, true)
  expect(manifest?.manifest).toMatchObject({ kind: 'Application', spec: { project: 'platform', syncPolicy: { automated: { prune: true } } } })
  expect(manifest?.manifest.status).toBeUndefined()
  expect(Object.keys(manifest?.manifest.metadata as object).sort()).toEqual(['labels', 'name', 'namespace'])
  expect(await history.manifests('AppProject', before, true)).toHaveLength(4)
})
