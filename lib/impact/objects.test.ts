import { expect, test } from 'vitest'
import { permit } from '../auth/rules.ts'
import type { ClusterApi } from '../cluster/port.ts'
import { WALL } from '../cluster/rules.ts'
import { historyReads } from '../inventory/history-reads.ts'
import type { Watched } from '../inventory/port.ts'
import { project } from '../inventory/rules.ts'
import { createInventory } from '../inventory/store.ts'
import { type ListObjects, listObjects } from './list-objects.ts'
import { showObject } from './show-object.ts'

type Given = { readonly kind: string; readonly name: string; readonly meta?: object; readonly apiVersion?: string }

function ctxWith(given: readonly Given[]) {
  const inventory = createInventory('c')
  inventory.apply(
    given.map(({ kind, name, meta = {}, apiVersion = 'v1' }) => ({
      type: 'set',
      record: project(
        {
          apiVersion,
          kind,
          metadata: {
            name,
            namespace: 'shop',
            uid: `uid-${name}`,
            resourceVersion: '1',
            creationTimestamp: '2026-11-22T09:00:00Z',
            ...meta,
          },
          ...(kind === 'Pod' ? { status: { phase: 'Running' } } : {}),
        },
        '2026-11-22T10:00:00.000Z',
      ),
    })),
  )
  const watched: Watched = {
    entry: { name: 'c', mode: 'live', secrets: 'none', paging: 'shadow', collect: [] },
    api: { name: 'c', mode: 'live', server: '' } as ClusterApi,
    inventory,
    history: { ...historyReads('c', null), flush: async () => undefined },
    clock: WALL,
  }
  return {
    clusters: { get: (name: string) => (name === 'c' ? watched : undefined), all: () => [watched], onChange: () => () => {} },
    impacts: { of: () => undefined, signals: () => [], onSignals: () => () => {} },
  }
}

const reader = permit({ kind: 'person', id: 'p-1', name: 'Otto', roles: ['viewer'], email: null }, 'cluster.read')
if (!reader.ok) throw new Error(reader.error.message)
const may = reader.value
const ownedBy = (kind: string, name: string) => ({
  ownerReferences: [{ apiVersion: 'apps/v1', kind, name, uid: `uid-${name}`, controller: true }],
})

const ctx = ctxWith([
  { kind: 'Deployment', name: 'web', apiVersion: 'apps/v1' },
  { kind: 'ReplicaSet', name: 'web-1', apiVersion: 'apps/v1', meta: ownedBy('Deployment', 'web') },
  { kind: 'Pod', name: 'web-1-x', meta: ownedBy('ReplicaSet', 'web-1') },
  { kind: 'ConfigMap', name: 'left-behind', meta: { deletionTimestamp: '2026-11-22T09:30:00Z', finalizers: ['example.com/hold'] } },
  { kind: 'ServiceAccount', name: 'nobody' },
])

async function names(input: Partial<ListObjects>) {
  const answer = await listObjects(ctx, may, { cluster: 'c', ...input })
  if (!answer.ok) throw new Error(answer.error.message)
  return answer.value.items.map((one) => one.name)
}

test('a pod belongs to the service of the workload above it, and what nobody claims is found as such', async () => {
  expect(await names({ service: 'c/shop/web' })).toEqual(['web', 'web-1-x', 'web-1'])
  expect(await names({ service: '-' })).toEqual(['left-behind', 'nobody'])
})

test('words, kind, namespace and health narrow the list; what can be chosen stays whole', async () => {
  expect(await names({ q: 'POD web' })).toEqual(['web-1-x'])
  expect(await names({ health: 'deleting' })).toEqual(['left-behind'])
  expect(await names({ kind: 'Deployment', namespace: 'elsewhere' })).toEqual([])
  const answer = await listObjects(ctx, may, { cluster: 'c', kind: 'Pod', limit: 1 })
  expect(answer).toMatchObject({ ok: true, value: { total: 1, namespaces: [{ name: 'shop', count: 5 }] } })
  if (answer.ok)
    expect(answer.value.kinds.map((one) => one.kind)).toEqual(['ConfigMap', 'Deployment', 'Pod', 'ReplicaSet', 'ServiceAccount'])
})

test('an object is shown with the chain above it and what it owns', async () => {
  const pod = await showObject(ctx, may, { cluster: 'c', uid: 'uid-web-1-x' })
  expect(pod).toMatchObject({ ok: true, value: { state: 'present', service: 'c/shop/web', goneAt: null } })
  if (pod.ok)
    expect(pod.value.owners.map((one) => [one.kind, one.here])).toEqual([
      ['ReplicaSet', true],
      ['Deployment', true],
    ])
  const set = await showObject(ctx, may, { cluster: 'c', uid: 'uid-web-1' })
  expect(set).toMatchObject({ ok: true, value: { ownedCount: 1, owned: [{ kind: 'Pod', name: 'web-1-x', here: true }] } })
})

test('what holds a deletion back is named, and an unknown uid is not found', async () => {
  expect(await showObject(ctx, may, { cluster: 'c', uid: 'uid-left-behind' })).toMatchObject({
    ok: true,
    value: { state: 'deleting', deletingAt: '2026-11-22T09:30:00Z', finalizers: ['example.com/hold'] },
  })
  expect(await showObject(ctx, may, { cluster: 'c', uid: 'never' })).toMatchObject({ ok: false, error: { code: 'not-found' } })
})
