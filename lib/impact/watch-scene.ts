import { ARGO, wouldPrune } from '../argocd/rules.ts'
import type { Instance, KnownInstance } from '../argocd/schema.ts'
import type { Delta, Inventory, RecordedEvent } from '../inventory/port.ts'
import { scaledDown } from './rules.ts'
import type { Census, Departure, Scene } from './signal-scene.ts'
import type { ServiceRow } from './view.ts'
import type { PlannedWatch } from './watch-planned.ts'

const DAY_MS = 24 * 3_600_000
const MOST = 20_000
/** Kinds whose coming and going is daily life. */
const RESTLESS = new Set([
  'Pod',
  'ReplicaSet',
  'Job',
  'EndpointSlice',
  'Endpoints',
  'Event',
  'Lease',
  'ConfigMap',
  'Secret',
  'ServiceAccount',
  'ControllerRevision',
  'APIService',
  'PodDisruptionBudget',
  'HorizontalPodAutoscaler',
])

export type SceneInput = {
  readonly now: number
  readonly instances: readonly Instance[]
  readonly known: readonly KnownInstance[]
  readonly rows: readonly ServiceRow[]
  readonly badThen: ReadonlySet<string>
  readonly events: readonly RecordedEvent[]
  readonly argocdWasGone: boolean
  readonly incarnation: string
  readonly managedElsewhere: boolean
  readonly spokes?: NonNullable<Scene['spokes']>
  readonly census?: Census | null
  readonly probes?: NonNullable<Scene['probes']>
  readonly serverCertificate?: NonNullable<Scene['serverCertificate']> | null
}

/** Keeps what a single look cannot tell: what went lately, and since when something has been in its state. */
export type SceneWatch = {
  take(deltas: readonly Delta[], now: number): void
  scene(input: SceneInput): Scene
}

export function watchScene(inventory: Inventory, expected: Pick<PlannedWatch, 'removal' | 'ephemeral' | 'during'>): SceneWatch {
  let departures: Departure[] = []
  const departed = new Set<string>()
  const emptied = new Map<string, Scene['emptied'][number]>()
  const firstSeen = new Map<string, number>()

  function depart(record: Departure['record'], at: string): void {
    if (RESTLESS.has(record.kind) || departed.has(record.uid)) return
    departed.add(record.uid)
    departures.push({ record, at, expected: expected.removal(record) })
  }
  function empty(delta: Delta, now: number): void {
    const { record } = delta
    if (delta.type === 'gone' || record.facts.is !== 'workload' || record.facts.desired > 0 || record.kind === 'ReplicaSet') {
      emptied.delete(record.uid)
      return
    }
    const was = delta.was?.facts.is === 'workload' ? delta.was.facts.desired : 0
    if (was > 0 && !scaledDown(inventory, record) && !expected.during('scale', record))
      emptied.set(record.uid, { record, at: new Date(now).toISOString(), was })
  }
  function mark(key: string, holds: boolean, now: number): void {
    if (!holds) firstSeen.delete(key)
    else if (!firstSeen.has(key)) firstSeen.set(key, now)
  }
  function forget(before: number): void {
    if (departures.length > MOST || (departures[0] && Date.parse(departures[0].at) < before)) {
      departures = departures.filter((one) => Date.parse(one.at) >= before).slice(-MOST)
      departed.clear()
      for (const one of departures) departed.add(one.record.uid)
    }
    for (const [uid, one] of emptied) if (Date.parse(one.at) < before) emptied.delete(uid)
  }
  for (const record of inventory.all()) if (record.deletingAt) depart(record, record.deletingAt)

  return {
    take(deltas, now) {
      for (const delta of deltas) {
        if (delta.type === 'gone') depart(delta.record, delta.record.deletingAt ?? delta.at)
        else if (delta.record.deletingAt && !delta.was?.deletingAt) depart(delta.record, delta.record.deletingAt)
        empty(delta, now)
        if (delta.record.kind === 'Node')
          // One that was not ready when it vanished has been lost since then.
          mark(`node/${delta.record.uid}`, delta.record.facts.is === 'node' && !delta.record.facts.ready, now)
      }
    },
    scene(input) {
      const { now } = input
      forget(now - DAY_MS)
      for (const node of inventory.list('Node')) mark(`node/${node.uid}`, node.facts.is === 'node' && !node.facts.ready, now)
      for (const instance of input.instances) mark(`degraded/${instance.namespace}`, instance.state === 'degraded', now)
      for (const application of inventory.list('Application', ARGO)) {
        const pruning =
          application.facts.is === 'application' && application.facts.resources.some((row) => row.requiresPruning && !row.hook)
        mark(`prune/${application.uid}`, pruning && wouldPrune(inventory, application).length > 0, now)
      }
      const facts = inventory.facts()
      mark(
        'replaced',
        (facts.replaced ?? null) !== null ||
          (input.incarnation !== '' && facts.incarnation !== '' && input.incarnation !== facts.incarnation),
        now,
      )
      for (const word of ['live', 'catching-up', 'stale', 'unreachable', 'forbidden', 'no-longer-served'])
        mark(`freshness/${word}`, facts.freshness === word, now)
      return {
        ...input,
        look: inventory,
        facts,
        departures,
        emptied: [...emptied.values()],
        firstSeen,
        expected: expected.removal,
        ephemeral: expected.ephemeral,
      }
    },
  }
}
