import { expect, test } from 'vitest'
import { project } from '../inventory/rules.ts'
import { createInventory } from '../inventory/store.ts'
import { type Raw, raw, rawApplication, rawWorkload } from '../testing/impact-stage.ts'
import { NO_CATALOG } from './read-catalog.ts'
import { watchEphemeral } from './watch-ephemeral.ts'

const AT = '2026-03-01T02:13:00.000Z'
const record = (one: Raw) => project(one, AT)
const owned = (kind: string, controller = true) => ({
  metadata: { ownerReferences: [{ apiVersion: 'v1', kind, name: 'x', uid: 'owner', controller }] },
})
const setOf = (...generators: readonly object[]) =>
  raw('argoproj.io/v1alpha1', 'ApplicationSet', 'previews', 'argocd', { metadata: { uid: 'set' }, spec: { generators } })
const preview = rawApplication('preview-7', 'argocd', {
  metadata: {
    ownerReferences: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'ApplicationSet', name: 'previews', uid: 'set', controller: true }],
  },
})
const workload = rawWorkload('web', 'preview-7', { app: 'preview-7' })

test.each([
  ['a Job', raw('batch/v1', 'Job', 'nightly', 'shop'), true],
  ['a bare Pod', raw('v1', 'Pod', 'debug', 'shop'), true],
  ['a Pod of a controller', raw('v1', 'Pod', 'web-1', 'shop', owned('ReplicaSet')), false],
  ['a claim of a Pod', raw('v1', 'PersistentVolumeClaim', 'scratch', 'shop', owned('Pod')), true],
  ['a claim of a Job', raw('v1', 'PersistentVolumeClaim', 'scratch', 'shop', owned('Job', false)), true],
  ['a claim of nobody', raw('v1', 'PersistentVolumeClaim', 'data', 'shop'), false],
  ['a claim of a database operator', raw('v1', 'PersistentVolumeClaim', 'data', 'shop', owned('Cluster')), false],
  ['a Deployment', rawWorkload('web', 'shop'), false],
  ['a CronJob', raw('batch/v1', 'CronJob', 'nightly', 'shop'), false],
] as const)('%s: does it come and go by itself? %s', (_what, one, is) => {
  const watch = watchEphemeral(createInventory('c'), NO_CATALOG)
  expect(watch.because(record(one)) !== null).toBe(is)
})

test.each([
  ['pull requests', [{ pullRequest: { github: {} } }], true],
  ['pull requests in a matrix', [{ matrix: { generators: [{ pullRequest: {} }, { list: {} }] } }], true],
  ['pull requests merged in a matrix', [{ matrix: { generators: [{ merge: { generators: [{ pullRequest: {} }] } }, { git: {} }] } }], true],
  ['folders of git', [{ git: { directories: [] } }], false],
  ['a matrix of clusters and git', [{ matrix: { generators: [{ clusters: {} }, { git: {} }] } }], false],
] as const)('what an ApplicationSet of %s makes', (_what, generators, is) => {
  const inventory = createInventory('c')
  const watch = watchEphemeral(inventory, NO_CATALOG)
  inventory.apply([setOf(...generators), preview].map((one) => ({ type: 'set', record: record(one) })))
  expect(watch.because(record(preview)) !== null).toBe(is)
  expect(watch.because(record(workload)) !== null).toBe(is)
})

test('a pull request is closed: its Application and its set are gone before the last Pod is, and it was ephemeral all the same', () => {
  const inventory = createInventory('c')
  inventory.apply([preview, setOf({ pullRequest: {} }), workload].map((one) => ({ type: 'set', record: record(one) })))
  const watch = watchEphemeral(inventory, NO_CATALOG)
  inventory.apply([preview, setOf()].map((one) => ({ type: 'gone', uid: record(one).uid, at: AT })))
  expect(watch.because(record(workload))).toBe('its Application is made from a pull request')
  expect(watch.because(record(rawWorkload('web', 'shop', { app: 'shop' })))).toBeNull()
})

test('the volume of a claim that a Pod owned goes with it', () => {
  const inventory = createInventory('c')
  const watch = watchEphemeral(inventory, NO_CATALOG)
  const claim = raw('v1', 'PersistentVolumeClaim', 'scratch', 'shop', { metadata: { uid: 'claim', ...owned('Pod').metadata } })
  const volume = (uid: string) =>
    record(raw('v1', 'PersistentVolume', 'pv', '', { spec: { claimRef: { namespace: 'shop', name: 'scratch', uid } } }))
  inventory.apply([{ type: 'set', record: record(claim) }])
  inventory.apply([{ type: 'gone', uid: 'claim', at: AT }])
  expect(watch.because(volume('claim'))).not.toBeNull()
  expect(watch.because(volume('another'))).toBeNull()
})
