import type { Hub } from '../argocd/hub-rules.ts'
import { isApplication, lookAt } from '../argocd/rules.ts'
import type { Instance, KnownInstance } from '../argocd/schema.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import type { Delta, Inventory } from '../inventory/port.ts'
import { isWorkload, placeOf } from '../services/rules.ts'
import type { Catalog } from '../services/schema.ts'
import { watchEphemeral } from '../services/watch-ephemeral.ts'
import { argocdView } from './argocd-view.ts'
import { byUrgency, countImpacts } from './count-rules.ts'
import { followArgocd } from './follow-argocd.ts'
import { followRemovals } from './follow-removals.ts'
import { type JudgeWorld, judgeEntry } from './judge-entry.ts'
import { type Entry, entryOf } from './keep-entries.ts'
import { keepRemovals, type RemovalBatch } from './keep-removals.ts'
import type { ImpactMemory, Remembered } from './memory.ts'
import { momentOf } from './past-moment.ts'
import type { ImpactBoard } from './port.ts'
import { openSeats } from './seat-members.ts'
import { type PlannedWatch, watchPlanned } from './watch-planned.ts'

export type WatchImpactOptions = {
  readonly inventory: Inventory
  readonly catalog: Catalog
  readonly memory: ImpactMemory
  /** Cluster time, ms since the epoch. */
  readonly now: () => number
  readonly managedElsewhere?: () => boolean
  /** Clusters whose Argo CD is known to manage this one, as they are now. */
  readonly hubs?: () => readonly Hub[]
  /** What the declared probe of a service says by now. */
  readonly probe?: JudgeWorld['probe']
  /** Whether another cluster under this name just starts anew (a drill's), instead of looking like a loss of everything. */
  readonly mayBeReplaced?: boolean
}

/** The board of one cluster and the handles of those who keep it. */
export interface LiveBoard extends ImpactBoard {
  badThen(id: string): boolean
  /** What is expected on this cluster: conditions ask it, too. */
  readonly planned: PlannedWatch
  instances(): readonly Instance[]
  known(): readonly KnownInstance[]
  incarnation(): string
  /** Judges every service again, for what no delta tells: progress that takes too long. */
  touchAll(): void
  /** Judges this service again, for what its probe said. */
  touch(id: string): void
  /** Judges again what these Applications of another cluster track. */
  touchTracked(applications: readonly SlimRecord[]): void
  /** Judges what was touched since the last time; tells listeners. */
  flush(): void
  /** Compares with this moment from now on; null goes back to each service's last healthy moment. */
  compareWith(t0: string | null, records: readonly SlimRecord[]): void
  accept(id: string, reason: string): void
  /** What is worth storing and was not taken yet. */
  takeMemory(): {
    readonly services: readonly (Remembered & { readonly id: string })[]
    readonly forgotten: readonly string[]
    readonly removals: RemovalBatch
    readonly cluster: { readonly instances: readonly KnownInstance[]; readonly incarnation: string } | null
  }
  stop(): void
}

const DAY_MS = 24 * 3_600_000

/**
 * Keeps the judged state of one cluster, from deltas: only services that a change touches are judged again. What was
 * last healthy is remembered per service; while an incident is open, `compareWith` sets one moment for all.
 */
