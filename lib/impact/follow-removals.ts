import { ARGO, groupOf, isApplication } from '../argocd/rules.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import type { Delta, Inventory } from '../inventory/port.ts'
import { isWorkload } from '../services/rules.ts'
import { isAlone, type Leaving, wasPruned } from './prove-removal.ts'

export type RemovalWatch = {
  /** Which proper way an object went: its own Application's sync removed it, or that Application was deleted, alone. Null when neither is known. */
  because(record: SlimRecord): string | null
  /** True once after something came to light that may change an answer already given. */
  turned(): boolean
  stop(): void
}

export type RemovalWatchOptions = {
  readonly inventory: Inventory
  /** Why a removal was expected anyway: such ones make no mass deletion. */
  readonly expected: (record: SlimRecord) => string | null
  readonly departedAt: (record: SlimRecord) => number | null
}

const MOST = 20_000

/** Follows what Applications remove by their own syncs and which Applications are deleted: the proper ways in which a service ends. */
export function followRemovals({ inventory: look, expected, departedAt }: RemovalWatchOptions): RemovalWatch {
  /** The last operation of an Application that pruned something, and what its resources say must be pruned, by tracking name. */
  const syncs = new Map<string, SlimRecord>()
  const required = new Map<string, ReadonlySet<string>>()
  /** uids of objects that went while their Application was about to prune them. */
  const pruned = new Set<string>()
  const applications = new Map<string, SlimRecord>()
  let gone: Leaving[] = []
  const seen = new Set<string>()
  let moved = false

  function saw(delta: Delta): void {
    const { record } = delta
    if (isApplication(record)) learn(record)
    if (delta.type === 'set' && record.deletingAt === null) return
    const app = record.tracking?.app
    if (delta.type === 'gone' && app && required.get(app)?.has(keyOf(record))) pruned.add(record.uid)
    if (seen.has(record.uid) || !(isApplication(record) || (isWorkload(record) && record.owners.length === 0))) return
    seen.add(record.uid)
    if (isApplication(record)) for (const name of namesOf(record)) applications.set(name, record)
    if (expected(record)) return
    gone.push({ record, at: departedAt(record) ?? 0 })
    moved = true
    if (gone.length > MOST) gone = gone.slice(-MOST / 2)
  }

  function learn(application: SlimRecord): void {
    if (application.facts.is !== 'application') return
    const { operation, resources } = application.facts
    const rows = new Set(resources.filter((one) => one.requiresPruning && !one.hook).map(keyOfRow))
    for (const name of namesOf(application)) {
      if (rows.size > 0) required.set(name, rows)
      else required.delete(name)
      if (!operation?.results.some((one) => one.status === 'Pruned')) continue
      if (syncs.get(name)?.facts !== application.facts) moved = true
      syncs.set(name, application)
    }
  }

  /** Whether the deletion of an Application explains that an object is gone: it went before, or is on its way and takes it along. */
  function tookAlong(application: SlimRecord, record: SlimRecord, at: number | null): boolean {
    const live = look.get(application.uid)
    if (live && (!live.deletingAt || look.get(record.uid))) return false
    const since = departedAt(application)
    return at === null || since === null || at >= since - 1_000
  }

  for (const record of look.all()) if (isApplication(record)) learn(record)
  const stop = look.subscribe((deltas) => {
    for (const delta of deltas) saw(delta)
  })
  return {
    because(record) {
      const app = record.tracking?.app
      if (app === undefined) return null
      const at = departedAt(record)
      if (at === null && look.get(record.uid)) return null
      const burst = () => !isAlone(record, gone, at, look.list('Application', ARGO).length, workloads(look))
      const sync = syncs.get(app)
      if (pruned.has(record.uid) || (sync && wasPruned(sync, record, at)))
        return burst() ? null : `removed by a sync of its own Application ${app}`
      const application = applications.get(app)
      if (!application || !tookAlong(application, record, at)) return null
      const set = application.owners.find((owner) => owner.kind === 'ApplicationSet')
      const parent = set ? look.get(set.uid) : undefined
      if (set && (!parent || parent.deletingAt)) return null
      return burst() || !isAlone(application, gone, departedAt(application), look.list('Application', ARGO).length, workloads(look))
        ? null
        : `its Application ${app} was deleted, and only that one`
    },
    turned() {
      const was = moved
      moved = false
      return was
    },
    stop,
  }
}

function namesOf(application: SlimRecord): readonly string[] {
  return [application.name, `${application.namespace}_${application.name}`]
}

function workloads(look: Inventory): number {
  return ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob'].reduce((sum, kind) => sum + look.list(kind).length, 0)
}

function keyOf(record: SlimRecord): string {
  return `${groupOf(record.apiVersion)}/${record.kind}/${record.namespace}/${record.name}`
}

function keyOfRow(row: { readonly group: string; readonly kind: string; readonly namespace: string; readonly name: string }): string {
  return `${row.group}/${row.kind}/${row.namespace}/${row.name}`
}
