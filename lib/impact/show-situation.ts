import { z } from 'zod'
import type { Permit } from '../auth/schema.ts'
import { clusterNow } from '../cluster/rules.ts'
import type { Freshness } from '../cluster/schema.ts'
import { databaseAway } from '../db/away.ts'
import type { Db } from '../db/client.ts'
import type { Clusters, Watched } from '../inventory/port.ts'
import { ok, type Result } from '../kernel/result.ts'
import { byUrgency, countImpacts } from './count-rules.ts'
import { causesOf, headlineOf } from './headline-rules.ts'
import { tellChanges, testify } from './list-changes.ts'
import { AsOf, type PastContext } from './look-at-past.ts'
import type { ImpactBoard, Impacts } from './port.ts'
import { ledgerAt } from './store-past.ts'
import { importedT0s, ledgerCounts, listIncidentRows, recordingSince } from './store-read.ts'
import type { ClusterSummary, ServiceRow, SituationView } from './view.ts'

export const ShowSituation = z.object({ at: AsOf })
export type ShowSituation = z.infer<typeof ShowSituation>

export type SituationContext = PastContext & {
  readonly db: Pick<Db, 'pool'>
  readonly clusters: Clusters
  readonly impacts: Impacts
  readonly databaseUp?: () => boolean
  readonly databaseTrouble?: { full(): boolean }
}

const WORST_FRESHNESS: readonly Freshness[] = ['unreachable', 'forbidden', 'stale', 'no-longer-served', 'catching-up', 'live']
const WORST = 50
const MOST_CHANGES = 20

/** Everything at a glance; without the database it is live state alone. Drill clusters count only where nothing live is watched. */
export async function showSituation(
  ctx: SituationContext,
  _permit: Permit<'situation.read'>,
  _input: ShowSituation = {},
): Promise<Result<SituationView, never>> {
  const all = ctx.clusters.all()
  const live = all.filter((one) => one.entry.mode === 'live')
  const counted = live.length > 0 ? live : all
  const boards = counted.flatMap((one) => ctx.impacts.of(one.entry.name) ?? [])
  const rows = boards.flatMap((board) => board.rows())
  const badThen = new Set(
    boards.flatMap((board) =>
      board
        .rows()
        .filter((row) => board.badThen?.(row.id))
        .map((row) => row.id),
    ),
  )
  const clusters = all.map((one) => summaryOf(one, ctx.impacts))
  const names = new Set(counted.map((one) => one.entry.name))
  const signals = ctx.impacts.signals()
  const { imported, ...stored } = await readStored(ctx, counted)
  const summaries = clusters.filter((one) => names.has(one.name))
  const { headline, tone } = headlineOf({
    // Of the past the age is no news; the moment itself is told beside it.
    clusters: ctx.past ? summaries.map((one) => ({ ...one, freshness: 'live' as const })) : summaries,
    rows,
    badThen,
    signals: signals.filter((one) => names.has(one.cluster)),
    t0: boards.map((board) => board.t0()).find((t0) => t0 !== null) ?? null,
    ready: counted.every((one) => one.inventory.ready() && ctx.impacts.of(one.entry.name)?.begun?.() !== false),
  })
  const worst = rows.filter(isAffected).sort(byUrgency)
  return ok({
    headline,
    tone,
    clusters,
    signals: [...signals],
    impact: countImpacts(rows),
    services: rows.length,
    affected: worst.length,
    worst: worst.slice(0, WORST).map(brief),
    groups: [...groupsOf(worst)],
    causes: [...causesOf(rows, badThen)],
    strip: mergeStrips(counted.map((one) => ctx.impacts.strip?.(one.entry.name) ?? [])),
    baseline: comparedWith(boards, imported),
    planned: boards.flatMap((board) =>
      (board.inForce?.() ?? []).map(({ id, title, ticket, to }) => ({ id, cluster: board.cluster, title, ticket, to })),
    ),
    ...stored,
    databaseFull: ctx.databaseTrouble?.full() ?? false,
    observedAt:
      summaries
        .map((one) => one.observedAt)
        .filter((at) => at !== null)
        .sort()[0] ?? null,
    freshness: WORST_FRESHNESS.find((word) => summaries.some((one) => one.freshness === word)) ?? 'catching-up',
    ...(ctx.past ? { past: ctx.past } : {}),
  })
}

/** A rollout within its deadline is daily life. */
function isAffected(row: ServiceRow): boolean {
  return row.impact !== 'healthy' && row.impact !== 'removed' && row.impact !== 'changing'
}

function groupsOf(worst: readonly ServiceRow[]): SituationView['groups'] {
  return [...Map.groupBy(worst, (row) => `${row.tier} ${row.impact}`).values()].flatMap((rows) =>
    rows[0] ? [{ tier: rows[0].tier, impact: rows[0].impact, services: rows.length }] : [],
  )
}

