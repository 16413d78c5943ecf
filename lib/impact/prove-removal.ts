import { ARGO, groupOf, isApplication } from '../argocd/rules.ts'
import type { Look } from '../argocd/schema.ts'
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

/** How much went within five minutes of a moment, and how much there was. */
export type Near = {
  readonly applications: number
  readonly ofApplications: number
  readonly workloads: number
  readonly ofWorkloads: number
  readonly owners: number
}

export function nearTo(at: number, gone: Iterable<Leaving>, look: Pick<Look, 'list'>): Near {
  const owners = new Set<string>()
  let applications = 0
  let workloads = 0
  for (const one of gone) {
    if (Math.abs(one.at - at) > 5 * MINUTE) continue
    if (isApplication(one.record)) applications++
    else {
      workloads++
      owners.add(one.record.tracking?.app ?? one.record.namespace)
    }
  }
  const there = ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob'].reduce((sum, kind) => sum + look.list(kind).length, 0)
  return {
    applications,
    ofApplications: look.list('Application', ARGO).length + applications,
    workloads,
    ofWorkloads: there + workloads,
    owners: owners.size,
  }
}

/** Whether what went around a moment is a mass deletion, by the same measure as its signal; an Application's end is measured by Applications alone. */
export function isCrowd(near: Near, ofApplication: boolean): boolean {
  if (near.applications >= threshold(near.ofApplications)) return true
  return !ofApplication && near.owners >= 2 && near.workloads >= threshold(near.ofWorkloads)
}
