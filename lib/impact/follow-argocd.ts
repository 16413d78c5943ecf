import { findInstances, remember } from '../argocd/find-instances.ts'
import type { Hub } from '../argocd/hub-rules.ts'
import { ARGO, groupOf } from '../argocd/rules.ts'
import type { Instance, KnownInstance } from '../argocd/schema.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import type { Inventory } from '../inventory/port.ts'

export type ArgocdWatch = {
  instances(): readonly Instance[]
  known(): readonly KnownInstance[]
  hubs(): readonly Hub[]
  /** Whether another watched cluster has an Argo CD that may manage this one. */
  elsewhere(): boolean
  /** An object changed; if it bears on an instance, they are looked for again. */
  saw(record: SlimRecord): void
  touch(): void
  /** Looks again where something moved; true when who reconciles this cluster is not as it was. */
  refresh(): boolean
  forget(): void
}

export type ArgocdWatchOptions = {
  readonly look: Inventory
  readonly known: readonly KnownInstance[]
  /** Cluster time, ms. */
  readonly now: () => number
  readonly hubs?: (() => readonly Hub[]) | undefined
  readonly managedElsewhere?: (() => boolean) | undefined
  /** What is known of the instances changed and is worth storing. */
  readonly learned: () => void
}

/** A controller that is started again, by an upgrade or a lost node, has not left anything unmanaged before this time is over. */
const RESTART_MS = 60_000

/** Who reconciles a cluster: its own Argo CD instances and the hubs that reach it, looked for again when something bears on them. */
export function followArgocd(options: ArgocdWatchOptions): ArgocdWatch {
  const { look } = options
  let instances: readonly Instance[] = []
  let known = options.known
  let hubs: readonly Hub[] = []
  let dirty = true
  let lastReconciling = ''
  /** Since when an instance whose controller is wanted has none, by namespace. */
  const idle = new Map<string, number>()
  let starting = false
  let lastHubs = ''
  const elsewhere = () => options.managedElsewhere?.() ?? false

  function bears(record: SlimRecord): boolean {
    if (record.kind === 'Namespace' || record.facts.is === 'crd' || record.kind === 'AppProject') return true
    if (record.facts.is === 'application') {
      const { server, name } = record.facts.destination
      const own = instances.filter((one) => one.namespace === record.namespace)
      if (!(own.length > 0 ? own : instances).every((one) => one.destinations.includes(server || name))) return true
    }
    if (record.facts.is !== 'workload' && record.facts.is !== 'pod') return groupOf(record.apiVersion) === ARGO && instances.length === 0
    return instances.some((one) => one.namespace === record.namespace) || record.name.includes('application-controller')
  }

  function refreshHubs(): boolean {
    hubs = options.hubs?.() ?? []
    const state = JSON.stringify([
      elsewhere(),
      hubs.map((hub) => [hub.cluster, hub.stale, hub.instances.map((one) => [one.namespace, one.state, one.reconciling])]),
    ])
    if (state === lastHubs) return false
    lastHubs = state
    dirty = true
    return true
  }

  /** Nobody works right now, but a controller is wanted and nothing is in its way. */
  function isStarting(instance: Instance): boolean {
    const home = look.find('Namespace', '', instance.namespace, '')
    if (instance.reconciling || instance.state === 'absent' || instance.state === 'terminating' || !home || home.deletingAt) {
      idle.delete(instance.namespace)
      return false
    }
    if (!instance.components.some((one) => one.role === 'application-controller' && one.desired > 0)) return false
    const since = idle.get(instance.namespace) ?? options.now()
    idle.set(instance.namespace, since)
    return options.now() - since < RESTART_MS
  }

  function refreshInstances(): boolean {
    dirty ||= starting
    if (!dirty) return false
    dirty = false
    // Tracked objects without any Argo CD here are no trace of a lost one while another cluster's manages them.
    const managed = hubs.length > 0 || elsewhere()
    instances = findInstances(look, known).filter((one) => one.namespace !== '' || !managed)
    // At the first look nobody knows how long there has been none.
    const back = lastReconciling === '' ? [] : instances.filter(isStarting)
    starting = back.length > 0
    instances = instances.map((one) => (back.includes(one) ? { ...one, reconciling: true } : one))
    const reconciling = JSON.stringify(instances.map((one) => [one.namespace, one.state, one.reconciling]))
    const moved = reconciling !== lastReconciling
    lastReconciling = reconciling
    for (const instance of instances) learn(instance)
    return moved
  }

  function learn(instance: Instance): void {
    const before = known.find((one) => one.namespace === instance.namespace)
    const worth = remember(instance, before)
    if (!worth || JSON.stringify(before) === JSON.stringify(worth)) return
    // What is half gone must not replace what is remembered of the whole.
    if (before && instance.state !== 'running') return
    known = [...known.filter((one) => one.namespace !== instance.namespace), worth]
    options.learned()
  }

  return {
    instances: () => instances,
    known: () => known,
    hubs: () => hubs,
    elsewhere,
    saw(record) {
      dirty ||= bears(record)
    },
    touch() {
      dirty = true
    },
    refresh() {
      const hubsMoved = refreshHubs()
      return refreshInstances() || hubsMoved
    },
    forget() {
      known = []
    },
  }
}
