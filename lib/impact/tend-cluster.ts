import type { Hub } from '../argocd/hub-rules.ts'
import { ARGO, isApplication } from '../argocd/rules.ts'
import { readServerCertificate } from '../cluster/certificate-client.ts'
import { clusterNow, wallMs } from '../cluster/rules.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import type { Db } from '../db/client.ts'
import type { Clusters, Watched } from '../inventory/port.ts'
import type { Catalog } from '../services/schema.ts'
import type { CoveredObject } from './expected-schema.ts'
import { hubFor, mayManage, type Neighbour, spokesOf } from './find-hubs.ts'
import { findSignals } from './find-signals.ts'
import { followIncident } from './follow-incident.ts'
import { keepSignals, type SignalKeeperOptions } from './keep-signals.ts'
import { openStrip, type Strip } from './keep-strip.ts'
import { REOPEN_MS } from './machine.ts'
import { NO_MEMORY } from './memory.ts'
import { pagingOf } from './paging-rules.ts'
import { loadExpected, saveCovered } from './planned-store.ts'
import { readWarnings } from './read-warnings.ts'
import type { Severity, SignalKind } from './schema.ts'
import { mayTurn } from './signal-rules.ts'
import type { Census, Scene } from './signal-scene.ts'
import { loadMemory, type MemoryBatch, saveMemory } from './store-memory.ts'
import type { SignalView } from './view.ts'
import { type LiveBoard, watchImpact } from './watch-impact.ts'
import { type AskProbe, watchProbes } from './watch-probes.ts'
import { type SceneWatch, watchScene } from './watch-scene.ts'

export type TendOptions = Pick<SignalKeeperOptions, 'runbooksFor' | 'busyIncidents'> & {
  readonly clusters: Clusters
  readonly db: Db
  readonly catalog: Catalog
  /** Asks a declared probe; without it none is asked. */
  readonly probe?: AskProbe
  readonly onError?: (error: unknown, what: string) => void
}

export type Tended = Neighbour & {
  readonly strip: Strip
  /** What another cluster's Argo CD says changed; judged with the next pass. */
  hubMoved(applications: readonly SlimRecord[]): void
  signals(): readonly SignalView[]
  refresh(): Promise<void>
  /** The cluster is no longer ours to watch: a drill's signals and incident end with it. */
  leave(): Promise<void>
  stop(): Promise<void>
}

/** How often the API server's certificate is looked at. */
const CERTIFICATE_MS = 3_600_000
/** One pass at most per this time, in wall ms, however fast deltas come; sooner where a pass is short, since the stream spaces what it sends, too. */
const PACE_MS = 80
const LEAST_PACE_MS = 20

