import type { KnownInstance } from '../argocd/schema.ts'
import { appendAudit } from '../audit/store.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import type { Db } from '../db/client.ts'
import type { RemovalView } from './expected-view.ts'
import type { PendingRemoval, RemovalBatch } from './keep-removals.ts'
import type { ImpactMemory, Remembered } from './memory.ts'
import { loadExpected } from './planned-store.ts'
import { SYSTEM } from './store.ts'

type AcceptedRow = { readonly service: string; readonly reason: string; readonly at: Date; readonly due_at: Date | null }

/** What the board of a cluster knew when it last ran. `now` is the cluster's time in ms. */
export async function loadMemory(db: Pick<Db, 'pool'>, cluster: string, now: number): Promise<ImpactMemory> {
  const [services, held, removals, expected] = await Promise.all([
    db.pool.query<{ service: string; at: Date; members: SlimRecord[] }>(
      'SELECT service, at, members FROM service_memory WHERE cluster = $1',
      [cluster],
    ),
    db.pool.query<{ incarnation: string; instances: KnownInstance[]; since: Date | null }>(
      'SELECT incarnation, instances, since FROM cluster_memory WHERE cluster = $1',
      [cluster],
    ),
    db.pool.query<AcceptedRow>('SELECT service, reason, at, due_at FROM accepted_removal WHERE cluster = $1', [cluster]),
    loadExpected(db, cluster, now),
  ])
  const pendingOf = ({ service, at, reason }: AcceptedRow): [string, PendingRemoval] => [service, { at: at.toISOString(), reason }]
  return {
    services: new Map(services.rows.map((row): [string, Remembered] => [row.service, { at: row.at.toISOString(), members: row.members }])),
    instances: held.rows[0]?.instances ?? [],
    incarnation: held.rows[0]?.incarnation ?? '',
    since: held.rows[0]?.since?.toISOString() ?? null,
    accepted: new Map(removals.rows.filter((row) => row.due_at === null).map((row) => [row.service, row.reason])),
    removals: new Map(removals.rows.filter((row) => row.due_at !== null).map(pendingOf)),
    ...expected,
  }
}

/** Removals of a cluster's services that are accepted or wait to be, newest first. */
export async function listRemovals(db: Pick<Db, 'pool'>, cluster: string): Promise<readonly RemovalView[]> {
  const { rows } = await db.pool.query<AcceptedRow & { by: string }>(
    'SELECT service, reason, at, due_at, "by" FROM accepted_removal WHERE cluster = $1 ORDER BY at DESC LIMIT 200',
    [cluster],
  )
  return rows.map(({ service, at, by, reason, due_at }) => ({
    service,
    at: at.toISOString(),
    by,
    reason,
    due: due_at?.toISOString() ?? null,
  }))
}

export type MemoryBatch = {
  readonly services: readonly (Remembered & { readonly id: string })[]
  readonly forgotten: readonly string[]
  readonly removals: RemovalBatch
  readonly cluster: { readonly instances: readonly KnownInstance[]; readonly incarnation: string } | null
}

/** Stores what a board learned; harmless when repeated. `at` is the cluster's time. */
export async function saveMemory(db: Db, cluster: string, batch: MemoryBatch, at: Date): Promise<void> {
  if (batch.services.length > 0) {
    await db.pool.query(
      `INSERT INTO service_memory (cluster, service, at, members) SELECT $1, x.id, x.at::timestamptz, x.members FROM jsonb_to_recordset($2::jsonb) AS x(id text, at text, members jsonb)
       ON CONFLICT (cluster, service) DO UPDATE SET at = excluded.at, members = excluded.members`,
      [cluster, JSON.stringify(batch.services)],
    )
    await db.pool.query('DELETE FROM accepted_removal WHERE cluster = $1 AND service = ANY($2::text[])', [
      cluster,
      batch.services.map((one) => one.id),
    ])
  }
  if (batch.forgotten.length > 0)
    await db.pool.query('DELETE FROM service_memory WHERE cluster = $1 AND service = ANY($2::text[])', [cluster, [...batch.forgotten]])
  if (batch.cluster) {
    await db.pool.query(
      `INSERT INTO cluster_memory (cluster, incarnation, instances, at, since) VALUES ($1, $2, $3::jsonb, $4, $4)
       ON CONFLICT (cluster) DO UPDATE SET incarnation = excluded.incarnation, instances = excluded.instances, at = excluded.at`,
      [cluster, batch.cluster.incarnation, JSON.stringify(batch.cluster.instances), at],
    )
  }
  await saveRemovals(db, cluster, batch.removals, at)
}

async function saveRemovals(db: Db, cluster: string, { begun, accepted, withdrawn }: RemovalBatch, at: Date): Promise<void> {
  for (const one of begun) {
    await told(db, cluster, one.service, 'service.removal-expected', { since: one.at, reason: one.reason, due: one.due }, (tx) =>
      tx.$executeRawUnsafe(
        'INSERT INTO accepted_removal (cluster, service, at, "by", reason, due_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING',
        cluster,
        one.service,
        new Date(one.at),
        SYSTEM.id,
        one.reason,
        new Date(one.due),
      ),
    )
  }
  for (const one of accepted) {
    await told(db, cluster, one.service, 'service.removal-accepted', { since: one.at, reason: one.reason }, (tx) =>
      tx.$executeRawUnsafe(
        `INSERT INTO accepted_removal (cluster, service, at, "by", reason) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (cluster, service) DO UPDATE SET at = excluded.at, due_at = NULL WHERE accepted_removal.due_at IS NOT NULL`,
        cluster,
        one.service,
        at,
        SYSTEM.id,
        one.reason,
      ),
    )
  }
  for (const service of withdrawn) {
    await told(db, cluster, service, 'service.removal-withdrawn', {}, (tx) =>
      tx.$executeRawUnsafe('DELETE FROM accepted_removal WHERE cluster = $1 AND service = $2 AND due_at IS NOT NULL', cluster, service),
    )
  }
}

type Write = (tx: Parameters<Parameters<Db['tx']>[0]>[0]) => Promise<number>

/** Writes, and says so in the audit log if anything changed by it: another replica may have been first. */
async function told(db: Db, cluster: string, service: string, kind: string, data: Record<string, unknown>, write: Write): Promise<void> {
  await db.tx(async (tx) => {
    if ((await write(tx)) > 0)
      await appendAudit(tx, `service:${service}`, null, [{ actor: SYSTEM, kind, data: { cluster, service, ...data } }])
  })
}
