import type { SlimRecord } from '../cluster/schema.ts'
import type { Delta, Inventory } from '../inventory/port.ts'
import type { EphemeralWatch } from '../services/watch-ephemeral.ts'
import type { CoveredObject, Effect, PlannedChange } from './expected-schema.ts'
import { counts, endOf, names, stateOf, wordsOf } from './planned-rules.ts'

/** What people and rules said will happen on one cluster, as its judgements ask for it. */
export type PlannedWatch = {
  /** Why an object comes and goes by itself; null when it does not. */
  ephemeral(record: SlimRecord): string | null
  /** Why the removal of an object is expected: it comes and goes by itself, or a planned change covers it. */
  removal(record: SlimRecord): string | null
  /** Why a workload may do what this effect says, now. */
  during(effect: 'restart' | 'scale', record: SlimRecord): string | null
  /** Why nobody needs to be woken when the control plane is away, now. */
  unreachable(): string | null
  /** Changes in force now. */
  inForce(): readonly PlannedChange[]
  /** How many Applications went as planned since a moment, ms. */
  applicationsSince(at: number): number
  /** When an object began to go, ms of the cluster's time; null when nobody saw it go. */
  departedAt(record: SlimRecord): number | null
  /** True once after a change began, ended, or was planned: what rests on it is judged again. */
  turned(): boolean
  load(changes: readonly PlannedChange[], covered: readonly CoveredObject[]): void
  /** What was covered since the last time and is worth storing. */
  take(): readonly CoveredObject[]
  stop(): void
}

export type PlannedWatchOptions = { readonly inventory: Inventory; readonly ephemeral: EphemeralWatch; readonly now: () => number }

/** What one change has covered, of this cluster. */
type Cover = {
  readonly counted: Set<string>
  /** Namespaces in which something was deleted, those that were deleted themselves, and Applications. */
  readonly places: Set<string>
  readonly homes: Set<string>
  readonly applications: Set<string>
}

const MOST = 50_000
const RESTLESS = new Set(['Pod', 'ReplicaSet', 'EndpointSlice', 'Endpoints', 'Event', 'Lease', 'ControllerRevision'])

/** Keeps what planned changes cover: only the scope and effects they name, only while they last, only up to their number of objects. */
export function watchPlanned({ inventory: look, ephemeral, now }: PlannedWatchOptions): PlannedWatch {
  let changes: readonly PlannedChange[] = []
  let lastStates = ''
  const covers = new Map<string, Cover>()
  const held = new Map<string, CoveredObject>()
  const fresh: CoveredObject[] = []
  const departed = new Map<string, number>()

  function saw(delta: Delta): void {
    const { record } = delta
    if (RESTLESS.has(record.kind) || (delta.type === 'set' && record.deletingAt === null) || departed.has(record.uid)) return
    departed.set(record.uid, Date.parse(record.deletingAt ?? (delta.type === 'gone' ? delta.at : '')))
    for (const uid of departed.keys()) {
      if (departed.size <= MOST) break
      departed.delete(uid)
    }
    // In the order in which things went, whoever asks for them later.
    removal(record)
  }

  function departedAt(record: SlimRecord): number | null {
    const deletingAt = look.get(record.uid)?.deletingAt
    return departed.get(record.uid) ?? (deletingAt ? Date.parse(deletingAt) : null)
  }

  function coverOf(change: string): Cover {
    const known = covers.get(change)
    if (known) return known
    const made = { counted: new Set<string>(), places: new Set<string>(), homes: new Set<string>(), applications: new Set<string>() }
    covers.set(change, made)
    return made
  }

  function hold(one: CoveredObject): void {
    const cover = coverOf(one.change)
    held.set(`${one.effect} ${one.uid}`, one)
    cover.counted.add(one.uid)
    if (one.effect !== 'delete') return
    cover.places.add(one.kind === 'Namespace' ? one.name : one.namespace)
    if (one.kind === 'Namespace') cover.homes.add(one.name)
    if (one.kind === 'Application') for (const name of [one.name, `${one.namespace}_${one.name}`]) cover.applications.add(name)
  }

  /** Covers an object for good, as long as the change has room for it; what does not count against it needs no room. */
  function covered(change: PlannedChange, effect: Effect, record: SlimRecord, at: number): boolean {
    if (!counts(record, look)) return true
    const { counted } = coverOf(change.id)
    if (!counted.has(record.uid) && counted.size >= change.maxObjects) return false
    const { uid, kind, namespace, name } = record
    const one = { change: change.id, uid, effect, kind, namespace, name, at: new Date(at).toISOString() }
    hold(one)
    fresh.push(one)
    return true
  }

  const inForce = (change: PlannedChange, at: number) => at >= Date.parse(change.from) && at < Date.parse(endOf(change))

  /** What a covered Namespace or Application takes with it may go after the change has ended. */
  function follows(change: PlannedChange, record: SlimRecord): boolean {
    const { homes, applications } = coverOf(change.id)
    return homes.has(record.namespace) || (record.tracking !== null && applications.has(record.tracking.app))
  }

  function removal(record: SlimRecord): string | null {
    const passing = ephemeral.because(record)
    if (passing) return passing
    const known = changes.find((one) => one.id === held.get(`delete ${record.uid}`)?.change)
    if (known) return wordsOf(known)
    const at = departedAt(record)
    const there = look.get(record.uid) !== undefined
    const change = changes.find((one) => {
      if (at === null && there) return inForce(one, now()) && names(one, 'delete', record) && hasRoom(one, record)
      // Nobody saw it go, so it is covered only beside what was seen going.
      if (at === null) return !counts(record, look) && coverOf(one.id).places.has(record.namespace) && names(one, 'delete', record)
      const timely = inForce(one, at) || (at >= Date.parse(one.from) && follows(one, record))
      return timely && names(one, 'delete', record) && covered(one, 'delete', record, at)
    })
    return change ? wordsOf(change) : null
  }

  function hasRoom(change: PlannedChange, record: SlimRecord): boolean {
    const { counted } = coverOf(change.id)
    return !counts(record, look) || counted.has(record.uid) || counted.size < change.maxObjects
  }

  const stop = look.subscribe((deltas) => {
    for (const delta of deltas) saw(delta)
  })
  return {
    ephemeral: ephemeral.because,
    removal,
    during(effect, record) {
      const change = changes.find((one) => inForce(one, now()) && names(one, effect, record) && covered(one, effect, record, now()))
      return change ? wordsOf(change) : null
    },
    unreachable() {
      const change = changes.find((one) => one.effects.includes('unreachable') && inForce(one, now()))
      return change ? wordsOf(change) : null
    },
    inForce: () => changes.filter((one) => inForce(one, now())),
    applicationsSince: (at) =>
      [...held.values()].filter((one) => one.effect === 'delete' && one.kind === 'Application' && Date.parse(one.at) >= at).length,
    departedAt,
    turned() {
      const states = changes.map((one) => `${one.id} ${stateOf(one, now())}`).join()
      const moved = states !== lastStates
      lastStates = states
      return moved
    },
    load(planned, stored) {
      // The oldest first, so that each covers what it can before a later one does.
      changes = [...planned].sort((a, b) => a.from.localeCompare(b.from) || a.id.localeCompare(b.id))
      for (const one of stored) hold(one)
    },
    take: () => fresh.splice(0),
    stop,
  }
}