export function watchImpact(options: WatchImpactOptions): LiveBoard {
  const { inventory: look, catalog, memory, now } = options
  const { cluster } = look
  const entries = new Map<string, Entry>()
  const dirty = new Set<string>()
  const listeners = new Set<(changed: readonly string[]) => void>()
  const progressing = new Map<string, string>()
  const served = new Set<string>()
  const accepted = new Map(memory.accepted)
  const unsaved = new Set<string>()
  const forgotten = new Set<string>()
  let incarnation = memory.incarnation
  let clusterUnsaved = false
  let started = false
  let unread = false
  let t0: { at: string; members: ReadonlyMap<string, readonly SlimRecord[]>; bad: ReadonlySet<string> } | null = null
  const iso = () => new Date(now()).toISOString()
  const argocd = followArgocd({
    look,
    known: memory.instances,
    now,
    hubs: options.hubs,
    managedElsewhere: options.managedElsewhere,
    learned: () => {
      clusterUnsaved = true
    },
  })
  const seats = openSeats({
    cluster,
    look,
    entryOf: (place) => entryOf(entries, cluster, place),
    entry: (id) => entries.get(id),
    touched: (id) => dirty.add(id),
  })
  const probe = options.probe ?? (() => null)
  const then = (entry: Entry) => t0?.members.get(entry.service.id) ?? entry.healthy?.members ?? [...entry.seen.values()]
  const ephemeral = watchEphemeral(look, catalog)
  const planned = watchPlanned({ inventory: look, ephemeral, now })
  const removals = followRemovals({ inventory: look, expected: planned.removal, departedAt: planned.departedAt })
  const kept = keepRemovals(memory.removals, now)
  const world: JudgeWorld = {
    cluster,
    look,
    catalog,
    argocd,
    planned,
    removals,
    kept,
    accepted,
    served,
    probe,
    progressing,
    then,
    now,
    serviceOf: seats.of,
  }
  planned.load(memory.planned, memory.covered)

  for (const [id, healthy] of memory.services) {
    const [namespace = '', name = ''] = id.slice(cluster.length + 1).split('/')
    const application = healthy.members.find((one) => one.tracking)?.tracking?.app ?? null
    const because = { what: 'service', value: name, source: 'remembered', object: '' } as const
    entryOf(entries, cluster, { namespace, name, application, because }).healthy = healthy
  }

  function take(deltas: readonly Delta[]): void {
    for (const delta of deltas) {
      seat(delta)
      const { record } = delta
      if (isApplication(record)) touchTracked(record, delta.type === 'set' ? delta.was : null)
      if (record.kind === 'Namespace') for (const [id, entry] of entries) if (entry.place.namespace === record.name) dirty.add(id)
      argocd.saw(record)
    }
  }

  function seat(delta: Delta): void {
    const { record } = delta
    if (record.facts.is === 'endpoints') reached(record)
    if (delta.type === 'gone') {
      served.delete(record.uid)
      seats.unseat(record)
      progressing.delete(record.uid)
      return
    }
    seats.seat(record)
    if (record.health?.status !== 'Progressing') progressing.delete(record.uid)
    else if (!progressing.has(record.uid)) progressing.set(record.uid, iso())
    if (delta.was === null || delta.was.tracking?.app !== record.tracking?.app) seats.seatFollowers(record)
  }

  function reached(slice: SlimRecord): void {
    if (slice.facts.is !== 'endpoints') return
    for (const owner of slice.owners) {
      if (slice.facts.ready > 0) served.add(owner.uid)
      const id = seats.of(owner.uid)
      if (id) dirty.add(id)
    }
  }

  function touchTracked(record: SlimRecord, was: SlimRecord | null): void {
    const moved = was?.annotations['blackstart.dev/service'] !== record.annotations['blackstart.dev/service']
    for (const one of [...look.trackedBy(record.name), ...look.trackedBy(`${record.namespace}_${record.name}`)]) {
      if (moved) seats.seat(one)
      const id = seats.of(one.uid)
      if (id) dirty.add(id)
    }
  }

  function begin(): void {
    started = true
    const found = look.facts().incarnation
    if (options.mayBeReplaced && found !== '' && incarnation !== '' && incarnation !== found) {
      for (const id of entries.keys()) forgotten.add(id)
      entries.clear()
      accepted.clear()
      kept.clear()
      argocd.forget()
      incarnation = ''
    }
    for (const record of look.all()) {
      seats.seat(record)
      if (record.facts.is === 'endpoints') reached(record)
      if (record.health?.status === 'Progressing') progressing.set(record.uid, iso())
    }
    for (const record of look.all())
      if (record.facts.is === 'claim' || record.facts.is === 'volume' || record.owners.length > 0) seats.seat(record)
    if (incarnation === '' && look.facts().incarnation) {
      incarnation = look.facts().incarnation
      clusterUnsaved = true
    }
    everything()
  }

  /** What vanished without a word, with a control plane that was set back, is no member of anything any more. */
  function readAgain(): void {
    unread = false
    for (const entry of entries.values()) for (const one of [...entry.members.values()]) if (!look.get(one.uid)) seats.unseat(one)
    for (const record of look.all()) seats.seat(record)
    everything()
  }

  /** What bears on services without being part of one: who reconciles them, what is expected, how others went. */
  function lookAround(): void {
    const ended = removals.turned()
    if ([argocd.refresh(), planned.turned(), ended.everything].some(Boolean)) everything()
    if (ended.applications.size > 0)
      for (const [id, entry] of entries) if (ended.applications.has(entry.place.application ?? '')) dirty.add(id)
  }

  function flush(): void {
    if (!started && look.ready()) begin()
    else if (unread && look.ready()) readAgain()
    lookAround()
    for (const [id, entry] of entries) if (entry.removedAt !== null && now() - entry.removedAt > DAY_MS) forget(id)
    const changed = [...dirty].filter(judgeAgain)
    dirty.clear()
    if (started) for (const one of kept.settle()) accepted.set(one.service, one.reason)
    if (changed.length > 0) for (const listener of [...listeners]) listener(changed)
  }

  /** True when its row is not what it was. */
  function judgeAgain(id: string): boolean {
    const entry = entries.get(id)
    if (!entry) return false
    const { differs, ended, well, worthSaving } = judgeEntry(world, entry)
    if (ended) {
      if (entry.members.size === 0) entries.delete(id)
      unsaved.delete(id)
      forgotten.add(id)
    }
    if (well) accepted.delete(id)
    if (worthSaving) unsaved.add(id)
    return differs
  }

  function forget(id: string): void {
    entries.delete(id)
    forgotten.add(id)
    unsaved.delete(id)
    for (const listener of [...listeners]) listener([id])
  }

  function everything(): void {
    for (const id of entries.keys()) dirty.add(id)
  }

  const leave = [
    look.subscribe((deltas) => {
      if (started) take(deltas)
    }),
    look.onState(() => {
      unread ||= started && !look.ready()
      everything()
      argocd.touch()
    }),
  ]
  everything()

  function lastHealthyAt(): string | null {
    let newest: string | null = null
    for (const entry of entries.values()) {
      // Who is healthy in what we see now is so as of what we see.
      const at = entry.row?.impact === 'healthy' ? (look.facts().observedAt ?? entry.healthy?.at) : entry.healthy?.at
      if (at && (newest === null || at > newest)) newest = at
    }
    return newest
  }

  const rows = () => [...entries.values()].flatMap((entry) => (entry.row ? [entry.row] : [])).sort(byUrgency)
  return {
    cluster,
    rows,
    row: (id) => entries.get(id)?.row ?? undefined,
    service: (id) => entries.get(id)?.service,
    membersThen: (id) => {
      const entry = entries.get(id)
      return entry ? then(entry) : []
    },
    counts: () => countImpacts(rows()),
    argocd: () => argocd.instances().map((one) => argocdView(look, one, argocd.instances(), argocd.known())),
    t0: () => t0?.at ?? null,
    lastHealthyAt,
    begun: () => started,
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    planned,
    ephemeral: ephemeral.rules,
    inForce: planned.inForce,
    badThen: (id) => (t0?.members.has(id) ? t0.bad.has(id) : (entries.get(id)?.badFirst ?? false)),
    instances: argocd.instances,
    known: argocd.known,
    incarnation: () => incarnation,
    touchAll: () => {
      for (const [id, entry] of entries)
        if ([...entry.members].some(([uid, one]) => progressing.has(uid) || one.facts.is === 'cronjob')) dirty.add(id)
    },
    touch: (id) => void dirty.add(id),
    touchTracked(applications) {
      for (const application of applications) touchTracked(application, null)
    },
    flush,
    compareWith(at, records) {
      t0 = at === null ? null : { at, ...momentOf(cluster, records, catalog, argocd.known()) }
      for (const [id, members] of t0?.members ?? []) {
        const first = members.map((one) => placeOf(one, lookAt(members))).find((one) => one !== null)
        if (!entries.has(id) && first) entryOf(entries, cluster, first)
      }
      everything()
      flush()
    },
    accept(id, reason) {
      accepted.set(id, reason)
      kept.forget(id)
      const entry = entries.get(id)
      if (!entry) return
      const present = [...entry.members.values()]
      // With something left, the service goes on as what it is now; without, it shows as removed.
      if (present.some((one) => isWorkload(one, look))) {
        entry.healthy = { at: iso(), members: present }
        unsaved.add(id)
      }
      dirty.add(id)
      flush()
    },
    takeMemory() {
      const services = [...unsaved].flatMap((id) => {
        const healthy = entries.get(id)?.healthy
        return healthy ? [{ id, ...healthy }] : []
      })
      unsaved.clear()
      const gone = [...forgotten]
      forgotten.clear()
      const saved = clusterUnsaved ? { instances: argocd.known(), incarnation } : null
      clusterUnsaved = false
      return { services, forgotten: gone, removals: kept.take(), cluster: saved }
    },
    stop() {
      for (const one of leave) one()
      ephemeral.stop()
      planned.stop()
      removals.stop()
    },
  }
}
