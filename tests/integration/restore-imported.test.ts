import { afterEach, beforeEach, expect, test } from 'vitest'
import { permit } from '../../lib/auth/rules.ts'
import type { Actor } from '../../lib/auth/schema.ts'
import type { ClusterApi } from '../../lib/cluster/port.ts'
import { WALL } from '../../lib/cluster/rules.ts'
import { ClusterEntry } from '../../lib/cluster/schema.ts'
import { importBaseline } from '../../lib/impact/import-baseline.ts'
import { createHistory, type Recorder } from '../../lib/inventory/history-store.ts'
import type { Watched } from '../../lib/inventory/port.ts'
import { createInventory } from '../../lib/inventory/store.ts'
import { type Dict, dict, list, text } from '../../lib/kernel/wire.ts'
import { restore } from '../../lib/runs/actions/write-objects.ts'
import type { Ground } from '../../lib/runs/ground.ts'
import { sandboxRules } from '../../lib/sandbox/ruleset.ts'
import { createSandboxApi } from '../../lib/sandbox/sandbox-api.ts'
import { type TestDatabase, testDatabase } from '../../lib/testing/database.ts'
import { readGolden } from '../../lib/testing/golden-wire.ts'
import { createManualClock } from '../../lib/testing/manual-clock.ts'

const lead: Actor = { kind: 'person', id: 'p-1', name: 'Lea', roles: ['lead', 'operator'], email: null }
/** A cluster on which nothing is left. */
const empty: ClusterApi = {
  name: 'golden',
  mode: 'live',
  server: '',
  request: async () => ({ status: 200, headers: {}, body: { kind: 'List', items: [] }, text: '' }),
  stream: () => Promise.reject(new Error('no stream expected')),
  as: () => empty,
}
const SETS = {
  applications: { kind: 'Application', at: 'T0' },
  deployments: { kind: 'Deployment', namespace: 'argocd', at: 'T0' },
  services: { kind: 'Service', namespace: 'argocd', at: 'T0' },
  claims: { kind: 'PersistentVolumeClaim', at: 'T0' },
}

let store: TestDatabase
let history: Recorder
let watched: Watched
beforeEach(async () => {
  store = await testDatabase()
  const inventory = createInventory('golden')
  inventory.setFacts({ incarnation: 'one' })
  history = createHistory({ cluster: 'golden', inventory, db: store.db, now: () => WALL })
  await history.started()
  watched = { entry: ClusterEntry.parse({ name: 'golden' }), api: empty, inventory, history, clock: WALL }
})
afterEach(async () => {
  await history.stop()
  await store.drop()
})

/** As `kubectl get -A -o json` writes it. */
function kubectlGet(file: string): Dict {
  const whole = dict(readGolden(`baseline/lists/${file}.json.gz`))
  return { ...whole, items: list(whole.items) }
}

test('a run restores from an imported baseline what it holds, and an empty cluster takes it', async () => {
  const permitted = permit(lead, 'baseline.pin')
  if (!permitted.ok) throw new Error(permitted.error.message)
  const files = ['argoproj.io.v1alpha1.applications', 'apps.v1.deployments', 'core.v1.services', 'core.v1.persistentvolumeclaims']
  const yaml = files.map((file) => JSON.stringify(kubectlGet(file))).join('\n---\n')
  const clusters = { get: () => watched, all: () => [watched], onChange: () => () => {} }
  // biome-ignore lint/suspicious/noExplicitAny: the board is not asked for here
  const ctx = { clusters, db: store.db, impacts: {} as any, config: { redact: [] } }
  const said = await importBaseline(ctx, permitted.value, { cluster: 'golden', yaml })
  if (!said.ok) throw new Error(said.error.message)

  const started = { t0: said.value.at, document: { spec: { sets: SETS } } }
  const ground = { run: { id: 'r', started }, watched, api: empty, board: undefined, ledger: [], bindings: {} } as unknown as Ground
  const { items } = await restore(ground, { sets: Object.keys(SETS) }, 'act-1', 'restore')
  const wanted = items.filter((one) => one.state === 'todo')
  expect(wanted.filter((one) => one.item.object.kind === 'Application')).toHaveLength(60)
  expect(new Set(wanted.map((one) => one.item.object.kind))).toEqual(
    new Set(['Application', 'Deployment', 'Service', 'PersistentVolumeClaim']),
  )

  const clock = createManualClock(Date.parse('2026-11-22T12:00:00Z'))
  const api = createSandboxApi({ seed: 1, clock, rules: sandboxRules })
  const crds = list(kubectlGet('apiextensions.k8s.io.v1.customresourcedefinitions').items) as Parameters<typeof api.create>[1][]
  for (const crd of crds)
    if (!api.get('customresourcedefinitions.apiextensions.k8s.io', '', text(crd.metadata.name)))
      api.load('customresourcedefinitions.apiextensions.k8s.io', crd as never)
  clock.advance(5_000)
  for (const { item, request } of wanted) {
    const body = dict(request?.body) as unknown as Parameters<typeof api.create>[1]
    const namespace = text(body.metadata.namespace)
    if (!api.get('namespaces', '', namespace))
      api.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, 'test')
    const [plural = '', group = ''] = [
      request?.path.split('/').at(-1),
      item.object.apiVersion.split('/')[1] && item.object.apiVersion.split('/')[0],
    ]
    api.create(group ? `${plural}.${group}` : plural, body, 'test')
  }
  expect(api.list('applications.argoproj.io')).toHaveLength(60)
})
