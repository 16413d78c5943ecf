import { ARGO, groupOf, isApplication, roleOf } from '../argocd/rules.ts'
import type { ObjectRef, SlimRecord } from '../cluster/schema.ts'
import type { RecordedChange, RecordedEvent } from '../inventory/port.ts'
import { refOf } from './rules.ts'
import type { Cause } from './schema.ts'

/** One object that a signal is about, and when it began to go (server time). */
export type Victim = { readonly object: ObjectRef; readonly at: string }

export type CauseInput = {
  readonly victims: readonly Victim[]
  /** Recorded changes around the signal, in any order. */
  readonly changes: readonly RecordedChange[]
  readonly events: readonly RecordedEvent[]
  /** RFC 3339; nothing later than a minute after it is a cause. */
  readonly since: string
}

const BEFORE_MS = 30 * 60_000
/** Server times have whole seconds, so "before" must allow for one. */
const SLACK_MS = 1_500
const MOST = 8

/**
 * What most likely set it off, best first: each victim is followed up (pruned by a sync, owner gone, namespace gone,
 * Application deleted, definition gone) to the first change that nothing recorded explains. `proof` is set only by a
 * sync result that says Pruned or by an event; the rest is "just before".
 */
export function firstCauses(input: CauseInput): readonly Cause[] {
  const changes = [...input.changes].sort((a, b) => timeOf(a) - timeOf(b))
  const roots = new Map<string, { cause: Cause; victims: number }>()
  const touched = new Set<string>()
  const victims = new Map(input.victims.map((one) => [one.object.uid ?? keyOfRef(one.object), one]))
  for (const victim of [...victims.values()].slice(0, 200)) {
    const cause = followUp(victim, changes, input.events, new Set(), touched)
    const known = roots.get(keyOf(cause))
    if (known) known.victims++
    else roots.set(keyOf(cause), { cause, victims: 1 })
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

/** Changes know their server time for creations and deletions only; else when we saw them. */
function timeOf(change: RecordedChange): number {
  return Date.parse(change.at)
}

function keyOf(cause: Cause): string {
  return `${cause.at} ${cause.what}`
}

function followUp(
  victim: Victim,
  changes: readonly RecordedChange[],
  events: readonly RecordedEvent[],
  path: Set<string>,
  touched: Set<string>,
): Cause {
  path.add(keyOfRef(victim.object))
  const pruned = prunedBy(victim, changes) ?? pruningOf(victim, changes)
  const parent = pruned ? null : parentOf(victim, changes)
  if (parent && !path.has(keyOfRef(parent.object))) return followUp(parent, changes, events, path, touched)
  touched.add(keyOfRef(victim.object))
  if (pruned) touched.add(keyOfRef(refOf(pruned.application)))
  return pruned ? syncCause(pruned, victim) : deletionCause(victim, events)
}

function keyOfRef(ref: ObjectRef): string {
  return `${groupOf(ref.apiVersion)}/${ref.kind}/${ref.namespace}/${ref.name}`
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

function nameOf(ref: ObjectRef): string {
  return ref.namespace ? `${ref.namespace}/${ref.name}` : ref.name
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

/** Nothing recorded explains this deletion: it is itself the first change, with an event as proof if one names it. */
function deletionCause(victim: Victim, events: readonly RecordedEvent[]): Cause {
  const { object } = victim
  const at = Date.parse(victim.at)
  const event = events.find(
    (one) =>
      /^(Deleted|ResourceDeleted|OperationStarted)$/.test(one.reason) &&
      /delet/i.test(`${one.reason} ${one.message}`) &&
      Math.abs(Date.parse(one.at) - at) < 60_000 &&
      (one.object.uid === object.uid || one.message.includes(`"${object.name}"`)),
  )
  return {
    at: new Date(victim.at).toISOString(),
    what: `${object.kind} ${nameOf(object)} was deleted`,
    proof: event ? `event ${event.reason} from ${event.source || 'the server'}: ${event.message}` : null,
    by: null,
    revision: null,
    object,
  }
}

const TELLING = new Set([
  'Namespace',
  'CustomResourceDefinition',
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
  'APIService',
  'ApplicationSet',
  'AppProject',
  'Node',
  'StorageClass',
])

/** Changes worth a look before the first cause, newest first; those that touch what is already named come first. */
function justBefore(changes: readonly RecordedChange[], before: number, touched: ReadonlySet<string>): readonly Cause[] {
  const found: { cause: Cause; near: boolean }[] = []
  const seen = new Set<string>()
  for (const change of changes.toReversed()) {
    const at = timeOf(change)
    if (at >= before - SLACK_MS || at < before - BEFORE_MS) continue
    const near = touched.has(keyOfRef(refOf(change.record)))
    const what = tell(change, near)
    if (!what || seen.has(what)) continue
    seen.add(what)
    found.push({
      near,
      cause: { at: new Date(at).toISOString(), what, proof: null, by: null, revision: revisionOf(change), object: refOf(change.record) },
    })
  }
  return found.sort((a, b) => Number(b.near) - Number(a.near)).map((one) => one.cause)
}

function revisionOf(change: RecordedChange): string | null {
  return change.record.facts.is === 'application' ? change.record.facts.operation?.revision || null : null
}

function tell(change: RecordedChange, near: boolean): string | null {
  const { record, was } = change
  const name = `${record.kind} ${nameOf(refOf(record))}`
  if (record.tracking && was && !was.tracking) return `${name} came under Application ${record.tracking.app}`
  if (near && record.facts.is === 'application') {
    const operation = record.facts.operation
    const before = was?.facts.is === 'application' ? was.facts.operation : null
    if (operation?.finishedAt && operation.finishedAt !== before?.finishedAt)
      return `sync of Application ${record.name} to revision ${operation.revision.slice(0, 7)} ${operation.phase.toLowerCase()}`
    if (change.what === 'created') return `${name} was created`
    return null
  }
  if (change.what === 'created' && roleOf(record) === 'application-controller') return `${name}, an Argo CD controller, was created`
  if (!near && !(TELLING.has(record.kind) || groupOf(record.apiVersion) === ARGO)) return null
  if (change.what === 'created') return `${name} was created`
  if (change.what === 'deletion-started' || change.what === 'gone') return `${name} was deleted`
  return was && record.generation > was.generation && TELLING.has(record.kind) && groupOf(record.apiVersion) !== ARGO
    ? `${name} was changed`
    : null
}

/** What many services that went bad have in common: syncs of their Applications to one revision shortly before. */
export function commonRevision(applications: ReadonlySet<string>, changes: readonly RecordedChange[], since: string): Cause | null {
  const groups = new Map<string, { at: string; names: Set<string>; by: string | null; record: SlimRecord }>()
  for (const { record } of changes) {
    if (record.facts.is !== 'application' || !applications.has(record.name)) continue
    const operation = record.facts.operation
    if (!operation?.startedAt || !operation.revision || Date.parse(operation.startedAt) > Date.parse(since) + 60_000) continue
    const group = groups.get(operation.revision) ?? {
      at: operation.startedAt,
      names: new Set<string>(),
      by: operation.by || (operation.automated ? 'Argo CD, automated sync' : null),
      record,
    }
    group.names.add(record.name)
    if (operation.startedAt < group.at) group.at = operation.startedAt
    groups.set(operation.revision, group)
  }
  const best = [...groups].sort(([, a], [, b]) => b.names.size - a.names.size || b.at.localeCompare(a.at))[0]
  if (!best || best[1].names.size < 2) return null
  const [revision, group] = best
  return {
    at: new Date(group.at).toISOString(),
    what: `sync of ${group.names.size} Applications to revision ${revision.slice(0, 7)}`,
    proof: null,
    by: group.by,
    revision,
    object: refOf(group.record),
  }
}
