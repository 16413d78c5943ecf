import { readFileSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { permit } from '../../lib/auth/rules.ts'
import { type ClusterSet, createClusterSet } from '../../lib/boot/clusters.ts'
import { WALL } from '../../lib/cluster/rules.ts'
import { ClusterEntry } from '../../lib/cluster/schema.ts'
import { type IdentifyCluster, identifyCluster } from '../../lib/impact/identify-cluster.ts'
import { watchCluster } from '../../lib/inventory/collect-cluster.ts'
import { type ApiServer, startApiServer } from '../../lib/testing/api-server.ts'
import { type TestDatabase, testDatabase } from '../../lib/testing/database.ts'
import { eventually } from '../../lib/testing/wait.ts'

const NAMESPACES = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false }
let store: TestDatabase
let clusters: ClusterSet
let [first, second]: ApiServer[] = []

/** A cluster with one namespace of its own beside kube-system. */
async function cluster(uid: string, own: string): Promise<ApiServer> {
  const server = await startApiServer([NAMESPACES])
  const namespace = (name: string, id: string, version: number) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, uid: id, resourceVersion: String(version) },
  })
  server.put(NAMESPACES, namespace('kube-system', uid, 2))
  server.put(NAMESPACES, namespace(own, `${uid}-${own}`, 3))
  return server
}

beforeEach(async () => {
  store = await testDatabase()
  first = await cluster('uid-first', 'shop')
  second = await cluster('uid-second', 'other')
  clusters = createClusterSet({ watch: (entry, clock) => watchCluster({ entry, clock, db: store.db }) })
})
afterEach(async () => {
  await clusters.stop()
  await first?.stop()
  await second?.stop()
  await store.drop()
})

function answer(how: IdentifyCluster['answer'], is: string, role: 'lead' | 'operator' = 'lead') {
  const proof = permit({ kind: 'person', id: 'ada', name: 'Ada', roles: [role], email: null }, 'cluster.identify')
  if (!proof.ok) return proof
  return identifyCluster({ db: store.db, clusters }, proof.value, { cluster: 'prod', answer: how, is })
}

const facts = () => clusters.get('prod')?.inventory.facts()
const recorded = async () => {
  await clusters.get('prod')?.history.flush()
  const rows = await store.db.pool.query<{ name: string }>(`SELECT name FROM inventory_revision WHERE valid_to IS NULL ORDER BY name`)
  return rows.rows.map((one) => one.name)
}

/** The kubeconfig that led to the first cluster now leads to the second. */
async function swapped(): Promise<string> {
  const file = first?.kubeconfig ?? ''
  const original = readFileSync(file, 'utf8')
  clusters.add(ClusterEntry.parse({ name: 'prod', kubeconfig: file }), WALL)
  await eventually(recorded, (names) => names.includes('shop'))
  writeFileSync(file, readFileSync(second?.kubeconfig ?? '', 'utf8'))
  await clusters.reopen('prod')
  await eventually(facts, (now) => now?.replaced?.is === 'uid-second')
  return original
}

test('rebuilt: nothing is recorded before the answer, everything after it, and the answer is in the audit log', async () => {
  await swapped()
  expect(await recorded()).toEqual(['kube-system', 'shop'])
  expect(answer('rebuilt', 'uid-second', 'operator')).toMatchObject({ ok: false, error: { code: 'not-permitted' } })
  expect(await answer('rebuilt', 'uid-first')).toMatchObject({ ok: false, error: { code: 'not-now' } })
  expect(await answer('rebuilt', 'uid-second')).toMatchObject({ ok: true, value: { was: 'uid-first', is: 'uid-second' } })
  await eventually(recorded, (names) => names.join() === 'kube-system,other')
  expect(facts()).toMatchObject({ replaced: null, freshness: 'live' })
  expect(await answer('rebuilt', 'uid-second')).toMatchObject({
    ok: false,
    error: { message: expect.stringContaining('nothing to answer') },
  })
  const entries = await store.db.pool.query<{ body: string }>(`SELECT body FROM audit_entry WHERE body LIKE '%cluster.identified%'`)
  expect(entries.rows.map((one) => JSON.parse(one.body).data)).toEqual([
    { cluster: 'prod', answer: 'rebuilt', was: 'uid-first', is: 'uid-second' },
  ])
})

test('a wrong kubeconfig: it is read again, and nothing of the stranger was ever recorded', async () => {
  const original = await swapped()
  writeFileSync(first?.kubeconfig ?? '', original)
  expect(await answer('wrong-kubeconfig', 'uid-second')).toMatchObject({ ok: true })
  await eventually(facts, (now) => now?.incarnation === 'uid-first' && now.freshness === 'live')
  expect(facts()?.replaced ?? null).toBeNull()
  expect(await recorded()).toEqual(['kube-system', 'shop'])
})
