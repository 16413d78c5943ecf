import { groupOf, isApplication } from '../argocd/rules.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import type { Delta, Inventory } from '../inventory/port.ts'
import { isWorkload } from '../services/rules.ts'
import { isCrowd, type Leaving, type Near, nearTo, wasPruned } from './prove-removal.ts'

export type RemovalWatch = {
  /** Which proper way an object went: its own Application's sync removed it, or that Application was deleted, alone. Null when neither is known. */
  because(record: SlimRecord): string | null
  /** What came to light since the last time: Applications of which something is known anew, or that many go at once. */
  turned(): { readonly everything: boolean; readonly applications: ReadonlySet<string> }
  stop(): void
}

export type RemovalWatchOptions = {
  readonly inventory: Inventory
  /** Why a removal was expected anyway: such ones make no mass deletion. */
  readonly expected: (record: SlimRecord) => string | null
  readonly departedAt: (record: SlimRecord) => number | null
}

/** So much of a sort is remembered; the oldest is forgotten. */
const MOST = 20_000

/** Follows what Applications remove by their own syncs and which Applications are deleted: the proper ways in which a service ends. */
export function followRemovals({ inventory: look, expected, departedAt }: RemovalWatchOptions): RemovalWatch {
  /** The newest word of Applications whose last operation pruned something, and what their resources say must be pruned, by tracking name. */
  const syncs = new Map<string, SlimRecord>()
  const required = new Map<string, ReadonlySet<string>>()
  /** uids of objects that went while their Application was about to prune them. */
  const pruned = new Set<string>()
  const applications = new Map<string, SlimRecord>()
  const gone = new Map<string, Leaving>()
  const near = new Map<number, Near>()
  let learned = new Set<string>()
  let newest = 0
  let crowded = false

  function saw(delta: Delta): void {
    const { record } = delta
    if (isApplication(record)) learn(record)
    if (delta.type === 'set' && record.deletingAt === null) return
    const app = record.tracking?.app
    if (delta.type === 'gone' && app && required.get(app)?.has(keyOf(record))) forgetOldest(pruned.add(record.uid))
    if (isApplication(record)) for (const name of namesOf(record)) forgetOldest(applications.set(name, record))
    const weighs = isApplication(record) || (isWorkload(record) && record.owners.length === 0)
    if (!weighs || gone.has(record.uid) || expected(record)) return
    const at = departedAt(record) ?? 0
    forgetOldest(gone.set(record.uid, { record, at }))
    newest = Math.max(newest, at)
    near.clear()
  }

  function learn(application: SlimRecord): void {
    if (application.facts.is !== 'application') return
    const { operation, resources } = application.facts
    const rows = new Set(resources.filter((one) => one.requiresPruning && !one.hook).map(keyOf))
    const told = operation?.results.some((one) => one.status === 'Pruned') ?? false
    for (const name of namesOf(application)) {
      if (rows.size > 0) required.set(name, rows)
      else required.delete(name)
      if (told && startOf(syncs.get(name)) !== operation?.startedAt) learned.add(name)
      if (told) syncs.set(name, application)
      else syncs.delete(name)
    }
  }

  /** How many went around a moment; asked for the same second again and again while many go. */
  function around(at: number): Near {
    const second = Math.round(at / 1_000)
    const known = near.get(second)
    if (known) return known
    const found = nearTo(second * 1_000, gone.values(), look)
    near.set(second, found)
    return found
  }

  const inCrowd = (record: SlimRecord, at: number | null) => at !== null && isCrowd(around(at), isApplication(record))

  /** Whether the deletion of an Application explains that an object is gone: it went before, or is on its way and takes it along. */
  function tookAlong(application: SlimRecord, record: SlimRecord, at: number | null): boolean {
    const live = look.get(application.uid)
    if (live && (!live.deletingAt || look.get(record.uid))) return false
    const since = departedAt(application)
    return at === null || since === null || at >= since - 1_000
  }

  function because(record: SlimRecord): string | null {
    const app = record.tracking?.app
    const at = departedAt(record)
    if (app === undefined || (at === null && look.get(record.uid)) || inCrowd(record, at)) return null
    const sync = syncs.get(app)
    if (pruned.has(record.uid) || (sync && wasPruned(sync, record, at))) return `removed by a sync of its own Application ${app}`
    const application = applications.get(app)
    if (!application || !tookAlong(application, record, at) || inCrowd(application, departedAt(application))) return null
    const set = application.owners.find((owner) => owner.kind === 'ApplicationSet')
    const parent = set ? look.get(set.uid) : undefined
    return set && (!parent || parent.deletingAt) ? null : `its Application ${app} was deleted, and only that one`
  }

  for (const record of look.all()) if (isApplication(record)) learn(record)
  const stop = look.subscribe((deltas) => {
    for (const delta of deltas) saw(delta)
  })
  return {
    because,
    turned() {
      const was = crowded
      crowded = gone.size > 0 && (isCrowd(around(newest), true) || isCrowd(around(newest), false))
      const turned = { everything: crowded && !was, applications: learned }
      learned = new Set()
      return turned
    },
    stop,
  }
}

function forgetOldest(held: Set<string> | Map<string, unknown>): void {
  for (const key of held.keys()) {
    if (held.size <= MOST) break
    held.delete(key)
  }
}

function startOf(application: SlimRecord | undefined): string | null | undefined {
  return application?.facts.is === 'application' ? application.facts.operation?.startedAt : undefined
}

function namesOf(application: SlimRecord): readonly string[] {
  return [application.name, `${application.namespace}_${application.name}`]
}

type Named = { readonly kind: string; readonly namespace: string; readonly name: string }

function keyOf(one: Named & ({ readonly apiVersion: string } | { readonly group: string })): string {
  return `${'group' in one ? one.group : groupOf(one.apiVersion)}/${one.kind}/${one.namespace}/${one.name}`
}
