import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Dict, dict, text } from '../kernel/wire.ts'
import { openPlayer, readRecording } from '../testing/golden-player.ts'
import { type Key, nameOf, spaceOf, trackedBy, type Variant, varyRecording } from '../testing/golden-variant.ts'
import { type GoldenWatch, watchGolden } from '../testing/golden-watch.ts'
import { aSummary } from '../testing/impact-stage.ts'
import { shutDownBy } from './common-cause.ts'
import { headlineOf } from './headline-rules.ts'

/** The recorded platform of 60 Applications at rest; 48 services, of which two have always been bad. */
const tape = readRecording(join(import.meta.dirname, '../../tests/golden/scenarios/bad-rollout'))
const CHILDREN = ['broken', 'degraded', 'drift', 'never-synced', 'no-such-path', 'not-permitted', 'progressing', 'shared-a', 'shared-b']
const SEARCH = ['indexer', 'query', 'suggest', 'ranker', 'crawler', 'embedder', 'gateway'].map((name) => `search-${name}`)
const PARTS = ['deployments', 'statefulsets', 'cronjobs', 'services', 'configmaps', 'ingresses', 'persistentvolumeclaims']
const CONTROLLER: Key = 'argocd/argocd-application-controller'

function play(story: (variant: Variant) => void) {
  const variant = varyRecording(tape)
  story(variant)
  const player = openPlayer(variant.recording())
  return { player, watch: watchGolden(player) }
}

const applications = (names: readonly string[]) => names.map((name): Key => `argocd/${name}`)
const inside =
  (...namespaces: readonly string[]) =>
  (object: Dict) =>
    namespaces.includes(spaceOf(object))

/** What a controller takes along when it finalizes these Applications. */
function cascade(variant: Variant, at: number, names: readonly string[]): void {
  variant.at(at)
  const ours = trackedBy(...names)
  for (const resource of PARTS) if (tape.lists[resource]?.items.some((one) => ours(dict(one)))) variant.gone(resource, ours)
}

function status(ready: number): (object: Dict) => Dict {
  return (object) => ({ ...object, status: { ...dict(object.status), readyReplicas: ready, availableReplicas: ready } })
}

function counts(watch: GoldenWatch): Record<string, number> {
  return Object.fromEntries(Object.entries(watch.board.counts()).filter(([, count]) => count > 0))
}

const signals = (watch: GoldenWatch) => watch.opened.map((one) => `${one.found.kind}/${one.found.scope}`)
const CALM = { healthy: 46, degraded: 2 }

test('a deleted root takes its Applications and their workloads along, and is named as the first cause of all of it', () => {
  const { watch } = play((variant) => {
    variant.at(5_000).mark('applications', 'argocd/root', ...applications([...CHILDREN, 'suspended', 'sync-failed']))
    cascade(variant, 6_500, [...CHILDREN, 'suspended', 'sync-failed'])
    variant.at(12_000).gone('applications', 'argocd/root', ...applications([...CHILDREN, 'suspended', 'sync-failed']))
  })
  watch.to(20_000)
  expect(counts(watch)).toEqual({ lost: 5, healthy: 43 })
  expect(signals(watch)).toEqual(['mass-deletion/applications', 'mass-deletion/workloads'])
  for (const one of watch.opened) expect(watch.causes(one)[0]?.what).toMatch(/^Application argocd\/root was deleted/)
})

test('one Application deleted is the business of its owner: lost with a cascade, unmanaged without, and no alarm', () => {
  const { watch } = play((variant) => {
    variant.at(5_000).mark('applications', 'argocd/ledger-prod').gone('applications', 'argocd/fx-prod')
    cascade(variant, 6_500, ['ledger-prod'])
    variant.at(12_000).gone('applications', 'argocd/ledger-prod')
  })
  watch.to(6_000)
  const ledger = () => watch.board.row('golden/payments-prod/ledger-prod')?.impacts
  expect(ledger()).toEqual(['deletion-pending', 'unmanaged'])
  watch.to(20_000)
  expect(ledger()).toContain('lost')
  expect(watch.board.row('golden/payments-prod/fx-prod')?.impacts).toEqual(['unmanaged'])
  expect(signals(watch).filter((one) => one.startsWith('mass') || one.startsWith('argocd'))).toEqual([])
})

