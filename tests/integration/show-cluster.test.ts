import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { permit } from '../../lib/auth/rules.ts'
import { WALL } from '../../lib/cluster/rules.ts'
import { ClusterEntry } from '../../lib/cluster/schema.ts'
import type { Impacts } from '../../lib/impact/port.ts'
import { showCluster } from '../../lib/impact/show-cluster.ts'
import type { ClusterView } from '../../lib/impact/view.ts'
import { watchCluster } from '../../lib/inventory/collect-cluster.ts'
import type { Clusters } from '../../lib/inventory/port.ts'
import { type RunningSandbox, startSandbox, stopSandbox } from '../../lib/sandbox/process-client.ts'
import { eventually } from '../../lib/testing/wait.ts'

const dir = mkdtempSync(join(tmpdir(), 'permissions-'))
const NO_IMPACTS: Impacts = { of: () => undefined, signals: () => [], onSignals: () => () => {} }
let sandbox: RunningSandbox

beforeAll(async () => {
  const started = await startSandbox({ dir, name: 'permissions', fill: 'S', speed: 1, seed: 5 })
  if (!started.ok) throw new Error(`${started.error.message} ${readFileSync(join(dir, 'permissions.log'), 'utf8')}`)
  sandbox = started.value
})
afterAll(async () => {
  await stopSandbox({ dir, name: 'permissions' })
  rmSync(dir, { recursive: true, force: true })
})

async function report(actions: 'on' | 'off'): Promise<ClusterView> {
  const watched = watchCluster({ entry: ClusterEntry.parse({ name: 'permissions', kubeconfig: sandbox.kubeconfig, actions }), clock: WALL })
  try {
    await eventually(
      () => watched.inventory.kinds().map((one) => [one.plural, one.freshness, one.note]),
      () => watched.inventory.ready(),
      60_000,
    )
    const clusters: Clusters = {
      get: (name) => (name === 'permissions' ? watched : undefined),
      all: () => [watched],
      onChange: () => () => {},
    }
    const may = permit({ kind: 'person', id: 'p-1', name: 'Otto', roles: ['operator'], email: null }, 'cluster.read')
    if (!may.ok) throw new Error(may.error.message)
    const shown = await showCluster({ clusters, impacts: NO_IMPACTS }, may.value, { cluster: 'permissions' })
    if (!shown.ok) throw new Error(shown.error.message)
    return shown.value
  } finally {
    await watched.stop()
  }
}

test('the permissions report says, for every kind that is collected, whether it may be listed and watched', async () => {
  const view = await report('off')
  expect(view.version).toMatch(/^v1\./)
  const asked = new Set(view.permissions.map((one) => `${one.verb} ${one.resource}`))
  expect(asked.has('list deployments.apps') && asked.has('watch applications.argoproj.io') && asked.has('list namespaces')).toBe(true)
  expect(view.permissions).toHaveLength(view.kinds.length * 2)
  expect(view.permissions.every((one) => one.allowed)).toBe(true)
})

test('where actions are on, it names what each of them needs', async () => {
  const view = await report('on')
  const acts = view.permissions.filter((one) => one.needed !== 'see it')
  expect(acts.find((one) => one.resource === 'namespaces/finalize')).toEqual({
    verb: 'update',
    resource: 'namespaces/finalize',
    allowed: true,
    needed: 'force a namespace to finish',
  })
  expect(acts.map((one) => `${one.verb} ${one.resource}`)).toContain('patch statefulsets/scale.apps')
})
