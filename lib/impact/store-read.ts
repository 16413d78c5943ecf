import type { Db } from '../db/client.ts'
import type { IncidentRow } from './store.ts'
import type { BaselineRow, IncidentSummary, NoteRow } from './view.ts'

type Pool = Pick<Db, 'pool'>

/** Incidents, newest first, with the runs that belong to them; with `at` those that were open then, as they stood. */
export async function listIncidentRows(
  db: Pool,
  filter: {
    readonly open?: boolean | undefined
    readonly id?: string
    readonly limit: number
    readonly before?: string | undefined
    readonly at?: Date | undefined
  },
): Promise<readonly IncidentSummary[]> {
  const { rows } = await db.pool.query<IncidentRow>(
    `SELECT * FROM incident WHERE ($1::boolean IS NULL OR (closed_at IS NULL) = $1) AND ($2::text IS NULL OR id = $2) AND ($4::timestamptz IS NULL OR opened_at < $4) AND ($5::timestamptz IS NULL OR (opened_at <= $5 AND (closed_at IS NULL OR closed_at > $5))) ORDER BY opened_at DESC LIMIT $3`,
    [filter.open ?? null, filter.id ?? null, filter.limit, filter.before ?? null, filter.at ?? null],
  )
  const runs = await db.pool.query<{ id: string; incident: string; runbook: string; stage: string; outcome: string | null }>(
    `SELECT id::text, incident, runbook, CASE WHEN closed_at > $2 THEN 'running' ELSE stage END AS stage, CASE WHEN closed_at > $2 THEN NULL ELSE outcome END AS outcome
     FROM run WHERE incident = ANY($1::text[]) AND ($2::timestamptz IS NULL OR started_at <= $2) ORDER BY started_at`,
    [rows.map((row) => row.id), filter.at ?? null],
  )
  return rows.map((row) => ({
    id: row.id,
    title: row.title,
    cluster: row.cluster,
    t0: row.t0.toISOString(),
    lead: row.lead,
    openedAt: row.opened_at.toISOString(),
    closedAt: filter.at ? null : (row.closed_at?.toISOString() ?? null),
    kind: row.kind,
    signals: row.signals,
    runs: runs.rows.filter((run) => run.incident === row.id).map(({ id, runbook, stage, outcome }) => ({ id, runbook, stage, outcome })),
  }))
}

/** Temporary changes in force, of all runs. */
export async function ledgerCounts(db: Pool): Promise<{ open: number; since: string | null }> {
  const { rows } = await db.pool.query<{ open: number; since: Date | null }>(
    `SELECT count(*)::int AS open, min(since) AS since FROM ledger_entry WHERE state <> 'reversed'`,
  )
  return { open: rows[0]?.open ?? 0, since: rows[0]?.since?.toISOString() ?? null }
}

export async function listBaselineRows(db: Pool, cluster: string, id: string | null = null): Promise<readonly BaselineRow[]> {
  const { rows } = await db.pool.query<{
    id: string
    cluster: string
    label: string
    at: Date
    pinned_at: Date
    pinned_by: string
    imported: BaselineRow['imported']
  }>('SELECT * FROM baseline WHERE cluster = $1 AND ($2::text IS NULL OR id = $2) ORDER BY at DESC LIMIT 200', [cluster, id])
  return rows.map((row) => ({
    id: row.id,
    cluster: row.cluster,
    label: row.label,
    at: row.at.toISOString(),
    pinnedAt: row.pinned_at.toISOString(),
    pinnedBy: row.pinned_by,
    imported: row.imported,
  }))
}

/** Imported baselines that an open incident compares with, and what they cannot know. */
export async function importedT0s(
  db: Pool,
): Promise<readonly { readonly at: string; readonly label: string; readonly cannotKnow: string[] }[]> {
  const { rows } = await db.pool.query<{ at: Date; label: string; imported: NonNullable<BaselineRow['imported']> }>(
    'SELECT b.at, b.label, b.imported FROM baseline b JOIN incident i ON i.cluster = b.cluster AND i.t0 = b.at WHERE b.imported IS NOT NULL AND i.closed_at IS NULL',
  )
  return rows.map((row) => ({ at: row.at.toISOString(), label: row.label, cannotKnow: row.imported.cannotKnow }))
}

/** When the recording of a cluster began, RFC 3339; null while nothing is recorded. What was created before was found, not made. */
export async function recordingSince(db: Pool, cluster: string, incarnation: string): Promise<string | null> {
  const { rows } = await db.pool.query<{ since: Date | null }>(
    'SELECT min(valid_from) AS since FROM inventory_revision WHERE cluster = $1 AND incarnation = $2',
    [cluster, incarnation],
  )
  return rows[0]?.since?.toISOString() ?? null
}

/** Whether a run of the incident has begun to restore objects from T0. */
export async function hasRestored(db: Pool, incident: string): Promise<boolean> {
  const { rows } = await db.pool.query(
    `SELECT 1 FROM audit_entry a JOIN run r ON a.stream = 'run:' || r.id::text
     WHERE r.incident = $1 AND a.kind = 'act.intended' AND a.body::jsonb @? '$.data.items[*] ? (@.verb == "create" || @.verb == "apply")' LIMIT 1`,
    [incident],
  )
  return rows.length > 0
}

export async function listNotes(db: Pool, incident: string): Promise<readonly NoteRow[]> {
  const { rows } = await db.pool.query<{ id: string; at: Date; written_at: Date; by: string; text: string }>(
    'SELECT id, at, written_at, by, text FROM incident_note WHERE incident = $1 ORDER BY at',
    [incident],
  )
  return rows.map((row) => ({ id: row.id, at: row.at.toISOString(), writtenAt: row.written_at.toISOString(), by: row.by, text: row.text }))
}

/** When somebody first acknowledged a signal of the incident, and when the first of them began. */
export async function incidentClocks(
  db: Pool,
  incident: string,
): Promise<{ disruptedAt: string | null; detectedAt: string | null; acknowledgedAt: string | null }> {
  const { rows } = await db.pool.query<{ disrupted: Date | null; detected: Date | null; acknowledged: Date | null }>(
    'SELECT min(since) AS disrupted, min(opened_at) AS detected, min(acknowledged_at) AS acknowledged FROM signal WHERE incident = $1',
    [incident],
  )
  const row = rows[0]
  return {
    disruptedAt: row?.disrupted?.toISOString() ?? null,
    detectedAt: row?.detected?.toISOString() ?? null,
    acknowledgedAt: row?.acknowledged?.toISOString() ?? null,
  }
}
