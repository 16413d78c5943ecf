import { groupOf } from '../argocd/rules.ts'
import type { Look } from '../argocd/schema.ts'
import type { ObjectRef, SlimRecord } from '../cluster/schema.ts'
import { hasUid } from '../inventory/rules.ts'
import type { Evidence } from './schema.ts'

export function refOf(record: SlimRecord): ObjectRef {
  return { apiVersion: record.apiVersion, kind: record.kind, namespace: record.namespace, name: record.name, uid: record.uid }
}

/** What became of an object of then: the same, another of that name, or none. */
export function fateOf(look: Look, was: SlimRecord): { readonly fate: 'kept' | 'recreated' | 'gone'; readonly now: SlimRecord | null } {
  const same = look.get(was.uid)
  if (same) return { fate: 'kept', now: same }
  const namesake = look.find(was.kind, was.namespace, was.name, groupOf(was.apiVersion))
  if (!namesake) return { fate: 'gone', now: null }
  return { fate: hasUid(was) ? 'recreated' : 'kept', now: namesake }
}

export function evidence(record: SlimRecord, was: string, is: string, since: string | null, source = 'live store'): Evidence {
  return { object: refOf(record), was, is, since, source }
}

/** A short reading of an object's state for evidence. */
export function readState(record: SlimRecord): string {
  if (record.facts.is === 'workload' && !hasUid(record) && record.facts.desired === 0) return 'named by its Application'
  if (record.facts.is === 'workload') return `${record.facts.ready}/${record.facts.desired} ready`
  if (record.facts.is === 'claim' || record.facts.is === 'volume') return record.facts.phase
  if (record.facts.is === 'cronjob') return record.facts.suspended ? 'suspended' : 'scheduled'
  return record.health?.status ?? 'present'
}