test('an ApplicationSet that no longer generates anything is one cause and not seven', () => {
  const { watch } = play((variant) => {
    variant.at(5_000).mark('applications', ...applications(SEARCH))
    cascade(variant, 5_600, SEARCH)
    variant.at(9_000).gone('applications', ...applications(SEARCH))
  })
  watch.to(20_000)
  expect(counts(watch)).toEqual({ dataAtRisk: 1, lost: 7, healthy: 39, degraded: 2 })
  const mass = watch.opened.find((one) => one.found.scope === 'applications')
  expect(mass && watch.causes(mass)[0]).toMatchObject({
    what: 'Applications of ApplicationSet search were deleted (7 objects)',
    proof: null,
    object: { kind: 'ApplicationSet', name: 'search' },
  })
})

test('a deleted AppProject deletes nothing and leaves nothing unmanaged, but its Argo CD is not whole', () => {
  const { watch } = play((variant) => variant.at(5_000).gone('appprojects', 'argocd/payments'))
  watch.to(20_000)
  expect(counts(watch)).toEqual(CALM)
  expect(watch.board.argocd()).toMatchObject([{ state: 'degraded' }])
  watch.to(320_000)
  const degraded = watch.opened.find((one) => one.found.kind === 'argocd-degraded')
  expect(degraded?.found.evidence[0]?.is).toMatch(/^AppProject payments is gone: \d+ Applications can neither sync nor be deleted$/)
})

test('a claim deleted by hand is told while a pod still holds it, and is data at risk when it comes back empty', () => {
  const key: Key = 'payments-prod/data-payouts-db-0'
  const claim = dict(
    tape.lists.persistentvolumeclaims?.items.find(
      (one) => nameOf(dict(one)) === 'data-payouts-db-0' && spaceOf(dict(one)) === 'payments-prod',
    ),
  )
  const { watch } = play((variant) => {
    variant.at(5_000).mark('persistentvolumeclaims', key)
    variant
      .at(35_000)
      .gone('persistentvolumeclaims', key)
      .gone('persistentvolumes', `/${text(dict(claim.spec).volumeName)}`)
    variant
      .at(36_000)
      .again('persistentvolumeclaims', key, (object) => ({ ...object, spec: { ...dict(object.spec), volumeName: 'pvc-new' } }))
  })
  const row = () => watch.board.row('golden/payments-prod/payouts-prod')
  watch.to(8_000)
  expect(row()?.impacts).toEqual(['deletion-pending', 'data-at-risk'])
  watch.to(50_000)
  expect(row()?.impacts).toEqual(['data-at-risk'])
  expect(row()?.evidence.map((one) => one.is)).toEqual([expect.stringMatching(/^created again, empty or not ours/), 'gone'])
  expect(signals(watch)).toEqual(['data-at-risk/payments-prod'])
})

test('a namespace of services deleted by hand puts its data at risk at once, and then loses it all', () => {
  const { watch } = play((variant) => {
    variant.at(5_000).mark('namespaces', '/payments-prod')
    variant.at(10_000).mark('pods', inside('payments-prod'))
    variant.at(41_000)
    for (const resource of PARTS)
      if (tape.lists[resource]?.items.some((one) => spaceOf(dict(one)) === 'payments-prod')) variant.gone(resource, inside('payments-prod'))
    variant.gone('namespaces', '/payments-prod')
  })
  watch.to(6_000)
  expect(counts(watch)).toEqual({ deletionPending: 6, dataAtRisk: 1, healthy: 40, degraded: 2 })
  watch.to(60_000)
  expect(counts(watch)).toEqual({ lost: 6, dataAtRisk: 2, healthy: 40, degraded: 2 })
  for (const one of watch.opened) expect(watch.causes(one)[0]?.what).toMatch(/^Namespace payments-prod was deleted/)
})

