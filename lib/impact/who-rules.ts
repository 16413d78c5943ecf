import { groupOf, isApplication } from '../argocd/rules.ts'
import type { ObjectRef, SlimRecord } from '../cluster/schema.ts'
import type { AuditLine, RecordedChange, RecordedEvent } from '../inventory/port.ts'

/** Who did a change, with what says so. */
export type Who = { readonly by: string; readonly proof: string }

/** What may tell who did a change. */
export type Testimony = {
  /** Recorded Applications, each with the operation it showed then. */
  readonly applications: readonly SlimRecord[]
  readonly events: readonly RecordedEvent[]
  readonly audit: readonly AuditLine[]
}

/** Server times have whole seconds, and an event is written a moment after the deed. */
const NEAR_MS = 5_000

/** Whose deed a change was: by the API server's own audit, a sync result, an event, or managed fields; null is "not recorded". */
export function whoDid(change: RecordedChange, testimony: Testimony): Who | null {
  return (
    audited(change, testimony.audit) ??
    pruned(change, testimony.applications) ??
    synced(change) ??
    evented(change, testimony.events) ??
    written(change)
  )
}

function isEnd(change: RecordedChange): boolean {
  return change.what === 'deletion-started' || change.what === 'gone'
}

/** When the deed may have been done at the earliest: a gone object may have been marked long before. */
function begun(change: RecordedChange): number {
  return Date.parse((isEnd(change) && change.record.deletingAt) || change.at)
}

const DELETES = new Set(['delete', 'deletecollection'])
const VERBS: Readonly<Record<RecordedChange['what'], ReadonlySet<string>>> = {
  created: new Set(['create', 'update', 'patch']),
  changed: new Set(['update', 'patch']),
  'deletion-started': DELETES,
  gone: DELETES,
}

function audited(change: RecordedChange, lines: readonly AuditLine[]): Who | null {
  const line = nearest(change.record, begun(change), VERBS[change.what], lines)
  return line ? { by: line.user, proof: auditProof(line) } : null
}

/** Who deleted an object at about `at` (ms since the epoch), as the API server's audit tells. */
export function deletedBy(ref: ObjectRef, at: number, lines: readonly AuditLine[]): Who | null {
  const line = nearest(ref, at, DELETES, lines)
  return line ? { by: line.user, proof: auditProof(line) } : null
}

function nearest(ref: ObjectRef, at: number, verbs: ReadonlySet<string>, lines: readonly AuditLine[]): AuditLine | undefined {
  const far = (line: AuditLine) => Math.abs(Date.parse(line.at) - at)
  return lines
    .filter(
      (line) =>
        verbs.has(line.verb) &&
        line.group === groupOf(ref.apiVersion) &&
        isPluralOf(line.resource, ref.kind) &&
        line.namespace === ref.namespace &&
        (line.verb === 'deletecollection' || line.name === ref.name) &&
        (line.uid === '' || ref.uid === undefined || line.uid === ref.uid) &&
        far(line) <= NEAR_MS,
    )
    .sort((a, b) => far(a) - far(b))[0]
}

function auditProof(line: AuditLine): string {
  const as = line.impersonated ? ` as ${line.impersonated}` : ''
  const what = [line.resource, [line.namespace, line.name].filter(Boolean).join('/')].filter(Boolean).join(' ')
  return `audit of the API server, ${line.at}: ${line.account}${as} ${line.verb} ${what}${line.agent ? ` (${line.agent})` : ''}`
}

/** The plural as the API names it; irregular ones are those of no kind that is recorded. */
function isPluralOf(resource: string, kind: string): boolean {
  const lower = kind.toLowerCase()
  return resource === lower || resource === `${lower}s` || resource === `${lower}es` || resource === `${lower.replace(/y$/, '')}ies`
}

function pruned(change: RecordedChange, applications: readonly SlimRecord[]): Who | null {
  if (!isEnd(change)) return null
  const { record } = change
  const at = begun(change)
  for (const { name, facts } of applications) {
    const operation = facts.is === 'application' ? facts.operation : null
    if (!operation?.startedAt || Date.parse(operation.startedAt) > at + 1_500) continue
    if (operation.finishedAt !== null && Date.parse(operation.finishedAt) < at - 60_000) continue
    const row = operation.results.find(
      (one) =>
        /pruned/i.test(one.status) &&
        one.kind === record.kind &&
        one.name === record.name &&
        one.group === groupOf(record.apiVersion) &&
        (record.namespace === '' || one.namespace === record.namespace),
    )
    if (row)
      return {
        by: `sync of ${name} to ${operation.revision.slice(0, 7)}`,
        proof: `sync result of the operation started ${operation.startedAt}: ${record.kind} ${record.name} ${row.status}`,
      }
  }
  return null
}

function synced({ record, was }: RecordedChange): Who | null {
  if (record.facts.is !== 'application' || !record.facts.operation) return null
  const before = was?.facts.is === 'application' ? was.facts.operation : null
  const { operation } = record.facts
  if (operation.startedAt === before?.startedAt && operation.finishedAt === before?.finishedAt) return null
  const by = operation.by || (operation.automated ? 'Argo CD' : '')
  return by === '' ? null : { by, proof: `operation of the Application started ${operation.startedAt ?? '?'}, as its status says` }
}

const TOLD = { created: 'created', changed: 'updated', 'deletion-started': 'deleted', gone: 'deleted' } as const

function evented(change: RecordedChange, events: readonly RecordedEvent[]): Who | null {
  const { record } = change
  if (!isApplication(record)) return null
  for (const event of events) {
    if (Math.abs(Date.parse(event.at) - begun(change)) > NEAR_MS) continue
    const proof = `event ${event.reason} of ${event.source || event.object.kind}: ${event.message}`
    // The ApplicationSet controller names the Application in the message of an event about the set.
    if (event.object.kind === 'ApplicationSet' && event.message.toLowerCase() === `${TOLD[change.what]} application "${record.name}"`)
      return { by: `ApplicationSet ${event.object.name}`, proof }
    // argocd-server begins its messages with who asked.
    const [, who] = /^(\S+) (?:deleted|created|updated) application/i.exec(event.message) ?? []
    const about = event.object.uid === record.uid || (event.object.kind === 'Application' && event.object.name === record.name)
    if (who && about && /^Resource(Deleted|Created|Updated)$/.test(event.reason) && event.message.toLowerCase().includes(TOLD[change.what]))
      return { by: who, proof }
  }
  return null
}

/** Managed fields tell who wrote last; a deletion leaves none. */
function written(change: RecordedChange): Who | null {
  if (isEnd(change) || !change.by) return null
  return { by: change.by, proof: `managed fields: ${change.by} wrote it last` }
}
