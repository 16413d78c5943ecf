import type { Permit } from '../auth/schema.ts'
import type { Freshness } from '../cluster/schema.ts'
import type { Db } from '../db/client.ts'
import { databaseAway } from '../db/away.ts'
import type { Clusters, Watched } from '../inventory/port.ts'
import { ok, type Result } from '../kernel/result.ts'
import { tellChanges } from './list-changes.ts'
import type { Impacts } from './port.ts'
import { countImpacts } from './rules.ts'
import { causesOf, headlineOf } from './headline-rules.ts'
import { lastBaseline, ledgerCounts, listIncidentRows } from './store-read.ts'
import type { ClusterSummary, ServiceRow, SituationView } from './view.ts'
import { byUrgency } from './watch-impact.ts'

export type SituationContext = { readonly db: Pick<Db, 'pool'>; readonly clusters: Clusters; readonly impacts: Impacts; readonly databaseUp?: () => boolean }

const WORST_FRESHNESS: readonly Freshness[] = ['unreachable', 'forbidden', 'stale', 'no-longer-served', 'catching-up', 'live']
const WORST = 50
const HOURS_OF_CHANGES = 24

/** Everything at a glance; without the database it is live state alone. Drill clusters count only where nothing live is watched. */
export async function showSituation(ctx: SituationContext, _permit: Permit<'situation.read'>): Promise<Result<SituationView, never>> {
  const all = ctx.clusters.all()
  const live = all.filter((one) => one.entry.mode === 'live')
  const counted = live.length > 0 ? live : all
  const boards = counted.flatMap((one) => ctx.impacts.of(one.entry.name) ?? [])
  const rows = boards.flatMap((board) => board.rows())
  const badThen = new Set(boards.flatMap((board) => board.rows().filter((row) => board.badThen?.(row.id)).map((row) => row.id)))
  const clusters = all.map((one) => summaryOf(one, ctx.impacts))
  const names = new Set(counted.map((one) => one.entry.name))
  const signals = ctx.impacts.signals()
  const stored = await readStored(ctx, counted)
  const summaries = clusters.filter((one) => names.has(one.name))
  const { headline, tone } = headlineOf({ clusters: summaries, rows, badThen, signals: signals.filter((one) => names.has(one.cluster)), t0: boards.map((board) => board.t0()).find((t0) => t0 !== null) ?? null, ready: counted.every((one) => one.inventory.ready()) })
  const worst = rows.filter((row) => row.impact !== 'healthy' && row.impact !== 'removed').sort(byUrgency)
  return ok({
    headline,
    tone,
    clusters,
    signals: [...signals],
    impact: countImpacts(rows),
    services: rows.length,
    worst: worst.slice(0, WORST).map(brief),
    causes: [...causesOf(rows, badThen)],
    strip: mergeStrips(counted.map((one) => ctx.impacts.strip?.(one.entry.name) ?? [])),
    ...stored,
    observedAt: summaries.map((one) => one.observedAt).filter((at) => at !== null).sort()[0] ?? null,
    freshness: WORST_FRESHNESS.find((word) => summaries.some((one) => one.freshness === word)) ?? 'catching-up',
  })
}

/** The board carries the first evidence of each service; all of it is one click away. */
function brief(row: ServiceRow): ServiceRow {
  return { ...row, evidence: row.evidence.slice(0, 3) }
}

export function summaryOf(watched: Watched, impacts: Impacts): ClusterSummary {
  const facts = watched.inventory.facts()
  const { name, mode, actions } = watched.entry
  return { name, mode, actions: actions ?? (mode === 'drill' ? 'on' : 'off'), ...facts, argocd: [...(impacts.of(name)?.argocd() ?? [])] }
}

async function readStored(ctx: SituationContext, counted: readonly Watched[]): Promise<Pick<SituationView, 'changes' | 'baseline' | 'incidents' | 'ledger' | 'database'>> {
  const away = { changes: [], baseline: null, incidents: [], ledger: { open: 0, since: null }, database: false }
  if (ctx.databaseUp?.() === false) return away
  try {
    const now = Date.now()
    const [incidents, ledger, baseline, changes] = await Promise.all([
      listIncidentRows(ctx.db, { open: true, limit: 20 }),
      ledgerCounts(ctx.db),
      lastBaseline(ctx.db, counted.map((one) => one.entry.name)),
      Promise.all(counted.map(async (one) => tellChanges(one.entry.name, await one.history.changes(new Date(now - HOURS_OF_CHANGES * 3_600_000), new Date(now + 3_600_000), 200)))),
    ])
    const latest = changes.flat().sort((a, b) => b.at.localeCompare(a.at)).slice(0, 20)
    return { changes: latest.map(({ at, what, object, by, cluster }) => ({ at, what, object, by, cluster })), baseline, incidents: [...incidents], ledger, database: true }
  } catch (error) {
    if (databaseAway(error)) return away
    throw error
  }
}

function mergeStrips(strips: readonly (readonly { at: string; bad: number; unmanaged: number; healthy: number }[])[]): SituationView['strip'] {
  const byMinute = new Map<string, { at: string; bad: number; unmanaged: number; healthy: number }>()
  for (const point of strips.flat()) {
    const held = byMinute.get(point.at)
    byMinute.set(point.at, held ? { at: point.at, bad: held.bad + point.bad, unmanaged: held.unmanaged + point.unmanaged, healthy: held.healthy + point.healthy } : { ...point })
  }
  return [...byMinute.values()].sort((a, b) => a.at.localeCompare(b.at))
}
