import type { ActorRef } from '../audit/schema.ts'
import { appendAudit } from '../audit/store.ts'
import type { Actor } from '../auth/schema.ts'
import { type Db, sqlState, type Tx } from '../db/client.ts'
import { newId } from '../kernel/id.ts'
import type { Paging } from './paging-rules.ts'
import type { Cause, SignalKind } from './schema.ts'
import type { Found } from './signal-scene.ts'
import type { IncidentSummary, SignalView } from './view.ts'

export const SYSTEM: ActorRef = { kind: 'system', id: 'impact', roles: [] }

/** Who did it, as the chain keeps it. */
export function actorRef(by: Actor): ActorRef {
  return { kind: by.kind, id: by.id, roles: [...by.roles] }
}

export type SignalRow = {
  id: string
  cluster: string
  kind: SignalKind
  scope: string
  severity: 'critical' | 'warning'
  title: string
  since: Date
  opened_at: Date
  closed_at: Date | null
  acknowledged_by: string | null
  acknowledged_at: Date | null
  evidence: SignalView['evidence']
  causes: Cause[]
  incident: string | null
  paging: Paging
  paging_reason: string
}

export type IncidentRow = {
  id: string
  title: string
  cluster: string
  kind: IncidentSummary['kind']
  t0: Date
  t0_by: string | null
  lead: string | null
  opened_at: Date
  closed_at: Date | null
  signals: string[]
}

export function signalViewOf(row: SignalRow): SignalView {
  return {
    id: row.id,
    kind: row.kind,
    severity: row.severity,
    cluster: row.cluster,
    scope: row.scope,
    title: row.title,
    since: row.since.toISOString(),
    openedAt: row.opened_at.toISOString(),
    closedAt: row.closed_at?.toISOString() ?? null,
    acknowledgedBy: row.acknowledged_by,
    acknowledgedAt: row.acknowledged_at?.toISOString() ?? null,
    evidence: row.evidence,
    causes: row.causes,
    runbooks: [],
    incident: row.incident,
    paging: row.paging,
    pagingReason: row.paging_reason,
  }
}

/** Open signals of a cluster (all clusters when null), and those closed after `since`. */
export async function loadSignals(db: Pick<Db, 'pool'>, cluster: string | null, since: Date): Promise<readonly SignalView[]> {
  const { rows } = await db.pool.query<SignalRow>(
    'SELECT * FROM signal WHERE ($1::text IS NULL OR cluster = $1) AND (closed_at IS NULL OR closed_at > $2) ORDER BY opened_at DESC',
    [cluster, since],
  )
  return rows.map(signalViewOf)
}

export async function loadSignal(db: Pick<Db, 'pool'>, id: string): Promise<SignalView | null> {
  const { rows } = await db.pool.query<SignalRow>('SELECT * FROM signal WHERE id = $1', [id])
  return rows[0] ? signalViewOf(rows[0]) : null
}

export type Opening = {
  readonly cluster: string
  readonly kind: 'incident' | 'drill'
  readonly found: Found
  readonly causes: readonly Cause[]
  readonly paging: Paging
  readonly pagingReason: string
  readonly t0: string
  readonly at: Date
}