test('everything scaled to 0 is a disaster of its own, and no bad rollout', () => {
  const others = (object: Dict) => spaceOf(object) !== 'argocd'
  const { watch, player } = play((variant) =>
    variant.at(5_000).change('deployments', others, (object) => ({ ...object, spec: { ...dict(object.spec), replicas: 0 } })),
  )
  watch.to(20_000)
  expect(signals(watch)).toEqual(['mass-deletion/scaled-to-0'])
  expect(watch.opened[0]?.found.title).toBe('48 workloads scaled to 0 within five minutes')
  expect(counts(watch).degraded).toBeGreaterThan(40)
  expect(shutDownBy(player.changes)[0]).toMatchObject({ what: '48 workloads were scaled to 0', proof: null })
})

test('a controller that is started again leaves nothing unmanaged; one that stays away does after a minute; one scaled to 0 does at once', () => {
  const restart = (variant: Variant) => variant.at(5_000).gone('pods', `${CONTROLLER}-0`).change('statefulsets', CONTROLLER, status(0))
  const back = play((variant) => restart(variant).at(15_000).again('pods', `${CONTROLLER}-0`).change('statefulsets', CONTROLLER, status(1)))
  back.watch.to(10_000)
  expect(counts(back.watch)).toEqual(CALM)
  back.watch.to(120_000)
  expect(counts(back.watch)).toEqual(CALM)
  const away = play(restart)
  away.watch.to(60_000)
  expect(counts(away.watch)).toEqual(CALM)
  away.watch.to(70_000)
  expect(counts(away.watch)).toEqual({ unmanaged: 48, degraded: 2 })
  const stopped = play((variant) =>
    variant
      .at(5_000)
      .change('statefulsets', CONTROLLER, (object) => ({ ...object, spec: { ...dict(object.spec), replicas: 0 } }))
      .gone('pods', `${CONTROLLER}-0`),
  )
  stopped.watch.to(6_000)
  expect(counts(stopped.watch)).toEqual({ unmanaged: 48, degraded: 2 })
  expect(signals(stopped.watch)).toEqual([])
  stopped.watch.to(320_000)
  expect(signals(stopped.watch)).toEqual(['argocd-degraded/argocd'])
})

test('the definition of Applications deleted under a running controller: it must be stopped, there is nothing to re-install', () => {
  const { watch } = play((variant) => {
    variant.at(5_000).mark('customresourcedefinitions', '/applications.argoproj.io')
    variant.at(5_200).mark('applications', () => true)
    cascade(variant, 6_500, ['ledger-prod', 'fx-prod'])
  })
  watch.to(20_000)
  expect(signals(watch).slice(0, 2)).toEqual(['argocd-gone/argocd', 'mass-deletion/applications'])
  expect(counts(watch)).toMatchObject({ deletionPending: 46, lost: 2 })
  const { headline } = headlineOf({
    clusters: [aSummary({ argocd: [...watch.board.argocd()] })],
    rows: watch.board.rows(),
    badThen: new Set(),
    signals: [],
    t0: null,
    ready: true,
  })
  expect(headline).toMatch(/^A controller is deleting what 60 Applications manage\. Stop the controllers now\./)
  expect(headline).not.toContain('re-install')
})

test('Argo CD without its workloads is gone at once, though its namespace and every Application are there', () => {
  const { watch } = play((variant) =>
    variant.at(5_000).gone('statefulsets', CONTROLLER).gone('deployments', inside('argocd')).gone('pods', inside('argocd')),
  )
  watch.to(6_000)
  expect(signals(watch)).toEqual(['argocd-gone/argocd'])
  expect(counts(watch)).toEqual({ unmanaged: 48, degraded: 2 })
})

test('a node that vanished is lost, also after it had been not ready; one that was cordoned before, or has a newer one in its zone, is not', () => {
  const node = (at: number): Key => `/${nameOf(dict(tape.lists.nodes?.items[at]))}`
  const unready = (object: Dict) => ({ ...object, status: { ...dict(object.status), conditions: [{ type: 'Ready', status: 'Unknown' }] } })
  const lost = play((variant) => variant.at(5_000).change('nodes', node(0), unready).at(200_000).gone('nodes', node(0)))
  lost.watch.to(300_000)
  expect(signals(lost.watch)).not.toContain('nodes-lost/zone-1')
  lost.watch.to(312_000)
  const found = lost.watch.opened.find((one) => one.found.kind === 'nodes-lost')?.found
  expect(found).toMatchObject({ scope: 'zone-1', severity: 'critical', title: '1 of 3 nodes not ready, all of zone zone-1' })
  expect(Date.parse(found?.since ?? '') - Date.parse(tape.startedAt)).toBe(5_000)

  const tainted = (object: Dict) => ({
    ...object,
    spec: { ...dict(object.spec), taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }] },
  })
  const planned = play((variant) => variant.at(5_000).change('nodes', node(0), tainted).at(60_000).gone('nodes', node(0)))
  const replaced = play((variant) => variant.at(5_000).gone('nodes', node(0)).at(90_000).again('nodes', node(0)))
  for (const { watch } of [planned, replaced]) {
    watch.to(500_000)
    expect(signals(watch).filter((one) => one.startsWith('nodes-lost'))).toEqual([])
  }
})

