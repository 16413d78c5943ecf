import { groupOf, isApplication } from '../argocd/rules.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import { MINUTE, threshold } from './signal-scene.ts'

/** An object that began to go without anybody having said so; `at` in ms of the cluster's time. */
export type Leaving = { readonly record: SlimRecord; readonly at: number }

/** A removal by its own Application's sync lies within the sync, or a little around it: two clocks tell of it. */
const AROUND_MS = MINUTE

/** Whether the last sync of an Application says that it pruned this object, at the time when it went. `at` null: nobody saw it go. */
export function wasPruned(application: SlimRecord, record: SlimRecord, at: number | null): boolean {
  const operation = application.facts.is === 'application' ? application.facts.operation : null
  const row = operation?.results.some(
    (one) =>
      one.status === 'Pruned' &&
      one.kind === record.kind &&
      one.namespace === record.namespace &&
      one.name === record.name &&
      one.group === groupOf(record.apiVersion),
  )
  if (!operation || !row) return false
  if (at === null) return true
  const from = operation.startedAt ? Date.parse(operation.startedAt) - AROUND_MS : at
  const to = operation.finishedAt ? Date.parse(operation.finishedAt) + AROUND_MS : at
  return at >= from && at <= to
}

/**
 * Whether an object went alone, and not in a mass deletion: fewer than its share of Applications, or of workloads of
 * two owners and more, went within five minutes of it.
 */
export function isAlone(record: SlimRecord, gone: readonly Leaving[], at: number | null, applications: number, workloads: number): boolean {
  if (at === null) return true
  const near = gone.filter((one) => Math.abs(one.at - at) <= 5 * MINUTE)
  const apps = near.filter((one) => isApplication(one.record))
  if (apps.length >= threshold(applications + apps.length)) return false
  if (isApplication(record)) return true
  const others = near.filter((one) => !isApplication(one.record))
  const owners = new Set(others.map((one) => one.record.tracking?.app ?? one.record.namespace))
  return others.length < threshold(workloads + others.length) || owners.size < 2
}
