import { findInstances, remember } from '../argocd/find-instances.ts'
import { type Hub, onHub } from '../argocd/hub-rules.ts'
import { ARGO, applicationOf, groupOf, isApplication, lookAt } from '../argocd/rules.ts'
import type { Instance, KnownInstance } from '../argocd/schema.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import type { Delta, Inventory } from '../inventory/port.ts'
import { describeService, isEphemeral, isWorkload, type Place, placeOf, serviceId } from '../services/rules.ts'
import type { Catalog, Service } from '../services/schema.ts'
import { argocdView } from './argocd-view.ts'
import type { ImpactMemory, Remembered } from './memory.ts'
import { momentOf } from './past-moment.ts'
import type { ImpactBoard } from './port.ts'
import { byUrgency, countImpacts, type Expected, judge, worstFirst } from './rules.ts'
import type { Impact } from './schema.ts'
import { openSeats } from './seat-members.ts'
import type { ServiceRow } from './view.ts'

export type WatchImpactOptions = {
  readonly inventory: Inventory
  readonly catalog: Catalog
  readonly memory: ImpactMemory
  /** Cluster time, ms since the epoch. */
  readonly now: () => number
  readonly managedElsewhere?: () => boolean
  /** Clusters whose Argo CD is known to manage this one, as they are now. */
  readonly hubs?: () => readonly Hub[]
  /** Whether another cluster under this name just starts anew (a drill's), instead of looking like a loss of everything. */
  readonly mayBeReplaced?: boolean
}

/** The board of one cluster and the handles of those who keep it. */
export interface LiveBoard extends ImpactBoard {
  badThen(id: string): boolean
  instances(): readonly Instance[]
  known(): readonly KnownInstance[]
  incarnation(): string
  /** Judges every service again, for what no delta tells: progress that takes too long. */
  touchAll(): void
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
    readonly cluster: { readonly instances: readonly KnownInstance[]; readonly incarnation: string } | null
  }
  stop(): void
}

type Entry = {
  place: Place
  readonly members: Map<string, SlimRecord>
  healthy: Remembered | null
  /** Newest record of every member ever seen, by key, while it was never well. */
  readonly seen: Map<string, SlimRecord>
  before: Impact | null
  service: Service
  row: ServiceRow | null
  since: string | null
  digest: string
  removedAt: number | null
  /** Bad when first looked at, and ever since: nobody can say that this night did it. */
  badFirst: boolean
}

const STALE = new Set(['stale', 'unreachable', 'forbidden'])
const DAY_MS = 24 * 3_600_000

/**
 * Keeps the judged state of one cluster, from deltas: only services that a change touches are judged again. What was
 * last healthy is remembered per service; while an incident is open, `compareWith` sets one moment for all.
 */
