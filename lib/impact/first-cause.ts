import { groupOf, isApplication } from '../argocd/rules.ts'
import type { ObjectRef, Owner, SlimRecord } from '../cluster/schema.ts'
import type { AuditLine, RecordedChange, RecordedEvent } from '../inventory/port.ts'
import { keyOfRef, nameOf, SLACK_MS } from './cause-rules.ts'
import { refOf } from './evidence-rules.ts'
import { justBefore } from './just-before.ts'
import type { Cause } from './schema.ts'
import { deletedBy } from './who-rules.ts'

/** One object that a signal is about, and when it began to go (server time). */
export type Victim = { readonly object: ObjectRef; readonly at: string }

export type CauseInput = {
  readonly victims: readonly Victim[]
  /** Recorded changes around the signal, in any order. */
  readonly changes: readonly RecordedChange[]
  readonly events: readonly RecordedEvent[]
  /** What the API server's audit tells; nothing where nobody sends it. */
  readonly audit?: readonly AuditLine[]
  /** RFC 3339; nothing later than a minute after it is a cause. */
  readonly since: string
}

const MOST = 8

/**
 * What most likely set it off, best first: each victim is followed up (pruned by a sync, owner gone, namespace gone,
 * Application deleted, definition gone) to the first change that nothing recorded explains. `proof` is set only by a
 * sync result that says Pruned, by the API server's audit or by an event; the rest is "just before".
 */
export function firstCauses(input: CauseInput): readonly Cause[] {
  const changes = [...input.changes].sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
  const roots = new Map<string, { cause: Cause; victims: number }>()
  const touched = new Set<string>()
  const victims = new Map(input.victims.map((one) => [one.object.uid ?? keyOfRef(one.object), one]))
  for (const victim of [...victims.values()].slice(0, 200)) {
    const cause = followUp(victim, changes, input, new Set(), touched)
    const known = roots.get(keyOf(cause))
    if (!known) roots.set(keyOf(cause), { cause, victims: 1 })
    else {
      known.victims++
      if (cause.at < known.cause.at) known.cause = cause
    }
  }
  const ordered = [...roots.values()].sort(
    (a, b) =>
      Number(b.cause.proof !== null) - Number(a.cause.proof !== null) ||
      b.victims - a.victims ||
      Date.parse(a.cause.at) - Date.parse(b.cause.at),
  )
  const causes = ordered
    .slice(0, 3)
    .map((one) => (one.victims > 1 ? { ...one.cause, what: `${one.cause.what} (${one.victims} objects)` } : one.cause))
  const from = causes[0] ? Date.parse(causes[0].at) : Date.parse(input.since)
  return [...causes, ...justBefore(changes, from, touched)].slice(0, MOST)
}

/** The instant to compare with: just before the first change of the best candidate; null when there is none. */
export function momentBefore(causes: readonly Cause[]): string | null {
  const first = causes[0]
  return first ? new Date(Date.parse(first.at) - 1).toISOString() : null
}

/** A set takes its Applications one after the other; anything else happens once. */
function keyOf(cause: Cause): string {
  return cause.object?.kind === 'ApplicationSet' ? cause.what : `${cause.at} ${cause.what}`
}

function followUp(
  victim: Victim,
  changes: readonly RecordedChange[],
  told: Pick<CauseInput, 'events' | 'audit'>,
  path: Set<string>,
  touched: Set<string>,
): Cause {
  path.add(keyOfRef(victim.object))
  const pruned = prunedBy(victim, changes) ?? pruningOf(victim, changes)
  const parent = pruned ? null : parentOf(victim, changes)
  if (parent && !path.has(keyOfRef(parent.object))) return followUp(parent, changes, told, path, touched)
  touched.add(keyOfRef(victim.object))
  if (pruned) touched.add(keyOfRef(refOf(pruned.application)))
  return pruned ? syncCause(pruned, victim) : (generatorCause(victim, changes, told) ?? deletionCause(victim, told))
}

type Prune = {
  readonly application: SlimRecord
  readonly startedAt: string
  readonly revision: string
  readonly by: string | null
  readonly says: string | null
}

/** The first recorded operation whose result says that it pruned this object; later ones overwrite it on the server. */
function prunedBy(victim: Victim, changes: readonly RecordedChange[]): Prune | null {
  const prunes = changes.flatMap((change) =>
    [change.record, change.was].flatMap((record) => (record ? (pruneIn(record, victim) ?? []) : [])),
  )
  return prunes.sort((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt))[0] ?? null
}

function pruneIn(record: SlimRecord, victim: Victim): Prune | null {
  if (record.facts.is !== 'application' || !record.facts.operation?.startedAt) return null
  const { operation } = record.facts
  const { object } = victim
  const at = Date.parse(victim.at)
  const row = operation.results.find(
    (one) =>
      /pruned/i.test(one.status) &&
      one.kind === object.kind &&
      one.name === object.name &&
      one.group === groupOf(object.apiVersion) &&
      (object.namespace === '' || one.namespace === object.namespace),
  )
  // An operation that ended well before the deletion pruned an earlier object of that name.
  const stale = operation.finishedAt !== null && Date.parse(operation.finishedAt) < at - 60_000
  if (!row || stale || Date.parse(operation.startedAt ?? '') > at + SLACK_MS) return null
  return {
    application: record,
    startedAt: operation.startedAt ?? '',
    revision: operation.revision,
    by: operation.by || (operation.automated ? 'Argo CD, automated sync' : null),
    says: row.message || row.status,
  }
}

