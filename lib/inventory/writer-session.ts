import type { Db } from '../db/client.ts'
import { newId } from '../kernel/id.ts'
import type { Batch, Known, OpenRevision } from './ledger.ts'
import type { Retention } from './retention-rules.ts'
import { retireBodies, retireRows } from './retire-history.ts'
import { groupOf } from './rules.ts'

export interface WriterSession {
  /** Names this session in the database, so that a queue kept over an outage knows whether anybody else wrote. */
  readonly writer: string
  load(): Promise<Known>
  lastWriterWas(writer: string): Promise<boolean>
  write(batch: Batch, incarnation: string, at: string): Promise<void>
  adopt(incarnation: string, at: string): Promise<void>
  /** Says that up to `at` nothing is missing. */
  beat(at: string): Promise<void>
  /** Drops one batch of what is older than it is to be kept; true while more may follow. */
  retire(keep: Retention, at: string): Promise<boolean>
  fail(): void
  /** Resolves when the connection, and with it the lock, is lost. */
  lost(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** Namespace of our advisory locks; any fixed number. */
const LOCKS = 7_302_111

/** Takes a connection and the cluster's lock on it; null when another process has the lock. */
export async function openSession(pool: Db['pool'], cluster: string): Promise<WriterSession | null> {
  const client = await pool.connect()
  const writer = newId()
  let broken = false
  let tellLost = () => {}
  const gone = new Promise<void>((resolve) => {
    tellLost = resolve
  })
  client.on('error', lose)
  client.on('end', lose)

  function lose(): void {
    broken = true
    tellLost()
  }

  try {
    const { rows } = await client.query<{ got: boolean }>('SELECT pg_try_advisory_lock($1, hashtext($2)) AS got', [LOCKS, cluster])
    if (!rows[0]?.got) {
      client.off('error', lose)
      client.off('end', lose)
      client.release()
      return null
    }
  } catch (error) {
    client.release(true)
    throw error
  }

  return {
    writer,
    async load(): Promise<Known> {
      const [open, known] = [
        await client.query<{
          uid: string
          api_group: string
          kind: string
          namespace: string
          name: string
          hash: string
          mark: string
          deleting: boolean
        }>(
          `SELECT uid, api_group, kind, namespace, name, encode(hash, 'hex') AS hash, mark, slim->>'deletingAt' IS NOT NULL AS deleting FROM inventory_revision WHERE cluster = $1 AND valid_to IS NULL`,
          [cluster],
        ),
        await client.query<{ incarnation: string; recorded_at: Date }>(
          'SELECT incarnation, recorded_at FROM inventory_cluster WHERE cluster = $1',
          [cluster],
        ),
      ]
      return {
        open: open.rows.map(
          (row): OpenRevision => ({
            uid: row.uid,
            group: row.api_group,
            kind: row.kind,
            namespace: row.namespace,
            name: row.name,
            hash: row.hash,
            mark: row.mark,
            deleting: row.deleting,
          }),
        ),
        incarnation: known.rows[0]?.incarnation ?? null,
        recordedAt: known.rows[0]?.recorded_at.toISOString() ?? null,
      }
    },
    async lastWriterWas(former) {
      const { rows } = await client.query<{ writer: string }>('SELECT writer FROM inventory_cluster WHERE cluster = $1', [cluster])
      return rows[0] === undefined || rows[0].writer === former
    },
    async write(batch, incarnation, at) {
      await client.query('BEGIN')
      try {
        await writeBatch(client, cluster, incarnation, batch)
        await client.query(
          `INSERT INTO inventory_cluster (cluster, incarnation, writer, recorded_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (cluster) DO UPDATE SET incarnation = excluded.incarnation, writer = excluded.writer, recorded_at = excluded.recorded_at`,
          [cluster, incarnation, writer, at],
        )
        await client.query('COMMIT')
      } catch (error) {
        await client.query('ROLLBACK').catch(lose)
        throw error
      }
    },
    async adopt(incarnation, at) {
      await client.query('UPDATE inventory_revision SET valid_to = $2 WHERE cluster = $1 AND valid_to IS NULL', [cluster, at])
      await client.query('UPDATE inventory_cluster SET incarnation = $2, writer = $3 WHERE cluster = $1', [cluster, incarnation, writer])
    },
    async beat(at) {
      await client.query('UPDATE inventory_cluster SET recorded_at = greatest(recorded_at, $2) WHERE cluster = $1', [cluster, at])
    },
    async retire(keep, at) {
      const [rows, bodies] = [await retireRows(client, cluster, keep, at), await retireBodies(client)]
      return rows.more || bodies.more
    },
    fail: lose,
    lost: (signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true })
        void gone.then(resolve)
      }),
    async close() {
      client.off('error', lose)
      client.off('end', lose)
      // A connection that goes back to the pool with its lock would keep everybody else out.
      if (!broken) await client.query('SELECT pg_advisory_unlock($1, hashtext($2))', [LOCKS, cluster]).catch(() => {})
      client.release(broken)
    },
  }
}

