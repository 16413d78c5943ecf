import { clusterNow } from '../cluster/rules.ts'
import type { Db } from '../db/client.ts'
import type { Watched } from '../inventory/port.ts'
import { chooseT0 } from './choose-t0.ts'
import { findCauses } from './find-causes.ts'
import { momentBefore } from './first-cause.ts'
import type { IncidentWatch } from './follow-incident.ts'
import { QUIET, REOPEN_MS, step, type Turn, type Watching } from './machine.ts'
import type { Paging } from './paging-rules.ts'
import type { Cause, Severity, SignalKind } from './schema.ts'
import { type Found, keyOf } from './signal-scene.ts'
import { closeQuietIncidents, closeSignal, loadSignals, openSignal, reopenSignal, repageSignal, updateSignal } from './store.ts'
import type { SignalView } from './view.ts'
import type { LiveBoard } from './watch-impact.ts'

const DAY_MS = 24 * 3_600_000
/** When causes are looked for again after opening, in cluster ms: the proof often comes after the deed. */
const SECOND_LOOKS = [1_500, 8_000, 45_000]

export type SignalKeeper = {
  /** One look at every condition that holds; `may` says by kind whether what is found or not found may count. */
  look(found: readonly Found[], may: (kind: string) => boolean, at: number): void
  views(): readonly SignalView[]
  isOpen(kind: SignalKind): boolean
  /** Reads signals and incidents again: another replica or a person may have moved them. */
  refresh(): Promise<void>
  /** Closes all that is open; a drill's signals end with it. */
  closeAll(at: Date): Promise<void>
}

export type SignalKeeperOptions = {
  readonly watched: Watched
  readonly db: Db
  readonly board: () => LiveBoard | null
  readonly incident: IncidentWatch
  /** Whether a signal wakes somebody, now. */
  readonly paging: (signal: { readonly kind: SignalKind; readonly severity: Severity }) => {
    readonly paging: Paging
    readonly pagingReason: string
  }
  readonly runbooksFor?: ((kind: SignalKind) => readonly string[] | Promise<readonly string[]>) | undefined
  readonly busyIncidents?: ((cluster: string) => Promise<readonly string[]>) | undefined
  /** Does one thing after the other; undefined when it failed. */
  readonly later: <T>(what: string, job: () => Promise<T>) => Promise<T | undefined>
  readonly tell: () => void
  readonly onError?: ((error: unknown, what: string) => void) | undefined
}