/** Records that a signal opened; a critical one opens an incident with T0, or joins the one that is open. Another replica's is answered when it was first. */
export async function openSignal(db: Db, opening: Opening): Promise<SignalView> {
  const { cluster, found, causes, at } = opening
  const id = newId(at.getTime())
  try {
    return await db.tx(async (tx) => {
      const incident = found.severity === 'critical' ? await joinIncident(tx, opening, id) : null
      const rows = await tx.$queryRawUnsafe<SignalRow[]>(
        `INSERT INTO signal (id, cluster, kind, scope, severity, title, since, opened_at, evidence, causes, incident, paging, paging_reason)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10::jsonb, $11, $12, $13) RETURNING *`,
        id,
        cluster,
        found.kind,
        found.scope,
        found.severity,
        found.title,
        new Date(found.since),
        at,
        JSON.stringify(found.evidence),
        JSON.stringify(causes),
        incident?.id ?? null,
        opening.paging,
        opening.pagingReason,
      )
      const row = rows[0]
      if (!row) throw new Error('a signal was not stored')
      if (incident) await appendAudit(tx, `incident:${incident.id}`, null, incident.entries)
      await appendAudit(tx, `signal:${id}`, 0, [
        {
          actor: SYSTEM,
          kind: 'signal.opened',
          data: {
            cluster,
            kind: found.kind,
            scope: found.scope,
            severity: found.severity,
            title: found.title,
            since: found.since,
            evidence: found.evidence.slice(0, 50),
            causes: [...causes],
            incident: incident?.id ?? null,
            paging: opening.paging,
            pagingReason: opening.pagingReason,
          },
        },
      ])
      return signalViewOf(row)
    })
  } catch (error) {
    if (sqlState(error) !== '23505') throw error
    const { rows } = await db.pool.query<SignalRow>(
      'SELECT * FROM signal WHERE cluster = $1 AND kind = $2 AND scope = $3 AND closed_at IS NULL',
      [cluster, found.kind, found.scope],
    )
    if (!rows[0]) throw error
    return signalViewOf(rows[0])
  }
}

async function joinIncident(
  tx: Tx,
  opening: Opening,
  signal: string,
): Promise<{ id: string; entries: { actor: ActorRef; kind: string; data: Record<string, unknown> }[] }> {
  const joined = await tx.$queryRawUnsafe<{ id: string }[]>(
    `UPDATE incident SET signals = array_append(signals, $2) WHERE cluster = $1 AND closed_at IS NULL AND kind <> 'tabletop' RETURNING id`,
    opening.cluster,
    signal,
  )
  const open = joined[0]
  if (open) return { id: open.id, entries: [{ actor: SYSTEM, kind: 'incident.joined', data: { signal, kind: opening.found.kind } }] }
  const id = newId(opening.at.getTime())
  await tx.$executeRawUnsafe(
    `INSERT INTO incident (id, title, cluster, kind, t0, opened_at, signals) VALUES ($1, $2, $3, $4, $5, $6, ARRAY[$7])`,
    id,
    opening.found.title,
    opening.cluster,
    opening.kind,
    new Date(opening.t0),
    opening.at,
    signal,
  )
  return {
    id,
    entries: [
      {
        actor: SYSTEM,
        kind: 'incident.opened',
        data: { title: opening.found.title, cluster: opening.cluster, kind: opening.kind, t0: opening.t0, signal },
      },
    ],
  }
}

/** Closes a signal; no effect when another replica has. `at` is cluster time, as its opening. */
export async function closeSignal(db: Db, id: string, at: Date): Promise<void> {
  await db.tx(async (tx) => {
    const closed = await tx.$executeRawUnsafe('UPDATE signal SET closed_at = $2 WHERE id = $1 AND closed_at IS NULL', id, at)
    if (closed > 0) await appendAudit(tx, `signal:${id}`, null, [{ actor: SYSTEM, kind: 'signal.closed', data: { at: at.toISOString() } }])
  })
}

/** An open signal that was silent for a reason pages from now on, the reason being over. */
export async function repageSignal(db: Db, id: string, paging: Paging, reason: string): Promise<void> {
  await db.tx(async (tx) => {
    const moved = await tx.$executeRawUnsafe(
      `UPDATE signal SET paging = $2, paging_reason = $3 WHERE id = $1 AND paging = 'silent' AND closed_at IS NULL`,
      id,
      paging,
      reason,
    )
    if (moved > 0) await appendAudit(tx, `signal:${id}`, null, [{ actor: SYSTEM, kind: 'signal.paging-changed', data: { paging, reason } }])
  })
}

