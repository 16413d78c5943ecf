import type { Retention } from './retention-rules.ts'

type Queryable = { query<R>(text: string, values?: unknown[]): Promise<{ rows: R[]; rowCount: number | null }> }

/** What one batch dropped; `more` while another may follow. */
export type Retired = { readonly dropped: number; readonly more: boolean }

const BATCH = 500

/** Instants of a cluster that somebody may still compare with or restore from. */
const HELD = `SELECT at FROM baseline WHERE cluster = $1
  UNION SELECT t0 FROM incident WHERE cluster = $1 AND closed_at IS NULL
  UNION SELECT (state->'started'->>'t0')::timestamptz FROM run WHERE $1 = ANY(clusters) AND stage <> 'closed' AND state->'started'->>'t0' IS NOT NULL`

/**
 * Drops one batch of what is older than it is to be kept; `at` is the cluster's time, RFC 3339. Where revisions go, a gap
 * says from when on the past is whole.
 */
export async function retireRows(db: Queryable, cluster: string, keep: Retention, at: string): Promise<Retired> {
  const shortest = Math.min(keep.revisions, ...Object.values(keep.kinds))
  const old = await db.query<{ valid_to: Date }>(
    `WITH held AS (${HELD})
     DELETE FROM inventory_revision WHERE id IN (
       SELECT id FROM inventory_revision r
       WHERE cluster = $1 AND imported IS NULL AND valid_from < $2::timestamptz - make_interval(days => $3)
         AND valid_to < $2::timestamptz - make_interval(days => coalesce(($4::jsonb->>kind)::int, $5))
         AND NOT EXISTS (SELECT 1 FROM held WHERE held.at >= r.valid_from AND held.at < r.valid_to)
       ORDER BY valid_from LIMIT ${BATCH}) RETURNING valid_to`,
    [cluster, at, shortest, JSON.stringify(keep.kinds), keep.revisions],
  )
  const last = Math.max(0, ...old.rows.map((row) => row.valid_to.getTime()))
  if (last > 0) await widenGap(db, cluster, new Date(last), old.rows.length)
  let dropped = old.rows.length
  let more = dropped === BATCH
  for (const [table, days] of [
    ['inventory_event', keep.events],
    ['inventory_audit', keep.audit],
  ] as const) {
    const { rowCount } = await db.query(
      `DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} WHERE cluster = $1 AND at < $2::timestamptz - make_interval(days => $3) ORDER BY at LIMIT ${BATCH})`,
      [cluster, at, days],
    )
    dropped += rowCount ?? 0
    more ||= rowCount === BATCH
  }
  return { dropped, more }
}

const RETIRED = 'older versions were dropped by retention'

/** One gap per cluster, from the begin of all time to the end of the youngest revision that was dropped. */
async function widenGap(db: Queryable, cluster: string, to: Date, lost: number): Promise<void> {
  const known = await db.query('UPDATE inventory_gap SET to_at = greatest(to_at, $2), lost = lost + $3 WHERE cluster = $1 AND why = $4', [
    cluster,
    to,
    lost,
    RETIRED,
  ])
  if (known.rowCount === 0)
    await db.query('INSERT INTO inventory_gap (cluster, from_at, to_at, lost, why) VALUES ($1, $2, $3, $4, $5)', [
      cluster,
      new Date(0),
      to,
      lost,
      RETIRED,
    ])
}

/** Drops one batch of manifests that no revision of any cluster needs. One that is written this moment is young, and stays. */
export async function retireBodies(db: Queryable): Promise<Retired> {
  const { rowCount } = await db.query(
    `DELETE FROM inventory_body WHERE hash IN (
       SELECT hash FROM inventory_body b
       WHERE recorded_at < now() - interval '1 hour' AND NOT EXISTS (SELECT 1 FROM inventory_revision r WHERE r.hash = b.hash) LIMIT ${BATCH})`,
  )
  return { dropped: rowCount ?? 0, more: rowCount === BATCH }
}