type Client = { query(text: string, values?: unknown[]): Promise<unknown> }

async function writeBatch(client: Client, cluster: string, incarnation: string, batch: Batch): Promise<void> {
  if (batch.bodies.size > 0) {
    const bodies = [...batch.bodies.values()]
    await client.query(
      'INSERT INTO inventory_body (hash, zstd, redacted) SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::boolean[]) ON CONFLICT DO NOTHING',
      [bodies.map((one) => Buffer.from(one.hash, 'hex')), bodies.map((one) => Buffer.from(one.zstd)), bodies.map((one) => one.redacted)],
    )
  }
  if (batch.closes.length > 0) {
    await client.query(
      `UPDATE inventory_revision r SET valid_to = greatest(c.at, r.valid_from), deleted_at = c.deleted_at, deleted_after = c.deleted_after
       FROM unnest($2::text[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[]) AS c (uid, at, deleted_at, deleted_after)
       WHERE r.cluster = $1 AND r.uid = c.uid AND r.valid_to IS NULL`,
      [
        cluster,
        batch.closes.map((one) => one.uid),
        batch.closes.map((one) => one.at),
        batch.closes.map((one) => one.deletedAt),
        batch.closes.map((one) => one.deletedAfter),
      ],
    )
  }
  if (batch.revisions.length > 0) await insertRevisions(client, cluster, incarnation, batch.revisions)
  if (batch.events.size > 0) {
    const events = [...batch.events]
    await client.query(
      'INSERT INTO inventory_event (cluster, key, at, event) SELECT $1, * FROM unnest($2::text[], $3::timestamptz[], $4::jsonb[]) ON CONFLICT DO NOTHING',
      [cluster, events.map(([key]) => key), events.map(([, one]) => one.at), events.map(([, one]) => JSON.stringify(one))],
    )
  }
  for (const gap of batch.gaps) {
    await client.query('INSERT INTO inventory_gap (cluster, from_at, to_at, lost, why) VALUES ($1, $2, $3, $4, $5)', [
      cluster,
      gap.from,
      gap.to,
      gap.lost,
      gap.why,
    ])
  }
}

async function insertRevisions(client: Client, cluster: string, incarnation: string, rows: Batch['revisions']): Promise<void> {
  await client.query(
    `INSERT INTO inventory_revision (cluster, incarnation, uid, api_group, kind, namespace, name, resource_version, hash, mark, slim, what, written_by,
       changed_at, after_at, valid_from, valid_to, deleted_at, deleted_after)
     SELECT $1, $2, * FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bytea[], $10::text[], $11::jsonb[], $12::text[], $13::text[],
       $14::timestamptz[], $15::timestamptz[], $16::timestamptz[], $17::timestamptz[], $18::timestamptz[], $19::timestamptz[])`,
    [
      cluster,
      incarnation,
      rows.map(({ record }) => record.uid),
      rows.map(({ record }) => groupOf(record.apiVersion)),
      rows.map(({ record }) => record.kind),
      rows.map(({ record }) => record.namespace),
      rows.map(({ record }) => record.name),
      rows.map(({ record }) => record.resourceVersion),
      rows.map((row) => Buffer.from(row.hash, 'hex')),
      rows.map((row) => row.mark),
      rows.map(({ record }) => JSON.stringify(record)),
      rows.map((row) => row.what),
      rows.map((row) => row.by),
      rows.map((row) => row.changedAt),
      rows.map((row) => row.after),
      rows.map((row) => row.validFrom),
      rows.map((row) => row.validTo),
      rows.map((row) => row.deletedAt),
      rows.map((row) => row.deletedAfter),
    ],
  )
}
