import { z } from 'zod'
import type { Permit } from '../auth/schema.ts'
import { clusterNow } from '../cluster/rules.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import type { Db } from '../db/client.ts'
import type { History, RecordedChange } from '../inventory/port.ts'
import { ok, type Result } from '../kernel/result.ts'
import { type ImpactContext, type NotFound, noCluster } from './list-services.ts'
import { recordingSince } from './store-read.ts'
import type { ChangeRow, ChangesView } from './view.ts'
import { type Testimony, whoDid } from './who-rules.ts'

export const ListChanges = z.object({
  cluster: z.string(),
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
  namespace: z.string().optional(),
  actor: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(2000).default(200),
  cursor: z.string().optional(),
})
export type ListChanges = z.input<typeof ListChanges>

/** Recorded changes, newest first. Who did it is what something recorded proves, else not recorded. */
export async function listChanges(
  ctx: ImpactContext & { readonly db: Pick<Db, 'pool'> },
  _permit: Permit<'cluster.read'>,
  input: ListChanges,
): Promise<Result<ChangesView, NotFound>> {
  const watched = ctx.clusters.get(input.cluster)
  if (!watched) return noCluster(input.cluster)
  const { history, inventory } = watched
  const { limit } = ListChanges.parse(input)
  const to = new Date(input.to ?? clusterNow(watched.clock) + 3_600_000)
  const from = new Date(input.from ?? to.getTime() - 24 * 3_600_000)
  const facts = inventory.facts()
  const [since, testimony, gaps] = await Promise.all([
    recordingSince(ctx.db, input.cluster, facts.incarnation),
    testify(history, from, to),
    history.gaps(from, to),
  ])
  const only = {
    newestFirst: true,
    ...(since ? { madeAfter: new Date(since) } : {}),
    ...(input.namespace ? { namespace: input.namespace } : {}),
  }
  const fits = (row: ChangeRow) => !input.actor || isBy(row, input.actor)
  const rows: Placed[] = []
  let behind = PLACE.test(input.cursor ?? '') ? input.cursor : undefined
  do {
    const changes = await history.changes(from, to, MOST_PER_LOOK, { ...only, ...(behind ? { behind } : {}) })
    const told = changes.map((change): Placed => ({ row: tellChange(input.cluster, change, testimony), place: change.place ?? null }))
    rows.push(...told.filter(({ row }) => fits(row)))
    behind = changes.length < MOST_PER_LOOK ? undefined : changes.at(-1)?.place
  } while (behind !== undefined && rows.length <= limit)
  const page = rows.slice(0, limit)
  return ok({
    cluster: input.cluster,
    observedAt: facts.observedAt,
    freshness: facts.freshness,
    items: page.map(({ row }) => row),
    next: rows.length > limit ? (page.at(-1)?.place ?? null) : null,
    gaps: [...gaps],
  })
}

type Placed = { readonly row: ChangeRow; readonly place: string | null }
const PLACE = /^[0-9T:.Z-]+_[0-9T:.Z-]+_\d+$/
/** Read at once; more than a page, since an actor's changes may be far apart. */
const MOST_PER_LOOK = 2_001

/** What may tell who did the changes of this stretch: operations may have begun before it, events come a moment after. */
export async function testify(history: History, from: Date, to: Date): Promise<Testimony> {
  const early = new Date(from.getTime() - 10 * 60_000)
  const late = new Date(to.getTime() + 60_000)
  const [applications, events, audit] = await Promise.all([
    history.changes(early, late, 5_000, { newestFirst: true, kind: 'Application' }),
    history.events(early, late, 5_000),
    history.audit(early, late, 20_000),
  ])
  return { applications: applications.map((one) => one.record), events, audit }
}

/** An actor is asked for by name, or by a part of it such as the Application of a sync. */
function isBy(row: ChangeRow, actor: string): boolean {
  return row.by?.toLowerCase().includes(actor.toLowerCase()) === true
}

const WORDS = { created: 'created', changed: 'changed', 'deletion-started': 'deletion started', gone: 'deleted' } as const

/** Changes in words, newest first. What was there when recording began did not come then. */
export function tellChanges(
  cluster: string,
  changes: readonly RecordedChange[],
  recordedSince: string | null,
  testimony: Testimony = { applications: changes.map((one) => one.record), events: [], audit: [] },
): readonly ChangeRow[] {
  return changes
    .filter((change) => !(change.what === 'created' && recordedSince !== null && isBefore(change.record.createdAt, recordedSince)))
    .map((change) => tellChange(cluster, change, testimony))
    .sort((a, b) => b.at.localeCompare(a.at))
}

export function tellChange(cluster: string, change: RecordedChange, testimony: Testimony): ChangeRow {
  const { record } = change
  const who = whoDid(change, testimony)
  return {
    at: change.at,
    observedAt: change.observedAt,
    what: wordFor(change),
    object: `${record.kind} ${record.namespace ? `${record.namespace}/` : ''}${record.name}`,
    kind: record.kind,
    namespace: record.namespace,
    name: record.name,
    uid: record.uid,
    by: who?.by ?? null,
    proof: who?.proof ?? null,
    after: change.after ?? null,
    cluster,
  }
}

function isBefore(at: string, moment: string): boolean {
  return Date.parse(at) <= Date.parse(moment)
}

function wordFor(change: RecordedChange): string {
  const { record, was } = change
  if (change.what !== 'changed') return WORDS[change.what]
  if (record.facts.is !== 'application') return difference(record, was) ?? WORDS.changed
  const before = was?.facts.is === 'application' ? was.facts.operation : null
  const { operation } = record.facts
  if (operation?.finishedAt && operation.finishedAt !== before?.finishedAt)
    return `synced to ${operation.revision.slice(0, 7)}: ${operation.phase}`
  return difference(record, was) ?? WORDS.changed
}

/** What a reader wants to know of a change, in a few words; null where only details moved. */
function difference(record: SlimRecord, was: SlimRecord | null): string | null {
  if (!was) return null
  if (record.facts.is === 'workload' && was.facts.is === 'workload') {
    if (record.facts.desired !== was.facts.desired) return `scaled ${was.facts.desired} → ${record.facts.desired}`
    if (record.facts.images.join() !== was.facts.images.join()) return `image ${record.facts.images.join(', ')}`
  }
  if (record.facts.is === 'application' && was.facts.is === 'application' && record.facts.health !== was.facts.health)
    return `health ${was.facts.health || 'unknown'} → ${record.facts.health || 'unknown'}`
  if (record.facts.is === 'application' && was.facts.is === 'application' && record.facts.sync !== was.facts.sync)
    return `${was.facts.sync || 'unknown'} → ${record.facts.sync || 'unknown'}`
  return null
}
