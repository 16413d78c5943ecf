import { expect, test } from 'vitest'
import { project } from '../inventory/rules.ts'
import { createInventory } from '../inventory/store.ts'
import { homeOf } from '../services/rules.ts'
import type { Service } from '../services/schema.ts'
import { drawNeeds } from './draw-needs.ts'
import { findNeeds } from './find-needs.ts'
import type { ImpactBoard } from './port.ts'
import type { ServiceRow } from './view.ts'

const part = (service: string) => ({ labels: { 'app.kubernetes.io/part-of': service } })
const objects = [
  { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', ...part('shop') }, spec: { replicas: 1, template: { spec: {} } } },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'front', ...part('shop') },
    spec: { rules: [{ http: { paths: [{ backend: { service: { name: 'pay' } } }] } }] },
  },
  { apiVersion: 'v1', kind: 'Service', metadata: { name: 'pay', ...part('payments') }, spec: { selector: { app: 'pay' } } },
  {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'certificates.example.com', annotations: { 'blackstart.dev/service': 'certs' } },
    spec: { group: 'example.com', names: { kind: 'Certificate', plural: 'certificates' } },
  },
  { apiVersion: 'example.com/v1', kind: 'Certificate', metadata: { name: 'front-tls', ...part('shop') } },
]

function world(needs: Readonly<Record<string, readonly string[]>>) {
  const inventory = createInventory('c')
  inventory.apply(
    objects.map(({ metadata, ...object }, index) => ({
      type: 'set',
      record: project(
        {
          ...object,
          metadata: {
            ...(object.kind === 'CustomResourceDefinition' ? {} : { namespace: 'n' }),
            uid: `u${index}`,
            resourceVersion: '1',
            creationTimestamp: '2026-11-22T09:00:00Z',
            ...metadata,
          },
        },
        '2026-11-22T10:00:00.000Z',
      ),
    })),
  )
  const members = new Map<string, string[]>()
  for (const record of inventory.all()) {
    const home = homeOf(record, inventory)
    if (home) members.set(`c/${home.namespace}/${home.name}`, [...(members.get(`c/${home.namespace}/${home.name}`) ?? []), record.uid])
  }
  for (const id of Object.keys(needs)) members.set(id, members.get(id) ?? [])
  const rowOf = (id: string) => {
    const [cluster = '', namespace = '', name = ''] = id.split('/')
    return { id, cluster, namespace, name, tier: 1, impact: 'healthy', impacts: ['healthy'] } as unknown as ServiceRow
  }
  const board = {
    cluster: 'c',
    rows: () => [...members.keys()].map(rowOf),
    row: (id: string) => (members.has(id) ? rowOf(id) : undefined),
    service: (id: string) => ({ id, dependsOn: needs[id] ?? [], members: members.get(id) ?? [] }) as unknown as Service,
  } as unknown as ImpactBoard
  return { board, inventory }
}

test('what leads to another service, or is of its kind, is inferred; what was declared stands as declared', () => {
  const { board, inventory } = world({ 'c/n/payments': ['n/shop', 'certs'] })
  expect(findNeeds(board, inventory).map(({ from, to, declared, why }) => [from, to, declared, why])).toEqual([
    ['c/n/payments', 'c/n/shop', true, 'as n/shop'],
    ['c/n/payments', 'c//certs', true, 'as certs'],
    ['c/n/shop', 'c/n/payments', false, 'Ingress front leads to Service pay'],
    ['c/n/shop', 'c//certs', false, 'it defines the kind of Certificate front-tls'],
  ])
})

test('who needs stands left of what is needed, no two services on one place, and a far one is not drawn', () => {
  const { board, inventory } = world({
    'c/x/a': ['b'],
    'c/x/b': ['c', 'd'],
    'c/x/c': [],
    'c/x/d': ['e'],
    'c/x/e': ['f'],
    'c/x/f': ['g'],
    'c/x/g': [],
  })
  const graph = drawNeeds(board, 'c/x/b', findNeeds(board, inventory))
  const at = new Map(graph?.nodes.map((node) => [node.name, node]))
  expect([...at.keys()].sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
  for (const edge of graph?.edges ?? []) {
    const [from, to] = [edge.from, edge.to].map((id) => at.get(id.split('/')[2] ?? ''))
    expect((from?.x ?? 0) + (from?.width ?? 0)).toBeLessThan(to?.x ?? 0)
    expect(edge.points.length).toBeGreaterThan(1)
  }
  const nodes = graph?.nodes ?? []
  const overlap = nodes.some((one) =>
    nodes.some((two) => one !== two && Math.abs(one.x - two.x) < one.width && Math.abs(one.y - two.y) < one.height),
  )
  expect(overlap).toBe(false)
  expect(at.get('b')?.self).toBe(true)
})

test('a service without neighbours has no graph, and needs in a circle are drawn once', () => {
  const alone = world({ 'c/x/a': [] })
  expect(drawNeeds(alone.board, 'c/x/a', findNeeds(alone.board, alone.inventory))).toBeNull()
  const circle = world({ 'c/x/a': ['b'], 'c/x/b': ['a'] })
  expect(drawNeeds(circle.board, 'c/x/a', findNeeds(circle.board, circle.inventory))).toMatchObject({
    cut: 0,
    nodes: { length: 2 },
    edges: { length: 2 },
  })
})