/** The signals of one cluster: their machine, their rows in the database and what is shown of them. */
export function keepSignals(options: SignalKeeperOptions): SignalKeeper {
  const { watched, db, incident, later, tell } = options
  const cluster = watched.entry.name
  const now = () => clusterNow(watched.clock)
  const states = new Map<string, Watching>()
  const views = new Map<string, SignalView>()
  const ids = new Map<string, string>()
  const looks = new Map<string, number[]>()
  const answers = new Map<SignalKind, readonly string[]>()
  /** Keys with a turn on its way to the database: what is read meanwhile is older than what we decided. */
  const moving = new Map<string, number>()

  function advance(key: string, found: Found | undefined, holds: boolean | null, at: number): void {
    const { state, turn } = step(states.get(key) ?? QUIET, { now: at, holds, atOnce: found?.atOnce ?? false })
    if (turn === 'forget') states.delete(key)
    else states.set(key, state)
    if (turn) turned(key, turn, found)
    else if (found) lookAgain(key, found, at)
  }

  function move(key: string, what: string, job: () => Promise<unknown>, failed: Watching): void {
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

  function turned(key: string, turn: Turn, found: Found | undefined): void {
    const id = ids.get(key)
    if (turn === 'open' && found) move(key, 'open', () => opened(key, found), QUIET)
    if (turn === 'reopen' && found) move(key, 'reopen', () => reopened(key, found), QUIET)
    if (turn === 'close' && id) move(key, 'close', () => closed(key, id), { is: 'open', falseSince: null })
  }

  async function opened(key: string, found: Found): Promise<void> {
    const causes = await causesOf(found)
    const t0 = await t0Of(momentBefore(causes) ?? new Date(Date.parse(found.since) - 5 * 60_000).toISOString())
    const kind = watched.entry.mode === 'drill' ? 'drill' : 'incident'
    const view = await openSignal(db, { cluster, kind, found, causes, t0, ...options.paging(found), at: new Date(now()) })
    ids.set(key, view.id)
    answers.set(found.kind, (await options.runbooksFor?.(found.kind)) ?? [])
    views.set(view.id, view)
    looks.set(
      key,
      SECOND_LOOKS.map((after) => now() + after),
    )
    tell()
    if (await incident.follow()) tell()
  }

  async function reopened(key: string, found: Found): Promise<void> {
    const known = ids.get(key) ?? [...views.values()].find((view) => keyOf(view) === key)?.id
    if (!known) return opened(key, found)
    await reopenSignal(db, known, found)
    ids.set(key, known)
    await refresh()
  }

  async function closed(key: string, id: string): Promise<void> {
    await closeSignal(db, id, new Date(now()))
    ids.delete(key)
    looks.delete(key)
    await refresh()
  }

  function causesOf(found: Found): Promise<readonly Cause[]> {
    return findCauses(watched.history, options.board()?.rows() ?? [], found, now()).catch((error: unknown) => {
      options.onError?.(error, 'the first cause could not be looked for')
      return []
    })
  }

  function t0Of(wanted: string): Promise<string> {
    return chooseT0(watched.history, wanted).catch((error: unknown) => {
      options.onError?.(error, 'since when the cluster is recorded could not be read')
      return wanted
    })
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
      if (better && t0 && known?.incident) await incident.repin(known.incident, id, await t0Of(t0))
      await refresh()
    })
  }

  async function refresh(): Promise<void> {
    const loaded = await loadSignals(db, cluster, new Date(now() - DAY_MS))
    for (const kind of new Set(loaded.map((one) => one.kind))) answers.set(kind, (await options.runbooksFor?.(kind)) ?? [])
    for (const view of loaded) {
      const { paging, pagingReason } = options.paging(view)
      if (view.closedAt === null && view.paging === 'silent' && paging !== 'silent') await repageSignal(db, view.id, paging, pagingReason)
    }
    const before = JSON.stringify([...views.values()])
    views.clear()
    const settled = new Set<string>()
    for (const view of loaded) {
      views.set(view.id, view)
      // The newest of a key tells where it stands; another replica may have opened or closed it.
      if (!settled.has(keyOf(view))) adopt(view)
      settled.add(keyOf(view))
    }
    const busy = (await options.busyIncidents?.(cluster)) ?? []
    await closeQuietIncidents(db, cluster, new Date(now() - REOPEN_MS), new Date(now()), busy)
    const moved = await incident.follow()
    if (moved || JSON.stringify([...views.values()]) !== before) tell()
  }

  function adopt(view: SignalView): void {
    const key = keyOf(view)
    if (view.closedAt === null) ids.set(key, view.id)
    else ids.delete(key)
    if (moving.has(key)) return
    const is = states.get(key)?.is
    if (view.closedAt === null && is !== 'open') states.set(key, { is: 'open', falseSince: null })
    if (view.closedAt !== null && is !== 'closed' && is !== 'quiet')
      states.set(key, { is: 'closed', closedAt: Date.parse(view.closedAt), trueSince: null })
  }

  return {
    look(found, may, at) {
      const holding = new Map(found.map((one) => [keyOf(one), one]))
      for (const key of new Set([...holding.keys(), ...states.keys()]))
        advance(key, holding.get(key), may(key.slice(0, key.indexOf('/'))) ? holding.has(key) : null, at)
    },
    views: () => [...views.values()].map((view) => ({ ...view, runbooks: [...(answers.get(view.kind) ?? [])] })),
    isOpen: (kind) => [...ids.keys()].some((key) => key.startsWith(`${kind}/`)),
    refresh,
    async closeAll(at) {
      for (const id of new Set(ids.values())) await closeSignal(db, id, at)
      if (incident.id()) await closeQuietIncidents(db, cluster, new Date(at.getTime() + DAY_MS), at, [])
    },
  }
}