test('the definition of ApplicationSets is part of Argo CD: its loss is told before the first Application goes', () => {
  const owned = (object: Dict) => JSON.stringify(object.metadata).includes('"kind":"ApplicationSet"')
  const { watch } = play((variant) => {
    variant.at(5_000).mark('customresourcedefinitions', '/applicationsets.argoproj.io')
    variant
      .at(5_500)
      .gone('applicationsets', () => true)
      .gone('customresourcedefinitions', '/applicationsets.argoproj.io')
    variant.at(6_500).mark('applications', owned)
    cascade(variant, 9_000, SEARCH)
  })
  watch.to(5_400)
  expect(watch.opened.map((one) => one.found.title)).toEqual(['Argo CD in argocd is losing definition applicationsets.argoproj.io'])
  expect(counts(watch)).toEqual(CALM)
  watch.to(20_000)
  expect(counts(watch)).toMatchObject({ lost: 7 })
  for (const one of watch.opened)
    expect(watch.causes(one)[0]?.what).toMatch(/^CustomResourceDefinition applicationsets\.argoproj\.io was deleted/)
})

test('a namespace that cannot finish says what its controller says, such as a dead API', () => {
  const stuck = (object: Dict) => ({
    ...object,
    status: {
      phase: 'Terminating',
      conditions: [
        { type: 'NamespaceDeletionDiscoveryFailure', status: 'True', reason: 'DiscoveryFailed', message: 'metrics.k8s.io/v1beta1: stale' },
        { type: 'NamespaceContentRemaining', status: 'False', reason: 'ContentRemoved', message: 'All content successfully removed' },
      ],
    },
  })
  const { watch } = play((variant) =>
    variant.at(5_000).mark('namespaces', '/platform-drift').change('namespaces', '/platform-drift', stuck),
  )
  watch.to(620_000)
  const found = watch.opened.find((one) => one.found.kind === 'namespace-terminating')?.found
  expect(found?.evidence.map((one) => one.is)).toContain('DiscoveryFailed: metrics.k8s.io/v1beta1: stale')
  expect(found?.evidence.some((one) => one.is.includes('successfully removed'))).toBe(false)
})

test('a renamed Application is one service under its new name, data included, and the old one leaves no ghost', () => {
  const old = dict(tape.lists.applications?.items.find((one) => nameOf(dict(one)) === 'ledger-prod'))
  const renamed = (object: Dict): Dict => JSON.parse(JSON.stringify(object).replaceAll('"ledger-prod:', '"ledger-new:')) as Dict
  const { watch, player } = play((variant) => {
    variant.at(5_000).gone('applications', 'argocd/ledger-prod')
    variant.at(6_000).add('applications', { ...old, metadata: { ...dict(old.metadata), name: 'ledger-new', uid: 'ledger-new' } })
    for (const resource of ['deployments', 'statefulsets', 'services', 'configmaps'])
      variant.change(resource, trackedBy('ledger-prod'), renamed)
  })
  watch.to(5_900)
  expect(watch.board.row('golden/payments-prod/ledger-prod')?.impacts).toEqual(['unmanaged'])
  watch.to(20_000)
  expect(counts(watch)).toEqual(CALM)
  expect(watch.board.row('golden/payments-prod/ledger-prod')).toBeUndefined()
  const members = watch.board.service('golden/payments-prod/ledger-new')?.members ?? []
  expect(members.filter((uid) => player.inventory.get(uid)?.kind === 'PersistentVolumeClaim')).toHaveLength(2)
  expect(signals(watch)).toEqual([])
})