export async function reopenSignal(db: Db, id: string, found: Found): Promise<void> {
  await db.tx(async (tx) => {
    const opened = await tx.$executeRawUnsafe(
      'UPDATE signal SET closed_at = NULL, title = $2, evidence = $3::jsonb WHERE id = $1 AND closed_at IS NOT NULL',
      id,
      found.title,
      JSON.stringify(found.evidence),
    )
    if (opened === 0) return
    await tx.$executeRawUnsafe(
      'UPDATE incident SET closed_at = NULL WHERE id = (SELECT incident FROM signal WHERE id = $1) AND NOT EXISTS (SELECT 1 FROM incident other WHERE other.cluster = incident.cluster AND other.closed_at IS NULL)',
      id,
    )
    await appendAudit(tx, `signal:${id}`, null, [{ actor: SYSTEM, kind: 'signal.reopened', data: { title: found.title } }])
  })
}

/** What is known of a signal by now: its causes once proof came in, its newest evidence. */
export async function updateSignal(db: Db, id: string, found: Found, causes: readonly Cause[], tell: boolean): Promise<void> {
  await db.tx(async (tx) => {
    await tx.$executeRawUnsafe(
      'UPDATE signal SET title = $2, evidence = $3::jsonb, causes = $4::jsonb, since = LEAST(since, $5) WHERE id = $1',
      id,
      found.title,
      JSON.stringify(found.evidence),
      JSON.stringify(causes),
      new Date(found.since),
    )
    if (tell) await appendAudit(tx, `signal:${id}`, null, [{ actor: SYSTEM, kind: 'signal.causes-found', data: { causes: [...causes] } }])
  })
}

/** Pins T0 anew once more is known of the first cause, unless a person has moved it. True when it moved. */
export async function repinT0(db: Db, incident: string, t0: string): Promise<boolean> {
  return db.tx(async (tx) => {
    const moved = await tx.$executeRawUnsafe(
      'UPDATE incident SET t0 = $2 WHERE id = $1 AND t0_by IS NULL AND t0 > $2 AND closed_at IS NULL',
      incident,
      new Date(t0),
    )
    if (moved > 0) await appendAudit(tx, `incident:${incident}`, null, [{ actor: SYSTEM, kind: 'incident.t0-pinned', data: { t0 } }])
    return moved > 0
  })
}

/** Closes incidents whose signals have all been closed for a while. Answers the closed ones. */
export async function closeQuietIncidents(
  db: Db,
  cluster: string,
  before: Date,
  at: Date,
  busy: readonly string[],
): Promise<readonly string[]> {
  return db.tx(async (tx) => {
    const rows = await tx.$queryRawUnsafe<{ id: string }[]>(
      `UPDATE incident SET closed_at = $3 WHERE cluster = $1 AND closed_at IS NULL AND NOT (id = ANY($4::text[])) AND cardinality(signals) > 0
       AND NOT EXISTS (SELECT 1 FROM signal WHERE signal.incident = incident.id AND (signal.closed_at IS NULL OR signal.closed_at > $2)) RETURNING id`,
      cluster,
      before,
      at,
      [...busy],
    )
    for (const { id } of rows)
      await appendAudit(tx, `incident:${id}`, null, [{ actor: SYSTEM, kind: 'incident.closed', data: { at: at.toISOString() } }])
    return rows.map((row) => row.id)
  })
}

export async function loadIncident(db: Pick<Db, 'pool'>, id: string): Promise<IncidentRow | null> {
  const { rows } = await db.pool.query<IncidentRow>('SELECT * FROM incident WHERE id = $1', [id])
  return rows[0] ?? null
}

export async function openIncidentOf(db: Pick<Db, 'pool'>, cluster: string): Promise<IncidentRow | null> {
  const { rows } = await db.pool.query<IncidentRow>(
    `SELECT * FROM incident WHERE cluster = $1 AND closed_at IS NULL AND kind <> 'tabletop'`,
    [cluster],
  )
  return rows[0] ?? null
}
