import { join } from 'node:path'
import { expect, test } from 'vitest'
import { groupOf } from '../argocd/rules.ts'
import { isWorkload } from '../services/rules.ts'
import { openPlayer, type Player, type Recording, readRecording, type TruthMoment } from '../testing/golden-player.ts'
import { watchGolden } from '../testing/golden-watch.ts'
import { aSummary } from '../testing/impact-stage.ts'
import { fateOf } from './evidence-rules.ts'
import { headlineOf } from './headline-rules.ts'
import { unmanagedBecause } from './rules.ts'

const SCENARIOS = [
  'applicationset-deleted',
  'argocd-namespace-deleted',
  'argocd-recovered',
  'bad-rollout',
  'crd-deleted',
  'namespace-stuck-by-finalizer',
  'reinstall-finishes-deletion',
  'service-namespace-pruned',
  'webhook-deadlock',
] as const

function recording(name: string): Recording {
  return readRecording(join(import.meta.dirname, '../../tests/golden/scenarios', name))
}

function open(name: string) {
  const tape = recording(name)
  const player = openPlayer(tape)
  return { tape, player, watch: watchGolden(player) }
}

function moment(tape: Recording, name: string): TruthMoment {
  const found = tape.truth.moments.find((one) => one.name === name)
  if (!found) throw new Error(`no moment ${name}`)
  return found
}

type Change = {
  readonly gone?: readonly string[]
  readonly deleting?: readonly { readonly key: string }[]
  readonly uidChanged?: readonly { readonly key: string }[]
}

/** What the live store says became of everything that was there at the start, in the words of the truth. */
function fates(
  player: Player,
  first: ReturnType<Player['inventory']['list']>,
): { gone: string[]; deleting: string[]; uidChanged: string[] } {
  const result = { gone: [] as string[], deleting: [] as string[], uidChanged: [] as string[] }
  for (const was of first) {
    const key = `${was.namespace}/${was.name}`
    const { fate, now } = fateOf(player.inventory, was)
    if (fate === 'gone') result.gone.push(key)
    if (fate === 'recreated') result.uidChanged.push(key)
    if (now?.deletingAt) result.deleting.push(key)
  }
  return { gone: result.gone.sort(), deleting: result.deleting.sort(), uidChanged: result.uidChanged.sort() }
}

const KINDS: Readonly<Record<string, readonly [kind: string, group: string]>> = {
  namespaces: ['Namespace', ''],
  applications: ['Application', 'argoproj.io'],
  applicationsets: ['ApplicationSet', 'argoproj.io'],
  appprojects: ['AppProject', 'argoproj.io'],
  deployments: ['Deployment', 'apps'],
  statefulsets: ['StatefulSet', 'apps'],
  daemonsets: ['DaemonSet', 'apps'],
  cronjobs: ['CronJob', 'batch'],
  services: ['Service', ''],
  ingresses: ['Ingress', 'networking.k8s.io'],
  persistentvolumeclaims: ['PersistentVolumeClaim', ''],
  persistentvolumes: ['PersistentVolume', ''],
  customresourcedefinitions: ['CustomResourceDefinition', 'apiextensions.k8s.io'],
}

test.each(SCENARIOS)('%s: gone, deleting, recreated and unmanaged are what the truth says, at every moment', (name) => {
  const { tape, player, watch } = open(name)
  const first = new Map(Object.entries(KINDS).map(([resource, [kind, group]]) => [resource, [...player.inventory.list(kind, group)]]))
  for (const at of tape.truth.moments) {
    watch.to(at.ms)
    for (const [resource, records] of first) {
      const truth = at[resource] as Change | undefined
      if (!truth) continue
      const seen = fates(player, records)
      expect({ at: at.name, resource, gone: seen.gone, uidChanged: seen.uidChanged }).toEqual({
        at: at.name,
        resource,
        gone: [...(truth.gone ?? [])].sort(),
        uidChanged: (truth.uidChanged ?? []).map((one) => one.key).sort(),
      })
      const known = new Set(records.map((one) => `${one.namespace}/${one.name}`))
      expect({ at: at.name, resource, deleting: seen.deleting }).toEqual({
        at: at.name,
        resource,
        deleting: (truth.deleting ?? [])
          .map((one) => one.key)
          .filter((key) => known.has(key))
          .sort(),
      })
    }
    const orphans = [...player.inventory.all()].filter(
      (one) =>
        isWorkload(one) && one.tracking && unmanagedBecause(one, player.inventory, watch.board.instances())?.why.startsWith('Application'),
    )
    expect(orphans.map((one) => one.uid).sort()).toEqual(at.workloads.unmanaged.map((one) => one.uid).sort())
  }
})

