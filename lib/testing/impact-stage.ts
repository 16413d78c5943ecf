import { ARGO } from '../argocd/rules.ts'
import type { PlannedChange } from '../impact/expected-schema.ts'
import { findSignals } from '../impact/find-signals.ts'
import { openStrip } from '../impact/keep-strip.ts'
import { QUIET, step, type Watching } from '../impact/machine.ts'
import { NO_MEMORY } from '../impact/memory.ts'
import { mayTurn } from '../impact/signal-rules.ts'
import { type Census, type Found, keyOf } from '../impact/signal-scene.ts'
import type { ClusterSummary } from '../impact/view.ts'
import { type LiveBoard, watchImpact } from '../impact/watch-impact.ts'
import type { ProbeState } from '../impact/watch-probes.ts'
import { watchScene } from '../impact/watch-scene.ts'
import type { Inventory, RecordedEvent } from '../inventory/port.ts'
import { project } from '../inventory/rules.ts'
import { createInventory, type InventoryFeed } from '../inventory/store.ts'
import type { Catalog } from '../services/schema.ts'

export type Raw = { readonly apiVersion: string; readonly kind: string; readonly metadata: Readonly<Record<string, unknown>> } & Readonly<
  Record<string, unknown>
>

export type ImpactStage = {
  readonly inventory: Inventory & InventoryFeed
  readonly board: LiveBoard
  /** Cluster time, ms since the epoch. */
  now(): number
  /** RFC 3339, `ms` from now. */
  at(ms?: number): string
  put(...objects: readonly Raw[]): void
  drop(...uids: readonly string[]): void
  /** Lets time pass, with a look at all conditions every second of it, or every so often. */
  pass(ms: number, every?: number): void
  /** Signals that are open, by key. */
  open(): ReadonlyMap<string, Found>
  /** Called after every look at all conditions. */
  onLook(listener: () => void): void
  /** Warning events that the server told of late. */
  tell(...events: readonly RecordedEvent[]): void
  /** What the declared probe of a service says from now on. */
  probed(id: string, state: ProbeState): void
  /** Until when the certificate of the API server is valid. */
  certify(notAfter: string): void
}

export const STAGE_BEGIN = Date.parse('2026-03-01T02:13:00.000Z')

/** Board, conditions and their machine over objects given by hand, in a time that stands until it is told to pass. */
export function impactStage(
  first: readonly Raw[],
  more: { readonly catalog?: Catalog; readonly planned?: readonly PlannedChange[] } = {},
): ImpactStage {
  const inventory = createInventory('stage')
  let now = STAGE_BEGIN
  const at = (ms = 0) => new Date(now + ms).toISOString()
  const put = (...objects: readonly Raw[]) => {
    inventory.apply(objects.map((one) => ({ type: 'set', record: project(one, at()) })))
  }
  put(...first)
  inventory.setFacts({ incarnation: 'one', freshness: 'live', observedAt: at() })
  inventory.setReady(true)
  const probes = new Map<string, ProbeState>()
  const board = watchImpact({
    inventory,
    catalog: more.catalog ?? { rules: [], ephemeral: [] },
    memory: { ...NO_MEMORY, planned: more.planned ?? [] },
    now: () => now,
    probe: (id) => probes.get(id) ?? null,
  })
  const scene = watchScene(inventory, board.planned)
  inventory.subscribe((deltas) => scene.take(deltas, now))
  const states = new Map<string, Watching>()
  const open = new Map<string, Found>()
  const listeners: (() => void)[] = []
  let events: readonly RecordedEvent[] = []
  let serverCertificate: { readonly server: string; readonly notAfter: string } | null = null

  const strip = openStrip()
  const count = () => inventory.list('Application', ARGO).filter((one) => !one.deletingAt && !board.planned.ephemeral(one)).length
  function censusNow(): Census | null {
    const first = strip.earliest(now)
    return (
      first && { before: first.applications, at: first.at, now: count(), planned: board.planned.applicationsSince(Date.parse(first.at)) }
    )
  }

  function look(): void {
    board.flush()
    const rows = board.rows()
    strip.add(rows, now, count())
    const found = findSignals(
      scene.scene({
        now,
        instances: board.instances(),
        known: board.known(),
        rows,
        badThen: new Set(rows.filter((row) => board.badThen(row.id)).map((row) => row.id)),
        events,
        serverCertificate,
        probes: [...probes.values()],
        argocdWasGone: false,
        incarnation: board.incarnation(),
        managedElsewhere: false,
        census: censusNow(),
      }),
    )
    for (const key of new Set([...found.map(keyOf), ...states.keys()])) {
      const one = found.find((other) => keyOf(other) === key)
      const may = mayTurn(key.slice(0, key.indexOf('/')), inventory.facts().freshness, inventory.ready())
      const next = step(states.get(key) ?? QUIET, { now, holds: may ? one !== undefined : null, atOnce: one?.atOnce ?? false })
      states.set(key, next.state)
      if (one && next.state.is === 'open') open.set(key, one)
      if (next.turn === 'close') open.delete(key)
    }
    for (const listener of listeners) listener()
  }

  look()
  return {
    inventory,
    board,
    now: () => now,
    at,
    put,
    drop: (...uids) => void inventory.apply(uids.map((uid) => ({ type: 'gone', uid, at: at() }))),
    pass(ms, every = 1_000) {
      for (const end = now + ms; now < end; ) {
        now = Math.min(end, now + every)
        look()
      }
    },
    open: () => open,
    onLook: (listener) => void listeners.push(listener),
    tell(...said) {
      events = said
    },
    probed(id, state) {
      probes.set(id, state)
      board.touch(id)
    },
    certify(notAfter) {
      serverCertificate = { server: 'https://stage.example', notAfter }
    },
  }
}

