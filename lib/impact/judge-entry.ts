import { onHub } from '../argocd/hub-rules.ts'
import { ARGO, applicationOf, groupOf } from '../argocd/rules.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import type { Inventory } from '../inventory/port.ts'
import { describeService, isWorkload } from '../services/rules.ts'
import type { Catalog, Service } from '../services/schema.ts'
import type { ArgocdWatch } from './follow-argocd.ts'
import type { RemovalWatch } from './follow-removals.ts'
import type { Expected, JudgeInput, Judgement } from './judge-schema.ts'
import { type Entry, keyOf, settle } from './keep-entries.ts'
import type { RemovalKeeper } from './keep-removals.ts'
import { judge, scaledDown } from './rules.ts'
import type { ServiceRow } from './view.ts'
import type { PlannedWatch } from './watch-planned.ts'

/** What a live judgement of a service rests on beside the service itself. */
export type JudgeWorld = {
  readonly cluster: string
  readonly look: Inventory
  readonly catalog: Catalog
  readonly argocd: ArgocdWatch
  readonly planned: PlannedWatch
  readonly removals: RemovalWatch
  readonly kept: RemovalKeeper
  /** Reasons of people who accepted that a service is gone. */
  readonly accepted: ReadonlyMap<string, string>
  /** uids of Services that had a ready endpoint since they are watched. */
  readonly served: ReadonlySet<string>
  /** The service that an object belongs to now. */
  readonly serviceOf: (uid: string) => string | undefined
  readonly probe: (id: string) => JudgeInput['probe']
  /** Since when an object has been progressing, by uid. */
  readonly progressing: ReadonlyMap<string, string>
  /** The members that a service is compared with. */
  readonly then: (entry: Entry) => readonly SlimRecord[]
  /** Cluster time, ms. */
  readonly now: () => number
}

export type Judged = {
  /** Whether its row is not what it was. */
  readonly differs: boolean
  /** It is no service any more: nothing of it is left, now or then, or all of it is part of others. */
  readonly ended: boolean
  readonly well: boolean
  /** It is well in a way that is not stored yet. */
  readonly worthSaving: boolean
}

const STALE = new Set(['stale', 'unreachable', 'forbidden'])

/** Judges one service again and puts its row in place. */
export function judgeEntry(world: JudgeWorld, entry: Entry): Judged {
  const { cluster, look, catalog, argocd, progressing } = world
  const present = [...entry.members.values()]
  const then = world.then(entry)
  if (!present.some((one) => isWorkload(one, look)) && !then.some((one) => isWorkload(one, look))) {
    const had = entry.row !== null
    entry.row = null
    return { differs: had, ended: entry.members.size === 0, well: false, worthSaving: false }
  }
  if (hasMoved(world, entry, present, then)) {
    const had = entry.row !== null
    Object.assign(entry, { row: null, healthy: null })
    entry.seen.clear()
    return { differs: had, ended: true, well: false, worthSaving: false }
  }
  const there = new Set(present.map(keyOf))
  const whole = [...present, ...then.filter((one) => !there.has(keyOf(one)))]
  const service = describeService(cluster, entry.place, whole, look, catalog)
  // Owner, contact and tier may have been written on a namespace or an Application that is gone now.
  entry.service = {
    ...service,
    owner: service.owner ?? entry.service.owner,
    contact: service.contact ?? entry.service.contact,
    ...(service.tierGuessed && !entry.service.tierGuessed ? { tier: entry.service.tier, tierGuessed: false } : {}),
    members: present.map((one) => one.uid),
  }
  const now = world.now()
  const expected = expectedOf(world, entry)
  const judged = judge({
    service: entry.service,
    earlier: then,
    present,
    look,
    instances: argocd.instances(),
    managedElsewhere: argocd.elsewhere(),
    hubs: argocd.hubs(),
    applicationsUnread: look.freshness('Application', ARGO) === 'forbidden',
    stale: staleOf(look, entry),
    before: entry.before,
    progressingSince: (uid) => progressing.get(uid) ?? null,
    probe: world.probe(entry.service.id) ?? null,
    served: (service) => world.served.has(service.uid),
    now: new Date(now).toISOString(),
    expected,
  })
  if (!judged.impacts.includes('unknown'))
    world.kept.judged(service.id, judged.impacts[0] === 'removed' && expected.accepted === null ? expected.ended() : null)
  const { well, differs } = settle(entry, judged.impacts, present, now)
  entry.removedAt = entry.removedAt === null ? null : (world.kept.sinceOf(service.id) ?? entry.removedAt)
  // What comes and goes by itself is nothing to miss after a restart.
  const worthSaving = differs && !present.every((one) => !isWorkload(one, look) || world.planned.ephemeral(one) !== null)
  const changed = entry.row === null || entry.row.impacts.join() !== judged.impacts.join()
  if (changed) entry.since = judged.impacts[0] === 'healthy' && entry.row === null ? null : (judged.since ?? new Date(now).toISOString())
  const row = rowOf(entry.service, judged, entry.since, hubOf(world, entry.service.application, present, entry.row?.hub))
  const moved = JSON.stringify(row) !== JSON.stringify(entry.row)
  entry.row = row
  return { differs: moved, ended: false, well, worthSaving }
}