test.each(SCENARIOS)('%s: the calm before raises no critical signal', (name) => {
  const { watch } = open(name)
  const started = name === 'argocd-recovered' || name === 'reinstall-finishes-deletion'
  watch.to(3_000)
  expect(watch.opened.filter((one) => one.found.severity === 'critical').map((one) => one.found.kind)).toEqual(
    started ? ['argocd-gone'] : [],
  )
})

test('the founding night: told at once, all unmanaged, nothing lost, and the sync that did it named with its proof', () => {
  const { tape, player, watch } = open('argocd-namespace-deleted')
  const deleted = tape.truth.marks.find((one) => one.text.startsWith('namespace argocd has deletionTimestamp'))?.ms ?? 0
  watch.to(deleted + 1_000)
  expect(watch.opened.map((one) => `${one.found.kind} ${one.found.scope}`)).toEqual(['argocd-gone argocd'])
  const end = moment(tape, 'end')
  watch.to(end.ms)
  const unmanaged = watch.board.rows().filter((row) => row.impacts.includes('unmanaged'))
  expect(unmanaged).toHaveLength(watch.board.rows().length)
  expect(unmanaged.every((row) => row.impacts.includes('deletion-pending') && !row.impacts.includes('lost'))).toBe(true)
  const opened = watch.opened[0]
  const cause = opened && watch.causes(opened)[0]
  expect(cause).toMatchObject({
    revision: '521aea64069091322cce239725632a395059991d',
    object: { kind: 'Application', name: 'project-namespace' },
  })
  expect(cause?.proof).toContain('Namespace argocd Pruned')
  expect(opened?.found.since).toBe('2026-11-22T10:39:55Z')
  expect(watch.board.argocd()).toMatchObject([
    { namespace: 'argocd', state: 'terminating', version: 'v3.5.1', applications: 61, deletionPending: 61 },
  ])
  const rows = watch.board.rows()
  const words = headlineOf({
    clusters: [aSummary({ argocd: [...watch.board.argocd()] })],
    rows,
    badThen: new Set(rows.filter((row) => watch.board.badThen(row.id)).map((row) => row.id)),
    signals: [],
    t0: null,
    ready: player.inventory.ready(),
  })
  expect(words).toEqual({ headline: 'Nothing customers use is down. 48 services are unmanaged. Do not re-install Argo CD.', tone: 'bad' })
})

test('a re-install without stripping finalizers is called out when the controller appears, and every workload ends lost', () => {
  const { tape, watch } = open('reinstall-finishes-deletion')
  watch.to(moment(tape, 'end').ms)
  const early = watch.opened.find((one) => one.found.kind === 'controller-started-too-early')
  const first =
    tape.truth.marks.find((one) => one.text.includes('process argocd-application-controller started') && one.ms > 40_000)?.ms ?? 0
  expect(early && early.ms < first).toBe(true)
  expect(watch.board.rows().every((row) => row.impacts.includes('lost'))).toBe(true)
  expect(
    watch.board
      .rows()
      .filter((row) => row.impacts.includes('data-at-risk'))
      .map((row) => row.name),
  ).toEqual(['search-indexer'])
})

test('a recovery in the right order raises no alarm of its own and ends with every service as it was', () => {
  const { tape, watch } = open('argocd-recovered')
  watch.to(moment(tape, 'end').ms)
  expect(watch.opened.some((one) => one.found.kind === 'controller-started-too-early')).toBe(false)
  expect(
    watch.board
      .rows()
      .filter((row) => row.impact !== 'healthy')
      .map((row) => row.name)
      .sort(),
  ).toEqual(['degraded', 'progressing'])
  expect(watch.closed.map((one) => one.key).sort()).toEqual(['argocd-gone/argocd', 'mass-deletion/applications'])
})

test('a deleted ApplicationSet is the first cause of all that went with it', () => {
  const { tape, watch } = open('applicationset-deleted')
  watch.to(moment(tape, 'end').ms)
  const mass = watch.opened.find((one) => one.found.kind === 'mass-deletion')
  expect(mass && watch.causes(mass)[0]).toMatchObject({ object: { kind: 'ApplicationSet', name: 'platform-addons' }, proof: null })
  expect(watch.board.counts().lost).toBe(8)
})