export function watchImpact(options: WatchImpactOptions): LiveBoard {
  const { inventory: look, catalog } = options
  const entries = new Map<string, Entry>()
  const dirty = new Set<string>()
  const listeners = new Set<(changed: readonly string[]) => void>()
  const progressing = new Map<string, string>()
  const accepted = new Map(options.memory.accepted)
  const unsaved = new Set<string>()
  const forgotten = new Set<string>()
  let instances: readonly Instance[] = []
  let known: readonly KnownInstance[] = options.memory.instances
  let incarnation = options.memory.incarnation
  let clusterUnsaved = false
  let instancesDirty = true
  let lastReconciling = ''
  let hubs: readonly Hub[] = []
  let lastHubs = ''
  let started = false
  let t0: { at: string; members: ReadonlyMap<string, readonly SlimRecord[]>; bad: ReadonlySet<string> } | null = null
  const cluster = look.cluster
  const iso = () => new Date(options.now()).toISOString()
  const seats = openSeats({ cluster, look, entryOf, entry: (id) => entries.get(id), touched: (id) => dirty.add(id) })

  for (const [id, healthy] of options.memory.services) {
    const [namespace = '', name = ''] = id.slice(cluster.length + 1).split('/')
    const application = healthy.members.find((one) => one.tracking)?.tracking?.app ?? null
    const entry = entryOf({ namespace, name, application, because: { what: 'service', value: name, source: 'remembered', object: '' } })
    entry.healthy = healthy
  }

  function entryOf(place: Place): Entry {
    const id = serviceId(cluster, place)
    const held = entries.get(id)
    if (held) {
      if (place.application && !held.place.application) held.place = place
      return held
    }
    const service: Service = {
      id,
      cluster,
      namespace: place.namespace,
      name: place.name,
      owner: null,
      tier: 3,
      tierGuessed: true,
      contact: null,
      application: place.application,
      dependsOn: [],
      rtoMs: null,
      because: [place.because],
      members: [],
    }
    const made: Entry = {
      place,
      members: new Map(),
      healthy: null,
      seen: new Map(),
      before: null,
      service,
      row: null,
      since: null,
      digest: '',
      removedAt: null,
      badFirst: false,
    }
    entries.set(id, made)
    return made
  }

  function take(deltas: readonly Delta[]): void {
    for (const delta of deltas) {
      const { record } = delta
      if (delta.type === 'gone') {
        seats.unseat(record)
        progressing.delete(record.uid)
      } else {
        seats.seat(record)
        if (record.health?.status !== 'Progressing') progressing.delete(record.uid)
        else if (!progressing.has(record.uid)) progressing.set(record.uid, iso())
        if (delta.was === null) seats.seatFollowers(record)
      }
      touchNeighbours(delta)
    }
  }

  function touchNeighbours(delta: Delta): void {
    const { record } = delta
    if (isApplication(record)) touchTracked(record, delta.type === 'set' ? delta.was : null)
    if (record.kind === 'Namespace') {
      for (const [id, entry] of entries) if (entry.place.namespace === record.name) dirty.add(id)
      instancesDirty = true
    }
    instancesDirty ||= bearsOnInstances(record)
  }

  function touchTracked(record: SlimRecord, was: SlimRecord | null): void {
    const moved = was?.annotations['blackstart.dev/service'] !== record.annotations['blackstart.dev/service']
    for (const one of [...look.trackedBy(record.name), ...look.trackedBy(`${record.namespace}_${record.name}`)]) {
      if (moved) seats.seat(one)
      const id = seats.of(one.uid)
      if (id) dirty.add(id)
    }
  }

  function bearsOnInstances(record: SlimRecord): boolean {
    if (record.facts.is === 'crd' || record.kind === 'AppProject') return true
    if (record.facts.is === 'application') {
      const { server, name } = record.facts.destination
      const own = instances.filter((one) => one.namespace === record.namespace)
      if (!(own.length > 0 ? own : instances).every((one) => one.destinations.includes(server || name))) return true
    }
    if (record.facts.is !== 'workload' && record.facts.is !== 'pod') return groupOf(record.apiVersion) === ARGO && instances.length === 0
    return instances.some((one) => one.namespace === record.namespace) || record.name.includes('application-controller')
  }

  function refreshInstances(): void {
    if (!instancesDirty) return
    instancesDirty = false
    // Tracked objects without any Argo CD here are no trace of a lost one while another cluster's manages them.
    const elsewhere = hubs.length > 0 || (options.managedElsewhere?.() ?? false)
    instances = findInstances(look, known).filter((one) => one.namespace !== '' || !elsewhere)
    const reconciling = JSON.stringify(instances.map((one) => [one.namespace, one.state, one.reconciling]))
    if (reconciling !== lastReconciling) {
      lastReconciling = reconciling
      for (const id of entries.keys()) dirty.add(id)
    }
    for (const instance of instances) {
      const before = known.find((one) => one.namespace === instance.namespace)
      const worth = remember(instance, before)
      if (!worth || JSON.stringify(before) === JSON.stringify(worth)) continue
      // What is half gone must not replace what is remembered of the whole.
      if (before && instance.state !== 'running') continue
      known = [...known.filter((one) => one.namespace !== instance.namespace), worth]
      clusterUnsaved = true
    }
  }

  function refreshHubs(): void {
    hubs = options.hubs?.() ?? []
    const state = JSON.stringify([
      options.managedElsewhere?.() ?? false,
      hubs.map((hub) => [hub.cluster, hub.stale, hub.instances.map((one) => [one.namespace, one.state, one.reconciling])]),
    ])
    if (state === lastHubs) return
    lastHubs = state
    instancesDirty = true
    everything()
  }

  function expectedOf(entry: Entry): Expected {
    return {
      removal: (record) => (isEphemeral(record, look, catalog) ? 'it comes and goes by itself' : null),
      scale: (record) =>
        look.inNamespace(record.namespace).some((one) => one.kind === 'ScaledObject') ? 'KEDA scales in this namespace' : null,
      accepted: [...entry.members.values()].some((one) => isWorkload(one, look)) ? null : (accepted.get(entry.service.id) ?? null),
    }
  }

  function staleOf(entry: Entry): string | null {
    const facts = look.facts()
    if (!look.ready()) return facts.trouble || 'not read yet'
    if (STALE.has(facts.freshness)) return facts.trouble || `the cluster is ${facts.freshness}`
    const kinds = new Map<string, SlimRecord>()
    for (const one of [...entry.members.values(), ...(entry.healthy?.members ?? [])])
      if (isWorkload(one) || one.facts.is === 'claim') kinds.set(`${one.kind}/${groupOf(one.apiVersion)}`, one)
    for (const one of kinds.values()) {
      const freshness = look.freshness(one.kind, groupOf(one.apiVersion))
      if (STALE.has(freshness)) return `${one.kind} is ${freshness}`
    }
    return null
  }

  function thenOf(entry: Entry): readonly SlimRecord[] {
    return t0?.members.get(entry.service.id) ?? entry.healthy?.members ?? [...entry.seen.values()]
  }

  /** The cluster of the Application that tracks these, when it is not this one; once it is lost, the one that it was on. */
  function hubOf(application: string | null, present: readonly SlimRecord[], before: string | undefined): { hub?: string } {
    const tracked = hubs.length > 0 ? present.find((one) => one.tracking && one.tracking.app === application) : undefined
    const found = tracked && !applicationOf(look, tracked) ? onHub(tracked, hubs) : null
    if (found) return { hub: found.hub.cluster }
    return tracked && before !== undefined && hubs.some((hub) => hub.cluster === before) ? { hub: before } : {}
  }

  function judgeOne(id: string, entry: Entry): boolean {
    const present = [...entry.members.values()]
    const then = thenOf(entry)
    if (!present.some((one) => isWorkload(one, look)) && !then.some((one) => isWorkload(one, look))) {
      const had = entry.row !== null
      if (entry.members.size === 0) entries.delete(id)
      entry.row = null
      return had
    }
    const there = new Set(present.map((one) => `${one.kind}/${one.namespace}/${one.name}`))
    const whole = [...present, ...then.filter((one) => !there.has(`${one.kind}/${one.namespace}/${one.name}`))]
    const service = describeService(cluster, entry.place, whole, look, catalog)
    // Owner and contact may have been written on a namespace or an Application that is gone now.
    entry.service = {
      ...service,
      owner: service.owner ?? entry.service.owner,
      contact: service.contact ?? entry.service.contact,
      members: present.map((one) => one.uid),
    }
    const judged = judge({
      service: entry.service,
      earlier: then,
      present,
      look,
      instances,
      managedElsewhere: options.managedElsewhere?.() ?? false,
      hubs,
      stale: staleOf(entry),
      before: entry.before,
      progressingSince: (uid) => progressing.get(uid) ?? null,
      now: iso(),
      expected: expectedOf(entry),
    })
    const impact = judged.impacts[0] ?? 'unknown'
    settle(id, entry, judged.impacts, present)
    const changed = entry.row === null || entry.row.impacts.join() !== judged.impacts.join()
    if (changed) entry.since = impact === 'healthy' && entry.row === null ? null : (judged.since ?? iso())
    const s = entry.service
    const row: ServiceRow = {
      id,
      cluster,
      name: s.name,
      namespace: s.namespace,
      owner: s.owner,
      tier: s.tier,
      tierGuessed: s.tierGuessed,
      contact: s.contact,
      impact,
      impacts: [...judged.impacts],
      since: judged.since ?? entry.since,
      application: s.application,
      ...hubOf(s.application, present, entry.row?.hub),
      evidence: judged.evidence.map((one) => ({ ...one, since: one.since ?? entry.since })),
    }
    const differs = JSON.stringify(row) !== JSON.stringify(entry.row)
    entry.row = row
    return differs
  }

  function bad(impacts: readonly Impact[]): boolean {
    return impacts.some((one) => one === 'lost' || one === 'degraded' || one === 'data-at-risk')
  }

  function settle(id: string, entry: Entry, impacts: readonly Impact[], present: readonly SlimRecord[]): void {
    if (impacts.includes('unknown')) return
    entry.badFirst =
      bad(impacts) && entry.healthy === null && (entry.badFirst || entry.row === null || entry.row.impacts.includes('unknown'))
    if (impacts.length === 1 && impacts[0] === 'healthy') {
      entry.before = null
      const digest = present
        .map((one) => `${one.uid}:${one.facts.is === 'workload' ? `${one.facts.desired}:${one.facts.images.join()}` : ''}`)
        .sort()
        .join()
      entry.healthy = { at: iso(), members: present }
      if (digest !== entry.digest) unsaved.add(id)
      entry.digest = digest
      accepted.delete(id)
    } else if (entry.healthy === null) for (const one of present) entry.seen.set(`${one.kind}/${one.namespace}/${one.name}`, one)
    const worst = worstFirst([...(entry.before ? [entry.before] : []), ...impacts.filter((one) => one === 'lost' || one === 'degraded')])[0]
    if (worst) entry.before = worst
    entry.removedAt = impacts[0] === 'removed' ? (entry.removedAt ?? options.now()) : null
  }

  function begin(): void {
    started = true
    const found = look.facts().incarnation
    if (options.mayBeReplaced && found !== '' && incarnation !== '' && incarnation !== found) {
      for (const id of entries.keys()) forgotten.add(id)
      entries.clear()
      accepted.clear()
      known = []
      incarnation = ''
    }
    for (const record of look.all()) {
      seats.seat(record)
      if (record.health?.status === 'Progressing') progressing.set(record.uid, iso())
    }
    for (const record of look.all())
      if (record.facts.is === 'claim' || record.facts.is === 'volume' || record.owners.length > 0) seats.seat(record)
    if (incarnation === '' && look.facts().incarnation) {
      incarnation = look.facts().incarnation
      clusterUnsaved = true
    }
    for (const id of entries.keys()) dirty.add(id)
  }

  function flush(): void {
    if (!started && look.ready()) begin()
    refreshHubs()
    refreshInstances()
    for (const [id, entry] of entries) if (entry.removedAt !== null && options.now() - entry.removedAt > DAY_MS) forget(id)
    if (dirty.size === 0) return
    const changed: string[] = []
    for (const id of [...dirty]) {
      const entry = entries.get(id)
      if (entry && judgeOne(id, entry)) changed.push(id)
    }
    dirty.clear()
    if (changed.length > 0) for (const listener of [...listeners]) listener(changed)
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
      everything()
      instancesDirty = true
    }),
  ]
  for (const id of entries.keys()) dirty.add(id)

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
      return entry ? thenOf(entry) : []
    },
    counts: () => countImpacts(rows()),
    argocd: () => instances.map((one) => argocdView(look, one, instances, known)),
    t0: () => t0?.at ?? null,
    lastHealthyAt,
    begun: () => started,
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    badThen: (id) => (t0?.members.has(id) ? t0.bad.has(id) : (entries.get(id)?.badFirst ?? false)),
    instances: () => instances,
    known: () => known,
    incarnation: () => incarnation,
    touchAll: () => {
      for (const [id, entry] of entries) if ([...entry.members.keys()].some((uid) => progressing.has(uid))) dirty.add(id)
    },
    touchTracked(applications) {
      for (const application of applications) touchTracked(application, null)
    },
    flush,
    compareWith(at, records) {
      t0 = at === null ? null : { at, ...momentOf(cluster, records, catalog, known) }
      for (const [id, members] of t0?.members ?? []) {
        const first = members.map((one) => placeOf(one, lookAt(members))).find((one) => one !== null)
        if (!entries.has(id) && first) entryOf(first)
      }
      everything()
      flush()
    },
    accept(id, reason) {
      accepted.set(id, reason)
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
      const saved = clusterUnsaved ? { instances: known, incarnation } : null
      clusterUnsaved = false
      return { services, forgotten: gone, cluster: saved }
    },
    stop() {
      for (const one of leave) one()
    },
  }
}
