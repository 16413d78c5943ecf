import type { Db, Tx } from '../db/client.ts'
import type { CoveredObject, Effect, PlannedChange } from './expected-schema.ts'

type Pool = Pick<Db, 'pool'>

type Row = {
  id: string
  clusters: string[]
  title: string
  ticket: string
  selector: PlannedChange['selector']
  effects: Effect[]
  max_objects: number
  from: Date
  to: Date
  planned_at: Date
  planned_by: string
  ended_at: Date | null
  ended_by: string | null
}

function changeOf(row: Row): PlannedChange {
  return {
    id: row.id,
    clusters: row.clusters,
    title: row.title,
    ticket: row.ticket,
    selector: row.selector,
    effects: row.effects,
    maxObjects: row.max_objects,
    from: row.from.toISOString(),
    to: row.to.toISOString(),
    plannedAt: row.planned_at.toISOString(),
    plannedBy: row.planned_by,
    endedAt: row.ended_at?.toISOString() ?? null,
    endedBy: row.ended_by,
  }
}

/** Planned changes of a cluster that end after `since`, the latest beginning first. */
export async function loadPlanned(db: Pool, cluster: string, since: Date): Promise<readonly PlannedChange[]> {
  const { rows } = await db.pool.query<Row>(
    'SELECT * FROM planned_change WHERE $1 = ANY(clusters) AND "to" > $2 ORDER BY "from" DESC, id DESC LIMIT 1000',
    [cluster, since],
  )
  return rows.map(changeOf)
}

export async function loadPlannedById(db: Pool, id: string): Promise<PlannedChange | null> {
  const { rows } = await db.pool.query<Row>('SELECT * FROM planned_change WHERE id = $1', [id])
  return rows[0] ? changeOf(rows[0]) : null
}

export async function insertPlanned(tx: Tx, change: PlannedChange): Promise<void> {
  await tx.$executeRawUnsafe(
    `INSERT INTO planned_change (id, clusters, title, ticket, selector, effects, max_objects, "from", "to", planned_at, planned_by)
     VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7, $8, $9, $10, $11)`,
    change.id,
    change.clusters,
    change.title,
    change.ticket,
    JSON.stringify(change.selector),
    change.effects,
    change.maxObjects,
    new Date(change.from),
    new Date(change.to),
    new Date(change.plannedAt),
    change.plannedBy,
  )
}

/** Ends a change before its time; false when somebody else has. */
export async function endPlanned(tx: Tx, id: string, at: Date, by: string): Promise<boolean> {
  const ended = await tx.$executeRawUnsafe(
    'UPDATE planned_change SET ended_at = $2, ended_by = $3 WHERE id = $1 AND ended_at IS NULL AND "to" > $2',
    id,
    at,
    by,
  )
  return ended > 0
}

async function loadCovered(db: Pool, cluster: string, since: Date): Promise<readonly CoveredObject[]> {
  const { rows } = await db.pool.query<Omit<CoveredObject, 'at'> & { at: Date }>(
    'SELECT change, uid, effect, kind, namespace, name, at FROM planned_change_object WHERE cluster = $1 AND at > $2 ORDER BY at',
    [cluster, since],
  )
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }))
}

export async function saveCovered(db: Pool, cluster: string, covered: readonly CoveredObject[]): Promise<void> {
  await db.pool.query(
    `INSERT INTO planned_change_object (change, cluster, uid, effect, kind, namespace, name, at)
     SELECT x.change, $1, x.uid, x.effect, x.kind, x.namespace, x.name, x.at::timestamptz
     FROM jsonb_to_recordset($2::jsonb) AS x(change text, uid text, effect text, kind text, namespace text, name text, at text)
     ON CONFLICT DO NOTHING`,
    [cluster, JSON.stringify(covered)],
  )
}

const RECENT_MS = 7 * 24 * 3_600_000

/** What judgements need: what is planned, and what was covered lately. `now` is the cluster's time in ms. */
export async function loadExpected(
  db: Pool,
  cluster: string,
  now: number,
): Promise<{ readonly planned: readonly PlannedChange[]; readonly covered: readonly CoveredObject[] }> {
  const since = new Date(now - RECENT_MS)
  const [planned, covered] = await Promise.all([loadPlanned(db, cluster, since), loadCovered(db, cluster, since)])
  return { planned, covered }
}

/** How many objects of a cluster each change covered, each counted once. */
export async function countCovered(db: Pool, cluster: string, changes: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const { rows } = await db.pool.query<{ change: string; count: number }>(
    'SELECT change, count(DISTINCT uid)::int AS count FROM planned_change_object WHERE cluster = $1 AND change = ANY($2::text[]) GROUP BY change',
    [cluster, [...changes]],
  )
  return new Map(rows.map((row) => [row.change, row.count]))
}