/** Every workload that it was made of stands, as part of other services: its Application was renamed, or its name is said otherwise now. */
function hasMoved(world: JudgeWorld, entry: Entry, present: readonly SlimRecord[], then: readonly SlimRecord[]): boolean {
  if (present.some((one) => isWorkload(one, world.look))) return false
  return then.every((one) => {
    const now = world.serviceOf(one.uid)
    return !isWorkload(one) || (now !== undefined && now !== entry.service.id)
  })
}

/** A judged service as screens get it; `since` stands in where no evidence has its own time. */
export function rowOf(service: Service, judged: Judgement, since: string | null, more: { readonly hub?: string } = {}): ServiceRow {
  const { id, cluster, name, namespace, owner, tier, tierGuessed, contact, application } = service
  return {
    id,
    cluster,
    name,
    namespace,
    owner,
    tier,
    tierGuessed,
    contact,
    impact: judged.impacts[0] ?? 'unknown',
    impacts: [...judged.impacts],
    since: judged.since ?? since,
    application,
    ...more,
    evidence: judged.evidence.map((one) => ({ ...one, since: one.since ?? since })),
  }
}

/** `ended` tells the proper way in which the objects went that it was asked about. */
function expectedOf(
  { look, planned, removals, kept, accepted }: JudgeWorld,
  { service, members }: Entry,
): Expected & { ended(): string | null } {
  let ended: string | null = null
  const properly = (record: SlimRecord) => {
    // What customers feel most ends by a person's word only.
    const why = service.tier < 2 ? null : (removals.because(record) ?? kept.reasonOf(service.id))
    ended ??= why
    return why
  }
  return {
    ephemeral: planned.ephemeral,
    removal: (record) => planned.removal(record) ?? properly(record),
    scale: (record) => scaledDown(look, record),
    during: planned.during,
    accepted: [...members.values()].some((one) => isWorkload(one, look)) ? null : (accepted.get(service.id) ?? null),
    ended: () => ended,
  }
}

function staleOf(look: Inventory, entry: Entry): string | null {
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

/** The cluster of the Application that tracks these, when it is not this one; once it is lost, the one that it was on. */
function hubOf(
  { look, argocd }: JudgeWorld,
  application: string | null,
  present: readonly SlimRecord[],
  before: string | undefined,
): { hub?: string } {
  const hubs = argocd.hubs()
  const tracked = hubs.length > 0 ? present.find((one) => one.tracking && one.tracking.app === application) : undefined
  const found = tracked && !applicationOf(look, tracked) ? onHub(tracked, hubs) : null
  if (found) return { hub: found.hub.cluster }
  return tracked && before !== undefined && hubs.some((hub) => hub.cluster === before) ? { hub: before } : {}
}
