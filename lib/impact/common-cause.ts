import type { SlimRecord } from '../cluster/schema.ts'
import type { RecordedChange } from '../inventory/port.ts'
import { refOf } from './evidence-rules.ts'
import type { Cause } from './schema.ts'

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

/** Who scaled workloads to 0, by the field manager that their last change names; a manager is a trace, not a proof. */
export function shutDownBy(changes: readonly RecordedChange[]): readonly Cause[] {
  const groups = new Map<string, { at: string; record: SlimRecord; count: number; by: string | null }>()
  for (const { record, was, at, by } of changes) {
    if (record.facts.is !== 'workload' || record.kind === 'ReplicaSet' || record.facts.desired > 0) continue
    if (was?.facts.is !== 'workload' || was.facts.desired === 0) continue
    const group = groups.get(by ?? '')
    if (!group) groups.set(by ?? '', { at, record, count: 1, by: by ?? null })
    else group.count++
  }
  return [...groups.values()]
    .sort((a, b) => b.count - a.count)
    .slice(0, 3)
    .map((group) => ({
      at: new Date(group.at).toISOString(),
      what: group.count === 1 ? '1 workload was scaled to 0' : `${group.count} workloads were scaled to 0`,
      proof: null,
      by: group.by,
      revision: null,
      object: refOf(group.record),
    }))
}