/** Watches one cluster: its board, its signals, its incident and its strip. `all` are the clusters beside it, itself included. */
export function tendCluster(watched: Watched, options: TendOptions, tell: () => void, all: () => Iterable<Tended>): Tended {
  const { inventory, history } = watched
  const { db } = options
  const cluster = watched.entry.name
  const now = () => clusterNow(watched.clock)
  const strip = openStrip()
  const onError = (error: unknown, what: string) => options.onError?.(error, what)
  const warnings = readWarnings(watched, onError)
  const timers: NodeJS.Timeout[] = []
  const leaving: (() => void)[] = []
  let board: LiveBoard | null = null
  let scene: SceneWatch | null = null
  let queue: Promise<unknown> = Promise.resolve()
  let due: NodeJS.Timeout | null = null
  let lastPass = 0
  let took = 0
  let stopped = false
  let heldAt = 0
  let lastInstances = ''
  let firstSeen = now()
  let serverCertificate: NonNullable<Scene['serverCertificate']> | null = null
  let unstored: { readonly memory: MemoryBatch; readonly covered: readonly CoveredObject[] } | null = null
  const others = () => [...all()].filter((one) => one.watched !== watched)
  const hubs = (): readonly Hub[] => others().flatMap((one) => hubFor(one, watched) ?? [])
  const managedElsewhere = () => hubs().length > 0 || options.clusters.all().some((other) => other !== watched && mayManage(other, watched))

  const later = <T>(what: string, job: () => Promise<T>): Promise<T | undefined> => {
    const next = queue.then(job).catch((error: unknown) => {
      onError(error, what)
      return undefined
    })
    queue = next
    return next
  }
  const probes = watchProbes({
    declared: () => (board?.rows() ?? []).flatMap((row) => board?.service(row.id) ?? []),
    ask: options.probe ?? (() => Promise.resolve(null)),
    now,
    changed: (id) => {
      board?.touch(id)
      schedule()
    },
  })
  const incident = followIncident({ db, cluster, history, board: () => board, onError })
  const { runbooksFor, busyIncidents } = options
  const paging = ({ kind, severity }: { readonly kind: SignalKind; readonly severity: Severity }) => {
    const { mode, paging: setting } = watched.entry
    return pagingOf({ kind, severity, mode, setting, since: firstSeen, now: now(), unreachable: board?.planned.unreachable() ?? null })
  }
  const signals = keepSignals({ watched, db, paging, board: () => board, incident, runbooksFor, busyIncidents, later, tell, onError })

  async function begin(): Promise<void> {
    const memory = await loadMemory(db, cluster, now()).catch((error: unknown) => {
      onError(error, 'what was remembered could not be read')
      return NO_MEMORY
    })
    if (stopped) return
    firstSeen = memory.since === null ? now() : Date.parse(memory.since)
    const mayBeReplaced = watched.entry.mode === 'drill'
    board = watchImpact({ inventory, catalog: options.catalog, memory, now, managedElsewhere, hubs, mayBeReplaced, probe: probes.of })
    scene = watchScene(inventory, board.planned)
    leaving.push(
      inventory.subscribe((deltas) => {
        scene?.take(deltas, now())
        schedule()
        const moved = deltas.flatMap((delta) => (isApplication(delta.record) ? [delta.record] : []))
        if (moved.length > 0) for (const one of others()) one.hubMoved(moved)
      }),
    )
    leaving.push(inventory.onState(schedule))
    await signals.refresh().catch((error: unknown) => onError(error, 'open signals could not be read'))
    const tick = Math.min(1_000, Math.max(50, wallMs(watched.clock, 1_000)))
    timers.push(setInterval(schedule, tick).unref())
    timers.push(setInterval(() => void later('refresh', refresh), 3_000).unref())
    timers.push(setInterval(() => void later('memory', keep), 2_000).unref())
    timers.push(setInterval(() => board?.touchAll(), 15_000).unref())
    timers.push(setInterval(() => void lookAtCertificate(), CERTIFICATE_MS).unref())
    void lookAtCertificate()
    // A rehearsal's services are nowhere to be reached.
    if (options.probe && watched.entry.mode === 'live') timers.push(setInterval(() => void probes.ask(Date.now()), 5_000).unref())
    schedule()
  }

  async function lookAtCertificate(): Promise<void> {
    const { server } = watched.api
    const notAfter = watched.entry.mode === 'live' ? await readServerCertificate(server) : null
    if (notAfter) serverCertificate = { server, notAfter }
  }

  function schedule(): void {
    if (stopped || due) return
    due = setTimeout(
      () => {
        due = null
        lastPass = Date.now()
        const startedAt = performance.now()
        try {
          pass()
        } catch (error) {
          onError(error, 'a pass over signals failed')
        }
        took = performance.now() - startedAt
      },
      Math.max(0, lastPass + Math.min(PACE_MS, Math.max(LEAST_PACE_MS, took * 4)) - Date.now()),
    )
    due.unref()
  }

  function pass(): void {
    if (!board || !scene) return
    board.flush()
    const facts = inventory.facts()
    const instances = JSON.stringify([board.instances().map((one) => [one.namespace, one.state, one.reconciling]), facts.freshness])
    if (instances !== lastInstances) for (const one of others()) one.hubMoved([])
    lastInstances = instances
    if (!inventory.ready() && facts.freshness !== 'unreachable' && facts.freshness !== 'forbidden') return
    const at = now()
    warnings.read(at)
    const may = (kind: string) => mayTurn(kind, facts.freshness, inventory.ready())
    signals.look(findSignals(sceneAt(board, scene, at)), may, at)
    strip.add(board.rows(), at, countApplications(board))
  }

  function sceneAt(of: LiveBoard, watch: SceneWatch, at: number): Scene {
    const goneNow = signals.isOpen('argocd-gone')
    if (goneNow) heldAt = at
    const rows = of.rows()
    return watch.scene({
      now: at,
      instances: of.instances(),
      known: of.known(),
      rows,
      badThen: new Set(rows.filter((row) => of.badThen(row.id)).map((row) => row.id)),
      events: warnings.all(),
      argocdWasGone: goneNow || (heldAt > 0 && at - heldAt < REOPEN_MS),
      incarnation: of.incarnation(),
      managedElsewhere: managedElsewhere(),
      spokes: spokesOf(watched, of, all()),
      census: censusAt(of, at),
      serverCertificate,
      probes: probes.all(),
    })
  }

  /** Applications that do not come and go by themselves; null while they cannot be counted. */
  function countApplications(of: LiveBoard): number | null {
    if (!mayTurn('slow-shrink', inventory.freshness('Application', ARGO), inventory.ready())) return null
    return inventory.list('Application', ARGO).filter((one) => !one.deletingAt && !of.planned.ephemeral(one)).length
  }

  function censusAt(of: LiveBoard, at: number): Census | null {
    const first = strip.earliest(at)
    const count = countApplications(of)
    if (!first || count === null) return null
    return { before: first.applications, at: first.at, now: count, planned: of.planned.applicationsSince(Date.parse(first.at)) }
  }

  /** Another replica or a person may have planned or ended a change. */
  async function refresh(): Promise<void> {
    const planned = await loadExpected(db, cluster, now())
    board?.planned.load(planned.planned, planned.covered)
    schedule()
    await signals.refresh()
  }

  async function keep(): Promise<void> {
    // What could not be stored is kept for the next time.
    unstored ??= board && { memory: board.takeMemory(), covered: board.planned.take() }
    if (unstored) {
      await saveMemory(db, cluster, unstored.memory, new Date(now()))
      if (unstored.covered.length > 0) await saveCovered(db, cluster, unstored.covered)
      unstored = null
    }
    await strip.keep(db, cluster, inventory.facts().incarnation, now())
  }

  async function stop(): Promise<void> {
    stopped = true
    if (due) clearTimeout(due)
    for (const timer of timers) clearInterval(timer)
    for (const leave of leaving) leave()
    await begun
    await queue
    await keep().catch((error: unknown) => onError(error, 'what was healthy could not be stored'))
    board?.stop()
  }

  const begun = begin().catch((error: unknown) => onError(error, 'a cluster could not be watched'))
  return {
    watched,
    strip,
    board: () => board,
    hubMoved(applications) {
      if (!board) return
      board.touchTracked(applications)
      schedule()
    },
    signals: signals.views,
    refresh: async () => void (await later('refresh', refresh)),
    async leave() {
      await stop()
      if (watched.entry.mode === 'drill') await signals.closeAll(new Date(now()))
    },
    stop,
  }
}