test('a rollout that fails in many services is one signal with its revision', () => {
  const { tape, watch } = open('bad-rollout')
  watch.to(moment(tape, 'degraded').ms)
  expect(watch.opened.map((one) => [one.found.kind, one.found.severity])).toEqual([['bad-rollout', 'warning']])
  expect(watch.opened[0]?.found.scope).toBe('2120c60d278ddf309ee32f99ac396e4c27f9a5b6')
  watch.to(moment(tape, 'end').ms)
  expect(
    watch.board
      .rows()
      .filter((row) => row.impact !== 'healthy')
      .map((row) => row.name)
      .sort(),
  ).toEqual(['degraded', 'progressing'])
})

test('a deleted definition counts the objects that are lost with it, also after it is back', () => {
  const { tape, watch } = open('crd-deleted')
  watch.to(moment(tape, 'end').ms)
  expect(watch.opened.map((one) => one.found.kind)).toEqual(['crd-gone'])
  expect(watch.opened[0]?.found.title).toContain('12 Certificate objects')
  expect(watch.closed).toEqual([])
})

test('a pruned namespace puts its volumes at risk while they can still be saved', () => {
  const { tape, watch } = open('service-namespace-pruned')
  watch.to(moment(tape, 'terminating').ms + 5_000)
  expect(watch.opened.map((one) => one.found.kind)).toEqual(['data-at-risk'])
  watch.to(moment(tape, 'end').ms)
  const risk = watch.opened[0]
  expect(risk && watch.causes(risk)[0]?.proof).toContain('Namespace payments-orders Pruned')
  const row = watch.board.rows().find((one) => one.application === 'orders')
  expect(row?.impacts).toEqual(['data-at-risk', 'lost'])
  const volumes = row?.evidence.filter((one) => one.object.kind === 'PersistentVolume').map((one) => one.is)
  expect(volumes?.filter((is) => is === 'gone')).toHaveLength(2)
  expect(volumes?.filter((is) => is.startsWith('Released'))).toHaveLength(2)
  expect(watch.closed).toEqual([])
})

test('a namespace that is deleted by hand and comes back is recovering, then healthy', () => {
  const { tape, watch } = open('namespace-stuck-by-finalizer')
  watch.to(moment(tape, 'stuck').ms)
  expect(watch.opened.map((one) => one.found.kind)).toEqual(['mass-deletion'])
  watch.to(moment(tape, 'gone').ms)
  expect(watch.board.counts().lost).toBe(5)
  const seen = new Set<string>()
  for (let ms = moment(tape, 'gone').ms; ms < moment(tape, 'end').ms; ms += 1_000) {
    watch.to(ms)
    for (const row of watch.board.rows()) if (row.namespace === 'shop-staging') seen.add(row.impact)
  }
  expect([...seen].sort()).toEqual(['healthy', 'lost', 'recovering'])
})

test('a webhook without a service is told with the refusals that prove it', () => {
  const { tape, watch } = open('webhook-deadlock')
  watch.to(moment(tape, 'deadlock').ms)
  const signal = watch.opened.find((one) => one.found.kind === 'admission-deadlock')
  expect(signal?.found.evidence.some((one) => one.is.includes('failed calling webhook'))).toBe(true)
  expect(signal && watch.causes(signal)[0]?.object).toMatchObject({ kind: 'Namespace', name: 'policy-system' })
})

test('every object in the recording has a group that its kind table knows', () => {
  const { player } = open('argocd-namespace-deleted')
  expect(
    [...player.inventory.all()].every(
      (one) => groupOf(one.apiVersion) === (one.apiVersion.includes('/') ? one.apiVersion.split('/')[0] : ''),
    ),
  ).toBe(true)
})

test('what is lost after the dashboard was installed too late is not taken for an old fault', () => {
  const { tape, watch, player } = open('reinstall-finishes-deletion')
  watch.to(moment(tape, 'end').ms)
  const rows = watch.board.rows()
  const { headline } = headlineOf({
    clusters: [aSummary({ argocd: [...watch.board.argocd()] })],
    rows,
    badThen: new Set(rows.filter((row) => watch.board.badThen(row.id)).map((row) => row.id)),
    signals: [],
    t0: null,
    ready: player.inventory.ready(),
  })
  expect(headline).toMatch(/^46 services are lost, \d+ of tier 0\./)
})
