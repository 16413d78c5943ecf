import { type Hub, type Reach, reaches, serves } from '../argocd/hub-rules.ts'
import { isApplication } from '../argocd/rules.ts'
import { clusterNow, wallMs } from '../cluster/rules.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import type { Db } from '../db/client.ts'
import type { Clusters, RecordedEvent, Watched } from '../inventory/port.ts'
import type { Catalog } from '../services/schema.ts'
import { findSignals } from './find-signals.ts'
import { commonRevision, firstCauses, momentBefore } from './first-cause.ts'
import { openStrip, type Strip } from './keep-strip.ts'
import { QUIET, REOPEN_MS, step, type Turn, type Watching } from './machine.ts'
import { NO_MEMORY } from './memory.ts'
import type { Impacts, StripPoint } from './port.ts'
import type { Cause, SignalKind } from './schema.ts'
import { type Found, keyOf, type Scene } from './signal-scene.ts'
import {
  closeQuietIncidents,
  closeSignal,
  loadMemory,
  loadSignals,
  openIncidentOf,
  openSignal,
  reopenSignal,
  repinT0,
  saveMemory,
  updateSignal,
} from './store.ts'
import type { SignalView } from './view.ts'
import { type LiveBoard, watchImpact } from './watch-impact.ts'
import { type SceneWatch, watchScene } from './watch-scene.ts'

export type WatchSignalsOptions = {
  readonly clusters: Clusters
  readonly db: Db
  readonly catalog: Catalog
  /** Names of the runbooks that answer a kind of signal. */
  readonly runbooksFor?: (kind: SignalKind) => readonly string[] | Promise<readonly string[]>
  /** Incidents on a cluster that must stay open, because a run is. */
  readonly busyIncidents?: (cluster: string) => Promise<readonly string[]>
  readonly onError?: (error: unknown, what: string) => void
}

export interface SignalWatch extends Impacts {
  of(cluster: string): LiveBoard | undefined
  strip(cluster: string): readonly StripPoint[]
  refresh(cluster: string): Promise<void>
  accept(cluster: string, service: string, reason: string): void
  stop(): Promise<void>
}

/** One pass at most per this time, in wall ms, however fast deltas come. */
const PACE_MS = 80
const DAY_MS = 24 * 3_600_000
/** When causes are looked for again after opening, in cluster ms: the proof often comes after the deed. */
const SECOND_LOOKS = [1_500, 8_000, 45_000]