/** A sync that was running with this object marked for pruning when it went: its result is not written yet, so this proves nothing. */
function pruningOf(victim: Victim, changes: readonly RecordedChange[]): Prune | null {
  const at = Date.parse(victim.at) + SLACK_MS
  for (const { record } of changes) {
    if (record.facts.is !== 'application' || record.facts.operation?.phase !== 'Running' || !record.facts.operation.startedAt) continue
    const { operation, resources } = record.facts
    const marked = resources.some(
      (one) =>
        one.requiresPruning &&
        !one.hook &&
        one.kind === victim.object.kind &&
        one.name === victim.object.name &&
        one.group === groupOf(victim.object.apiVersion) &&
        one.namespace === victim.object.namespace,
    )
    if (marked && Date.parse(operation.startedAt ?? '') <= at)
      return {
        application: record,
        startedAt: operation.startedAt ?? '',
        revision: operation.revision,
        by: operation.by || (operation.automated ? 'Argo CD, automated sync' : null),
        says: null,
      }
  }
  return null
}

function syncCause(prune: Prune, victim: Victim): Cause {
  const { application, revision } = prune
  return {
    at: new Date(prune.startedAt).toISOString(),
    what: `sync of Application ${application.name} to revision ${revision.slice(0, 7)} ${prune.says === null ? 'was running with' : 'pruned'} ${victim.object.kind} ${nameOf(victim.object)}${prune.says === null ? ' marked for pruning' : ''}`,
    proof:
      prune.says === null
        ? null
        : `sync result of the operation started ${prune.startedAt}: ${victim.object.kind} ${victim.object.name} Pruned (${prune.says})`,
    by: prune.by,
    revision: revision || null,
    object: refOf(application),
  }
}

/** What went first and takes this object along: its owner, its namespace, its Application, its definition. */
function parentOf(victim: Victim, changes: readonly RecordedChange[]): Victim | null {
  const by = Date.parse(victim.at) + SLACK_MS
  const self = changes.findLast((change) => sameObject(change.record, victim.object))?.record
  const owners = new Set(self?.owners.map((owner) => owner.uid) ?? [])
  const application = self?.tracking?.app
  const claim = self?.facts.is === 'volume' ? self.facts.claim : null
  for (const change of changes) {
    const { record } = change
    if (change.what !== 'gone' && !record.deletingAt) continue
    if (Date.parse(record.deletingAt ?? change.at) > by || sameObject(record, victim.object)) continue
    const takes =
      owners.has(record.uid) ||
      (record.kind === 'Namespace' && record.name === victim.object.namespace && victim.object.namespace !== '') ||
      (application !== undefined && isApplication(record) && record.name === application && record.deletingAt !== null) ||
      (claim !== null && record.facts.is === 'claim' && record.uid === claim.uid) ||
      (record.facts.is === 'crd' && record.facts.kind === victim.object.kind && record.facts.group === groupOf(victim.object.apiVersion))
    if (takes) return { object: refOf(record), at: record.deletingAt ?? change.at }
  }
  return null
}

function sameObject(record: SlimRecord, ref: ObjectRef): boolean {
  return ref.uid ? record.uid === ref.uid : record.kind === ref.kind && record.name === ref.name && record.namespace === ref.namespace
}

/** An Application that its set, which is still there, took away: git, a list or a cluster behind its generator no longer names it. */
function generatorCause(
  victim: Victim,
  changes: readonly RecordedChange[],
  { events, audit = [] }: Pick<CauseInput, 'events' | 'audit'>,
): Cause | null {
  const self = changes.findLast((change) => sameObject(change.record, victim.object))?.record
  const set = self && isApplication(self) ? self.owners.find((one: Owner) => one.kind === 'ApplicationSet') : undefined
  const by = deletedBy(victim.object, Date.parse(victim.at), audit)?.by ?? GENERATOR
  if (!self || !set || !by.includes(GENERATOR)) return null
  const event = events.find((one) => one.object.kind === 'ApplicationSet' && one.object.name === set.name && tellsDeletion(one, victim))
  return {
    at: new Date(victim.at).toISOString(),
    what: event
      ? `ApplicationSet ${set.name} deleted what it no longer generates`
      : `Applications of ApplicationSet ${set.name} were deleted`,
    proof: event ? `event ${event.reason} from ${event.source || 'the server'}: ${event.message}` : null,
    by: null,
    revision: null,
    object: { apiVersion: set.apiVersion, kind: set.kind, namespace: self.namespace, name: set.name, uid: set.uid },
  }
}

/** The account of the ApplicationSet controller, as Argo CD's own manifests name it. */
const GENERATOR = 'applicationset-controller'

/** An event of that minute that speaks of this deletion. */
function tellsDeletion(event: RecordedEvent, victim: Victim): boolean {
  return (
    /^(Deleted|ResourceDeleted|OperationStarted)$/.test(event.reason) &&
    /delet/i.test(`${event.reason} ${event.message}`) &&
    Math.abs(Date.parse(event.at) - Date.parse(victim.at)) < 60_000 &&
    (event.object.uid === victim.object.uid || event.message.includes(`"${victim.object.name}"`))
  )
}

/** Nothing recorded explains this deletion: it is itself the first change, with the API server's audit or an event as proof if one names it. */
function deletionCause(victim: Victim, { events, audit = [] }: Pick<CauseInput, 'events' | 'audit'>): Cause {
  const { object } = victim
  const who = deletedBy(object, Date.parse(victim.at), audit)
  const event = events.find((one) => tellsDeletion(one, victim))
  return {
    at: new Date(victim.at).toISOString(),
    what: `${object.kind} ${nameOf(object)} was deleted`,
    proof: who?.proof ?? (event ? `event ${event.reason} from ${event.source || 'the server'}: ${event.message}` : null),
    by: who?.by ?? null,
    revision: null,
    object,
  }
}
