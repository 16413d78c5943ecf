import { z } from 'zod'
import type { Permit } from '../auth/schema.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import type { Db } from '../db/client.ts'
import type { RecordedChange } from '../inventory/port.ts'
import { ok, type Result } from '../kernel/result.ts'
import { type ImpactContext, type NotFound, noCluster } from './list-services.ts'
import { recordingSince } from './store-read.ts'
import type { ChangeRow, ChangesView } from './view.ts'

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

/** Recorded changes, newest first. Who did it is what a sync result says, else not recorded. */
export async function listChanges(
  ctx: ImpactContext & { readonly db: Pick<Db, 'pool'> },
  _permit: Permit<'cluster.read'>,
  input: ListChanges,
): Promise<Result<ChangesView, NotFound>> {
  const watched = ctx.clusters.get(input.cluster)
  if (!watched) return noCluster(input.cluster)
  const { limit } = ListChanges.parse(input)
  const to = new Date(input.cursor ?? input.to ?? Date.now() + 3_600_000)
  const from = new Date(input.from ?? to.getTime() - 24 * 3_600_000)
  const changes = await watched.history.changes(from, to, 20_000, {
    newestFirst: true,
    ...(input.namespace ? { namespace: input.namespace } : {}),
  })
  const since = await recordingSince(ctx.db, input.cluster, watched.inventory.facts().incarnation)
  const rows = tellChanges(input.cluster, changes, since).filter((row) => !input.actor || row.by === input.actor)
  const items = rows.slice(0, limit)
  const facts = watched.inventory.facts()
  return ok({
    cluster: input.cluster,
    observedAt: facts.observedAt,
    freshness: facts.freshness,
    items,
    next: rows.length > limit ? (items.at(-1)?.at ?? null) : null,
  })
}

const WORDS = { created: 'created', changed: 'changed', 'deletion-started': 'deletion started', gone: 'deleted' } as const

/** Changes in words, newest first, with the sync that did them where one says so. What was there when recording began did not come then. */
export function tellChanges(cluster: string, changes: readonly RecordedChange[], recordedSince: string | null): readonly ChangeRow[] {
  const pruned = new Map<string, string>()
  for (const { record } of changes) {
    if (record.facts.is !== 'application' || !record.facts.operation) continue
    const { operation } = record.facts
    for (const row of operation.results)
      if (/pruned/i.test(row.status))
        pruned.set(`${row.kind}/${row.namespace}/${row.name}`, `sync of ${record.name} to ${operation.revision.slice(0, 7)}`)
  }
  return changes
    .filter((change) => !(change.what === 'created' && recordedSince !== null && isBefore(change.record.createdAt, recordedSince)))
    .map((change) => {
      const { record } = change
      const gone = change.what === 'deletion-started' || change.what === 'gone'
      const by = gone
        ? (pruned.get(`${record.kind}/${record.namespace}/${record.name}`) ?? null)
        : (syncer(record, change.was) ?? change.by ?? null)
      return {
        at: change.at,
        observedAt: change.observedAt,
        what: wordFor(change),
        object: `${record.kind} ${record.namespace ? `${record.namespace}/` : ''}${record.name}`,
        kind: record.kind,
        namespace: record.namespace,
        name: record.name,
        uid: record.uid,
        by,
        cluster,
      }
    })
    .sort((a, b) => b.at.localeCompare(a.at))
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

function syncer(record: SlimRecord, was: SlimRecord | null): string | undefined {
  if (record.facts.is !== 'application' || !record.facts.operation) return undefined
  const before = was?.facts.is === 'application' ? was.facts.operation : null
  const { operation } = record.facts
  if (operation.startedAt === before?.startedAt && operation.finishedAt === before?.finishedAt) return undefined
  return operation.by || (operation.automated ? 'Argo CD' : undefined)
}