/** Watches every cluster: its board of services, its signals and its incident, for as long as the cluster is there. */
export function watchSignals(options: WatchSignalsOptions): SignalWatch {
  const units = new Map<string, Unit>()
  const listeners = new Set<() => void>()
  const tell = () => {
    for (const listener of [...listeners]) listener()
  }
  function settle(): void {
    for (const watched of options.clusters.all())
      if (!units.has(watched.entry.name))
        units.set(
          watched.entry.name,
          openUnit(watched, options, tell, () => units.values()),
        )
    for (const [name, unit] of units) {
      if (options.clusters.get(name) === unit.watched) continue
      units.delete(name)
      void unit.leave().then(tell)
      if (options.clusters.get(name)) settle()
    }
  }
  const unsubscribe = options.clusters.onChange(settle)
  settle()
  return {
    of: (cluster) => units.get(cluster)?.board() ?? undefined,
    signals: () => [...units.values()].flatMap((unit) => unit.signals()).sort((a, b) => b.openedAt.localeCompare(a.openedAt)),
    onSignals(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    strip: (cluster) => units.get(cluster)?.strip.points() ?? [],
    refresh: async (cluster) => units.get(cluster)?.refresh(),
    accept: (cluster, service, reason) => units.get(cluster)?.board()?.accept(service, reason),
    async stop() {
      unsubscribe()
      await Promise.allSettled([...units.values()].map((unit) => unit.stop()))
      units.clear()
    },
  }
}

type Unit = {
  readonly watched: Watched
  readonly strip: Strip
  board(): LiveBoard | null
  /** What another cluster's Argo CD says changed; judged with the next pass. */
  hubMoved(applications: readonly SlimRecord[]): void
  signals(): readonly SignalView[]
  refresh(): Promise<void>
  /** The cluster is no longer ours to watch: a drill's signals and incident end with it. */
  leave(): Promise<void>
  stop(): Promise<void>
}

function openUnit(watched: Watched, options: WatchSignalsOptions, tell: () => void, units: () => Iterable<Unit>): Unit {
  const { inventory, history } = watched
  const { db } = options
  const cluster = watched.entry.name
  const now = () => clusterNow(watched.clock)
  const states = new Map<string, Watching>()
  const views = new Map<string, SignalView>()
  const ids = new Map<string, string>()
  const looks = new Map<string, number[]>()
  const answers = new Map<SignalKind, readonly string[]>()
  const strip = openStrip()
  const timers: NodeJS.Timeout[] = []
  const leaving: (() => void)[] = []
  let board: LiveBoard | null = null
  let scene: SceneWatch | null = null
  let queue: Promise<unknown> = Promise.resolve()
  let due: NodeJS.Timeout | null = null
  let lastPass = 0
  let stopped = false
  let compared = ''
  let incident: string | null = null
  let events: readonly RecordedEvent[] = []
  let eventsAt = 0
  let heldAt = 0
  /** Keys with a turn on its way to the database: what is read meanwhile is older than what we decided. */
  const moving = new Map<string, number>()
  const hubs = (): readonly Hub[] => [...units()].flatMap((unit) => (unit.watched === watched ? [] : (hubFor(unit, watched) ?? [])))
  const managedElsewhere = () => hubs().length > 0 || options.clusters.all().some((other) => other !== watched && mayManage(other, watched))
  let lastInstances = ''

  const later = <T>(what: string, job: () => Promise<T>): Promise<T | undefined> => {
    const next = queue.then(job).catch((error: unknown) => {
      options.onError?.(error, what)
      return undefined
    })
    queue = next
    return next
  }

  async function begin(): Promise<void> {
    const memory = await loadMemory(db, cluster).catch((error: unknown) => {
      options.onError?.(error, 'what was remembered could not be read')
      return NO_MEMORY
    })
    if (stopped) return
    board = watchImpact({
      inventory,
      catalog: options.catalog,
      memory,
      now,
      managedElsewhere,
      hubs,
      mayBeReplaced: watched.entry.mode === 'drill',
    })
    scene = watchScene(inventory)
    leaving.push(
      inventory.subscribe((deltas) => {
        scene?.take(deltas, now())
        schedule()
        const moved = deltas.flatMap((delta) => (isApplication(delta.record) ? [delta.record] : []))
        if (moved.length > 0) for (const unit of units()) if (unit.watched !== watched) unit.hubMoved(moved)
      }),
    )
    leaving.push(inventory.onState(schedule))
    await refresh().catch((error: unknown) => options.onError?.(error, 'open signals could not be read'))
    const tick = Math.min(1_000, Math.max(50, wallMs(watched.clock, 1_000)))
    timers.push(setInterval(schedule, tick).unref())
    timers.push(setInterval(() => void later('refresh', refresh), 3_000).unref())
    timers.push(setInterval(() => void later('memory', keep), 2_000).unref())
    timers.push(setInterval(() => board?.touchAll(), 15_000).unref())
    schedule()
  }

  function schedule(): void {
    if (stopped || due) return
    due = setTimeout(
      () => {
        due = null
        lastPass = Date.now()
        try {
          pass()
        } catch (error) {
          options.onError?.(error, 'a pass over signals failed')
        }
      },
      Math.max(0, lastPass + PACE_MS - Date.now()),
    )
    due.unref()
  }

  function pass(): void {
    if (!board || !scene) return
    board.flush()
    const instances = JSON.stringify([
      board.instances().map((one) => [one.namespace, one.state, one.reconciling]),
      inventory.facts().freshness,
    ])
    if (instances !== lastInstances) for (const unit of units()) if (unit.watched !== watched) unit.hubMoved([])
    lastInstances = instances
    if (!inventory.ready() && inventory.facts().freshness !== 'unreachable' && inventory.facts().freshness !== 'forbidden') return
    const at = now()
    readEvents()
    const found = new Map(findSignals(sceneAt(board, scene, at)).map((one) => [keyOf(one), one]))
    const facts = inventory.facts()
    const fresh = inventory.ready() && (facts.freshness === 'live' || facts.freshness === 'catching-up')
    for (const key of new Set([...found.keys(), ...states.keys()])) {
      const one = found.get(key)
      const ours = /^(control-plane-unreachable|blind|cluster-replaced)\//.test(key)
      advance(key, one, fresh || ours ? one !== undefined : null, at)
    }
    strip.add(board.rows(), at)
  }

  function advance(key: string, found: Found | undefined, holds: boolean | null, at: number): void {
    const { state, turn } = step(states.get(key) ?? QUIET, { now: at, holds, atOnce: found?.atOnce ?? false })
    if (turn === 'forget') states.delete(key)
    else states.set(key, state)
    if (turn) turned(key, turn, found)
    else if (found) lookAgain(key, found, at)
  }

  function sceneAt(of: LiveBoard, watch: SceneWatch, at: number): Scene {
    const goneNow = [...ids.keys()].some((key) => key.startsWith('argocd-gone/'))
    if (goneNow) heldAt = at
    const rows = of.rows()
    const badThen = new Set(rows.filter((row) => of.badThen(row.id)).map((row) => row.id))
    return watch.scene({
      now: at,
      instances: of.instances(),
      known: of.known(),
      rows,
      badThen,
      events,
      argocdWasGone: goneNow || (heldAt > 0 && at - heldAt < REOPEN_MS),
      incarnation: of.incarnation(),
      managedElsewhere: managedElsewhere(),
      spokes: spokesOf(watched, of, units()),
    })
  }

  function turned(key: string, turn: Turn, found: Found | undefined): void {
    const id = ids.get(key)
    const move = (what: string, job: () => Promise<unknown>, failed: Watching) => {
      moving.set(key, (moving.get(key) ?? 0) + 1)
      void later(what, async () => {
        await job()
        return true
      }).then((done) => {
        const left = (moving.get(key) ?? 1) - 1
        if (left > 0) moving.set(key, left)
        else moving.delete(key)
        // What could not be stored has not happened: it is tried again at the next pass.
        if (!done && !moving.has(key)) states.set(key, failed)
      })
    }
    if (turn === 'open' && found) move('open', () => opened(key, found), QUIET)
    if (turn === 'reopen' && found) {
      move(
        'reopen',
        async () => {
          const known = ids.get(key) ?? [...views.values()].find((view) => keyOf(view) === key)?.id
          if (!known) return opened(key, found)
          await reopenSignal(db, known, found)
          ids.set(key, known)
          await refresh()
        },
        QUIET,
      )
    }
    if (turn === 'close' && id) {
      move(
        'close',
        async () => {
          await closeSignal(db, id, new Date(now()))
          ids.delete(key)
          looks.delete(key)
          await refresh()
        },
        { is: 'open', falseSince: null },
      )
    }
  }

  async function opened(key: string, found: Found): Promise<void> {
    const causes = await causesOf(found)
    const t0 = momentBefore(causes) ?? new Date(Date.parse(found.since) - 5 * 60_000).toISOString()
    const view = await openSignal(db, {
      cluster,
      kind: watched.entry.mode === 'drill' ? 'drill' : 'incident',
      found,
      causes,
      t0,
      at: new Date(now()),
    })
    ids.set(key, view.id)
    answers.set(found.kind, (await options.runbooksFor?.(found.kind)) ?? [])
    views.set(view.id, view)
    looks.set(
      key,
      SECOND_LOOKS.map((after) => now() + after),
    )
    tell()
    await compare()
  }

  async function causesOf(found: Found): Promise<readonly Cause[]> {
    const since = Date.parse(found.since)
    const from = new Date(since - 30 * 60_000)
    const to = new Date(now() + 60_000)
    try {
      await history.flush()
      const [changes, past] = await Promise.all([history.changes(from, to, 20_000), history.events(from, to, 2_000)])
      if (found.kind === 'bad-rollout') {
        const applications = new Set(
          (board?.rows() ?? []).flatMap((row) => (row.application && row.impacts.includes('degraded') ? [row.application] : [])),
        )
        const common = commonRevision(applications, changes, found.since)
        return common ? [common] : []
      }
      return firstCauses({ victims: found.victims, changes, events: past, since: found.since })
    } catch (error) {
      options.onError?.(error, 'the first cause could not be looked for')
      return []
    }
  }

  /** Looks for the cause again a little later, and keeps title and evidence current. */
  function lookAgain(key: string, found: Found, at: number): void {
    const id = ids.get(key)
    const times = looks.get(key)
    if (!id || !times?.[0] || at < times[0]) return
    looks.set(
      key,
      times.filter((time) => time > at),
    )
    void later('causes', async () => {
      const known = views.get(id)
      const causes = known?.causes.some((one) => one.proof !== null) ? known.causes : await causesOf(found)
      const better = JSON.stringify(causes) !== JSON.stringify(known?.causes)
      await updateSignal(db, id, found, causes, better)
      const t0 = momentBefore(causes)
      if (better && t0 && known?.incident && (await firstSignalOf(known.incident)) === id) await repinT0(db, known.incident, t0)
      await refresh()
    })
  }

  async function firstSignalOf(of: string): Promise<string | undefined> {
    const open = await openIncidentOf(db, cluster)
    return open?.id === of ? open.signals[0] : undefined
  }

  async function refresh(): Promise<void> {
    const loaded = await loadSignals(db, cluster, new Date(now() - DAY_MS))
    for (const kind of new Set(loaded.map((one) => one.kind))) answers.set(kind, (await options.runbooksFor?.(kind)) ?? [])
    const before = JSON.stringify([...views.values()])
    views.clear()
    const settled = new Set<string>()
    for (const view of loaded) {
      views.set(view.id, view)
      const key = keyOf(view)
      // The newest of a key tells where it stands; another replica may have opened or closed it.
      if (settled.has(key)) continue
      settled.add(key)
      if (view.closedAt === null) ids.set(key, view.id)
      else ids.delete(key)
      if (moving.has(key)) continue
      const is = states.get(key)?.is
      if (view.closedAt === null && is !== 'open') states.set(key, { is: 'open', falseSince: null })
      if (view.closedAt !== null && is !== 'closed' && is !== 'quiet')
        states.set(key, { is: 'closed', closedAt: Date.parse(view.closedAt), trueSince: null })
    }
    const busy = (await options.busyIncidents?.(cluster)) ?? []
    await closeQuietIncidents(db, cluster, new Date(now() - REOPEN_MS), new Date(now()), busy)
    await compare()
    if (JSON.stringify([...views.values()]) !== before) tell()
  }

  /** Brings the board to the T0 of the open incident, or back to calm. */
  async function compare(): Promise<void> {
    const open = await openIncidentOf(db, cluster)
    incident = open?.id ?? null
    const t0 = open?.t0.toISOString() ?? ''
    if (!board || t0 === compared) return
    const records = open
      ? await history.at(open.t0).catch((error: unknown) => {
          options.onError?.(error, 'the state at T0 could not be read')
          return []
        })
      : []
    board.compareWith(open ? t0 : null, records)
    compared = t0
    tell()
  }

  function readEvents(): void {
    const waiting = [...inventory.list('ValidatingWebhookConfiguration'), ...inventory.list('MutatingWebhookConfiguration')].some(
      (one) => one.facts.is === 'webhook' && one.facts.hooks.some((hook) => hook.failurePolicy === 'Fail' && hook.service !== ''),
    )
    if (!waiting || Date.now() - eventsAt < 3_000) return
    eventsAt = Date.now()
    history.events(new Date(now() - 10 * 60_000), new Date(now() + 60_000), 2_000).then(
      (found) => {
        events = found.filter((one) => one.type === 'Warning')
      },
      (error: unknown) => options.onError?.(error, 'events could not be read'),
    )
  }

  async function keep(): Promise<void> {
    const batch = board?.takeMemory()
    if (batch && (batch.services.length > 0 || batch.forgotten.length > 0 || batch.cluster))
      await saveMemory(db, cluster, batch, new Date())
    await strip.keep(db, cluster, inventory.facts().incarnation, now())
  }

  async function stop(): Promise<void> {
    stopped = true
    if (due) clearTimeout(due)
    for (const timer of timers) clearInterval(timer)
    for (const leave of leaving) leave()
    await begun
    await queue
    await keep().catch((error: unknown) => options.onError?.(error, 'what was healthy could not be stored'))
    board?.stop()
  }

  const begun = begin().catch((error: unknown) => options.onError?.(error, 'a cluster could not be watched'))
  return {
    watched,
    strip,
    board: () => board,
    hubMoved(applications) {
      if (!board) return
      board.touchTracked(applications)
      schedule()
    },
    signals: () => [...views.values()].map((view) => ({ ...view, runbooks: [...(answers.get(view.kind) ?? [])] })),
    refresh: async () => void (await later('refresh', refresh)),
    async leave() {
      await stop()
      if (watched.entry.mode !== 'drill') return
      const at = new Date(now())
      for (const id of new Set(ids.values())) await closeSignal(db, id, at)
      if (incident) await closeQuietIncidents(db, cluster, new Date(at.getTime() + DAY_MS), at, [])
    },
    stop,
  }
}

function reachOf(watched: Watched): Reach {
  return { name: watched.entry.name, server: watched.api.server, declared: watched.entry.argocd }
}

const AWAY = new Set(['stale', 'unreachable', 'forbidden'])

/** Another cluster as the hub of this one; null when nothing says that it is. */
function hubFor(unit: Unit, spoke: Watched): Hub | null {
  const { entry, inventory } = unit.watched
  const board = unit.board()
  const to = reachOf(spoke)
  const instances = board?.instances() ?? []
  if (!serves({ name: entry.name, instances, known: board?.known() ?? [] }, to)) return null
  const facts = inventory.facts()
  const stale = !inventory.ready()
    ? facts.trouble || 'not read yet'
    : AWAY.has(facts.freshness)
      ? facts.trouble || `it is ${facts.freshness}`
      : null
  return { cluster: entry.name, look: inventory, instances, stale, reaches: (application) => reaches(application, to) }
}

/** The clusters that this one's Argo CD manages, with the services there that it tracks. */
function spokesOf(hub: Watched, board: LiveBoard, units: Iterable<Unit>): { readonly cluster: string; readonly services: number }[] {
  const known = { name: hub.entry.name, instances: board.instances(), known: board.known() }
  return [...units].flatMap((unit) => {
    if (unit.watched === hub || !serves(known, reachOf(unit.watched))) return []
    const tracked = (unit.board()?.rows() ?? []).filter((row) => row.application !== null)
    return [{ cluster: unit.watched.entry.name, services: tracked.length }]
  })
}

/** Whether another cluster might have the Argo CD of this one: it has one, or nobody has looked yet. A rehearsal's has nothing to do with a live cluster. */
function mayManage(other: Watched, spoke: Watched): boolean {
  if (other.entry.mode !== 'live' || spoke.entry.mode !== 'live') return false
  return !other.inventory.ready() || other.inventory.list('AppProject', 'argoproj.io').length > 0
}