function comparedWith(boards: readonly ImpactBoard[], imported: Stored['imported']): SituationView['baseline'] {
  const t0 = boards.flatMap((board) => board.t0() ?? []).sort()[0]
  const from = imported.find((one) => one.at === t0)
  if (t0) return { at: t0, label: 'T0', ...(from ? { imported: { label: from.label, cannotKnow: from.cannotKnow } } : {}) }
  const healthy = boards.flatMap((board) => board.lastHealthyAt?.() ?? []).sort()
  const newest = healthy.at(-1)
  return newest ? { at: newest, label: 'last healthy' } : null
}

/** The board carries the first evidence of each service; all of it is one click away. */
function brief(row: ServiceRow): ServiceRow {
  return { ...row, evidence: row.evidence.slice(0, 3) }
}

export function summaryOf(watched: Watched, impacts: Impacts): ClusterSummary {
  const facts = watched.inventory.facts()
  const { name, mode, actions } = watched.entry
  return {
    name,
    mode,
    actions: actions ?? (mode === 'drill' ? 'on' : 'off'),
    ...facts,
    unread: watched.inventory.kinds().flatMap(({ kind, freshness, note }) => (freshness === 'forbidden' ? [{ kind, note }] : [])),
    argocd: [...(impacts.of(name)?.argocd() ?? [])],
  }
}

type Stored = Pick<SituationView, 'changes' | 'incidents' | 'ledger' | 'database'> & {
  readonly imported: readonly { readonly at: string; readonly label: string; readonly cannotKnow: string[] }[]
}
type Kept<T> = { readonly at: number; readonly value: Promise<T> }

/** The board is made again many times a second in a bad night; what the database says of it need not be. */
const kept = new WeakMap<Impacts, { stored?: Kept<Stored>; changes?: Kept<SituationView['changes']> }>()
const STORED_MS = 500
const CHANGES_MS = 5_000

function keep<T>(held: Kept<T> | undefined, ms: number, ask: () => Promise<T>): Kept<T> {
  if (held && Date.now() - held.at < ms) return held
  const value = ask()
  // Whoever awaits it is told; one that nobody awaits must not end the process.
  value.catch(() => {})
  return { at: Date.now(), value }
}

/** The latest changes of a day, with who did them where that is recorded. */
async function latestChanges(ctx: SituationContext, counted: readonly Watched[]): Promise<SituationView['changes']> {
  const perCluster = counted.map(async (one) => {
    const now = clusterNow(one.clock)
    const [from, to] = [new Date(now - 24 * 3_600_000), new Date(ctx.past ? now : now + 60_000)]
    const since = await recordingSince(ctx.db, one.entry.name, one.inventory.facts().incarnation)
    const only = { newestFirst: true, ...(since ? { madeAfter: new Date(since) } : {}) }
    const changes = await one.history.changes(from, to, MOST_CHANGES, only)
    const oldest = changes.at(-1)
    return oldest ? tellChanges(one.entry.name, changes, since, await testify(one.history, new Date(oldest.at), to)) : []
  })
  const rows = (await Promise.all(perCluster)).flat().sort((a, b) => b.at.localeCompare(a.at))
  return rows.slice(0, MOST_CHANGES).map(({ at, what, object, uid, by, cluster }) => ({ at, what, object, uid, by, cluster }))
}

async function readStored(ctx: SituationContext, counted: readonly Watched[]): Promise<Stored> {
  const held = kept.get(ctx.impacts) ?? {}
  kept.set(ctx.impacts, held)
  held.changes = keep(held.changes, CHANGES_MS, () => latestChanges(ctx, counted))
  const { changes } = held
  held.stored = keep(held.stored, STORED_MS, () => askStored(ctx, changes.value))
  return held.stored.value
}

async function askStored(ctx: SituationContext, latest: Promise<SituationView['changes']>): Promise<Stored> {
  const away = { changes: [], incidents: [], ledger: { open: 0, since: null }, database: false, imported: [] }
  if (ctx.databaseUp?.() === false) return away
  const at = ctx.past ? new Date(ctx.past.at) : undefined
  try {
    const [incidents, ledger, imported, changes] = await Promise.all([
      listIncidentRows(ctx.db, at ? { at, limit: 20 } : { open: true, limit: 20 }),
      at ? ledgerAt(ctx.db, at) : ledgerCounts(ctx.db),
      importedT0s(ctx.db),
      latest,
    ])
    return { changes, incidents: [...incidents], ledger, imported, database: true }
  } catch (error) {
    if (databaseAway(error)) return away
    throw error
  }
}

function mergeStrips(
  strips: readonly (readonly { at: string; bad: number; unmanaged: number; healthy: number }[])[],
): SituationView['strip'] {
  const byMinute = new Map<string, { at: string; bad: number; unmanaged: number; healthy: number }>()
  for (const point of strips.flat()) {
    const held = byMinute.get(point.at)
    byMinute.set(
      point.at,
      held
        ? { at: point.at, bad: held.bad + point.bad, unmanaged: held.unmanaged + point.unmanaged, healthy: held.healthy + point.healthy }
        : { ...point },
    )
  }
  return [...byMinute.values()].sort((a, b) => a.at.localeCompare(b.at))
}
