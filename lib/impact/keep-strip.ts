import type { Db } from '../db/client.ts'
import type { StripPoint } from './port.ts'
import type { ServiceRow } from './view.ts'

const MINUTE_MS = 60_000
/** Minutes that are shown. */
const SHOWN = 240
/** Minutes that are kept, for what changes within a day. */
const MOST = 24 * 60

export type Strip = {
  points(): readonly StripPoint[]
  /** What is so now, in the minute of `now` (cluster time, ms). */
  add(rows: readonly ServiceRow[], now: number, applications?: number | null): void
  /** The earliest count of Applications within a day, and when that was; null when none was taken. */
  earliest(now: number): { readonly at: string; readonly applications: number } | null
  /** Stores the minutes that changed, and brings back those of before the last start; needs to know which cluster it is. */
  keep(db: Pick<Db, 'pool'>, cluster: string, incarnation: string, now: number): Promise<void>
}

type Point = StripPoint & { readonly applications: number | null }

/** The course of the last four hours, minute by minute, that outlives a restart; and how many Applications there were in the last day. */
export function openStrip(): Strip {
  let points: Point[] = []
  let kept = ''
  let loaded = ''

  function add(rows: readonly ServiceRow[], now: number, applications: number | null = null): void {
    const at = new Date(now - (now % MINUTE_MS)).toISOString()
    const bad = rows.filter((row) => row.impacts.some((one) => one === 'lost' || one === 'degraded' || one === 'data-at-risk')).length
    const unmanaged = rows.filter((row) => row.impacts.includes('unmanaged')).length
    const point = { at, bad, unmanaged, healthy: rows.filter((row) => row.impact === 'healthy').length, applications }
    if (points.at(-1)?.at === at) points[points.length - 1] = point
    else points.push(point)
    if (points.length > MOST) points = points.slice(-MOST)
  }

  async function load(db: Pick<Db, 'pool'>, cluster: string, incarnation: string, now: number): Promise<void> {
    const from = new Date(now - MOST * MINUTE_MS)
    const { rows } = await db.pool.query<Omit<Point, 'at'> & { at: Date }>(
      'SELECT at, bad, unmanaged, healthy, applications FROM impact_minute WHERE cluster = $1 AND incarnation = $2 AND at > $3 AND at <= $4 ORDER BY at',
      [cluster, incarnation, from, new Date(now)],
    )
    const first = points[0]?.at ?? new Date(now + MINUTE_MS).toISOString()
    const before = rows.map((row) => ({ ...row, at: row.at.toISOString() })).filter((row) => row.at < first)
    points = [...before, ...points].slice(-MOST)
    // What is older than anyone is shown is dropped, also of clusters that stood under this name before.
    await db.pool.query('DELETE FROM impact_minute WHERE cluster = $1 AND (at <= $2 OR incarnation <> $3)', [cluster, from, incarnation])
    loaded = incarnation
  }

  async function keep(db: Pick<Db, 'pool'>, cluster: string, incarnation: string, now: number): Promise<void> {
    if (incarnation === '') return
    if (loaded !== incarnation) await load(db, cluster, incarnation, now)
    const fresh = points.filter((point) => point.at >= kept)
    const last = fresh.at(-1)
    if (!last) return
    await db.pool.query(
      `INSERT INTO impact_minute (cluster, incarnation, at, bad, unmanaged, healthy, applications)
       SELECT $1, $2, x.at::timestamptz, x.bad, x.unmanaged, x.healthy, x.applications FROM jsonb_to_recordset($3::jsonb) AS x(at text, bad int, unmanaged int, healthy int, applications int)
       ON CONFLICT (cluster, incarnation, at) DO UPDATE SET bad = excluded.bad, unmanaged = excluded.unmanaged, healthy = excluded.healthy, applications = excluded.applications`,
      [cluster, incarnation, JSON.stringify(fresh)],
    )
    kept = last.at
  }

  function earliest(now: number): { readonly at: string; readonly applications: number } | null {
    for (const { at, applications } of points)
      if (applications !== null && now - Date.parse(at) <= MOST * MINUTE_MS) return { at, applications }
    return null
  }

  const shown = ({ at, bad, unmanaged, healthy }: Point): StripPoint => ({ at, bad, unmanaged, healthy })
  return { points: () => points.slice(-SHOWN).map(shown), add, earliest, keep }
}