let version = 0

/** The least an object needs to be one; a new resourceVersion each time. */
export function raw(apiVersion: string, kind: string, name: string, namespace = '', more: Readonly<Record<string, unknown>> = {}): Raw {
  version += 1
  const { metadata, ...rest } = more
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace ? { namespace } : {}),
      uid: `${kind}/${namespace}/${name}`,
      resourceVersion: String(version),
      creationTimestamp: '2026-02-01T00:00:00Z',
      ...(metadata as object | undefined),
    },
    ...rest,
  }
}

/** A Deployment or StatefulSet with so many of so many pods ready, tracked by an Application where one is named. */
export function rawWorkload(
  name: string,
  namespace: string,
  options: {
    readonly kind?: string
    readonly ready?: number
    readonly desired?: number
    readonly app?: string
    readonly image?: string
    readonly metadata?: object
  } = {},
): Raw {
  const { kind = 'Deployment', desired = 1, ready = desired, app, image = 'registry.example/app:1' } = options
  return raw('apps/v1', kind, name, namespace, {
    metadata: {
      generation: 1,
      ...(app ? { annotations: { 'argocd.argoproj.io/tracking-id': `${app}:apps/${kind}:${namespace}/${name}` } } : {}),
      ...options.metadata,
    },
    spec: { replicas: desired, template: { spec: { containers: [{ name: 'c', image }] } } },
    status: { observedGeneration: 1, replicas: desired, updatedReplicas: desired, readyReplicas: ready, availableReplicas: ready },
  })
}

/** A whole Argo CD in a namespace: the namespace, its project and its running controller. */
export function rawArgocd(namespace: string, ready = 1): readonly Raw[] {
  const labels = { 'app.kubernetes.io/part-of': 'argocd', 'app.kubernetes.io/name': 'argocd-application-controller' }
  return [
    raw('v1', 'Namespace', namespace, '', { status: { phase: 'Active' } }),
    raw('argoproj.io/v1alpha1', 'AppProject', 'default', namespace),
    rawWorkload('argocd-application-controller', namespace, {
      kind: 'StatefulSet',
      ready,
      image: 'quay.io/argoproj/argocd:v3.5.1',
      metadata: { labels },
    }),
  ]
}

/** An Application that deploys to the cluster it lives on. */
export function rawApplication(
  name: string,
  namespace: string,
  more: { readonly metadata?: object; readonly spec?: object; readonly status?: object } = {},
): Raw {
  return raw('argoproj.io/v1alpha1', 'Application', name, namespace, {
    metadata: more.metadata,
    spec: {
      project: 'default',
      destination: { server: 'https://kubernetes.default.svc', namespace: name },
      source: { repoURL: 'https://git.example/x', path: name },
      ...more.spec,
    },
    status: { sync: { status: 'Synced' }, health: { status: 'Healthy' }, ...more.status },
  })
}

/** A cluster that is seen, and has nothing to tell. */
export function aSummary(more: Partial<ClusterSummary> = {}): ClusterSummary {
  return {
    name: 'golden',
    mode: 'live',
    actions: 'off',
    freshness: 'live',
    observedAt: null,
    trouble: '',
    version: '',
    incarnation: '',
    unread: [],
    argocd: [],
    ...more,
  }
}
