import type { Db } from '../db/client.ts'
import { type IncidentRow, type SignalRow, signalViewOf } from './store.ts'
import type { SignalView } from './view.ts'

type Pool = Pick<Db, 'pool'>

/** The incident that was open on a cluster at an instant of its own time, with the T0 that is known of it now. */
export async function incidentAt(db: Pool, cluster: string, at: Date): Promise<IncidentRow | null> {
  const { rows } = await db.pool.query<IncidentRow>(
    `SELECT * FROM incident WHERE cluster = $1 AND kind <> 'tabletop' AND opened_at <= $2 AND (closed_at IS NULL OR closed_at > $2) ORDER BY opened_at DESC LIMIT 1`,
    [cluster, at],
  )
  return rows[0] ?? null
}

/** Signals that were open at an instant or had closed within the day before it, as they stood then; evidence and causes are what is known now. */
export async function signalsAt(db: Pool, clusters: readonly string[], at: Date): Promise<readonly SignalView[]> {
  const { rows } = await db.pool.query<SignalRow>(
    `SELECT * FROM signal WHERE cluster = ANY($1::text[]) AND opened_at <= $2 AND (closed_at IS NULL OR closed_at > $2::timestamptz - interval '1 day') ORDER BY opened_at DESC`,
    [[...clusters], at],
  )
  const after = (moment: string | null) => moment !== null && Date.parse(moment) > at.getTime()
  return rows.map(signalViewOf).map((one) => ({
    ...one,
    ...(after(one.closedAt) ? { closedAt: null } : {}),
    ...(after(one.acknowledgedAt) ? { acknowledgedAt: null, acknowledgedBy: null } : {}),
  }))
}

/** Temporary changes that were in force at an instant. */
export async function ledgerAt(db: Pool, at: Date): Promise<{ open: number; since: string | null }> {
  const { rows } = await db.pool.query<{ open: number; since: Date | null }>(
    'SELECT count(*)::int AS open, min(since) AS since FROM ledger_entry WHERE since <= $1 AND (closed_at IS NULL OR closed_at > $1)',
    [at],
  )
  return { open: rows[0]?.open ?? 0, since: rows[0]?.since?.toISOString() ?? null }
}
