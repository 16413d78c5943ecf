import { zstdDecompressSync } from 'node:zlib'
import type { SlimRecord } from '../cluster/schema.ts'
import type { Db } from '../db/client.ts'
import { type Dict, dict } from '../kernel/wire.ts'
import { sanitize } from './manifest.ts'
import type { History, RecordedChange, RecordedEvent } from './port.ts'

type ChangeRow = {
  at: Date
  observed: Date
  what: RecordedChange['what']
  slim: SlimRecord
  was: SlimRecord | null
  written_by: string | null
  after: Date | null
}
type BodyRow = { uid: string; zstd: Buffer; redacted: boolean; slim: SlimRecord; valid_from: Date }

/** The questions that the recorded past answers; without a database it knows nothing. */
export function historyReads(cluster: string, db: Pick<Db, 'pool'> | null): Omit<History, 'flush'> {
  if (db === null)
    return { at: async () => [], changes: async () => [], events: async () => [], manifest: async () => null, manifests: async () => [] }
  const { pool } = db

  return {
    async at(instant) {
      const { rows } = await pool.query<{ slim: SlimRecord }>(
        'SELECT slim FROM inventory_revision WHERE cluster = $1 AND valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2)',
        [cluster, instant],
      )
      return rows.map((row) => row.slim)
    },

    async changes(from, to, limit = 1_000, { newestFirst = false, uid, namespace } = {}) {
      const turn = newestFirst ? 'DESC' : 'ASC'
      const ours = '($5::text IS NULL OR r.uid = $5) AND ($6::text IS NULL OR r.namespace = $6)'
      const { rows } = await pool.query<ChangeRow>(
        `SELECT * FROM (
           SELECT r.id, r.changed_at AS at, r.valid_from AS observed, r.what, r.slim, p.slim AS was, r.written_by, r.after_at AS after
           FROM inventory_revision r
           LEFT JOIN LATERAL (SELECT slim FROM inventory_revision q WHERE q.cluster = r.cluster AND q.uid = r.uid AND q.id < r.id ORDER BY q.id DESC LIMIT 1) p ON true
           WHERE r.cluster = $1 AND r.changed_at BETWEEN $2 AND $3 AND ${ours}
           UNION ALL
           SELECT r.id, r.deleted_at, r.deleted_at, 'gone', r.slim, r.slim, NULL, r.deleted_after
           FROM inventory_revision r WHERE r.cluster = $1 AND r.deleted_at BETWEEN $2 AND $3 AND ${ours}
         ) c ORDER BY c.at ${turn}, c.observed ${turn}, c.id ${turn} LIMIT $4`,
        [cluster, from, to, limit, uid ?? null, namespace ?? null],
      )
      return rows.map(
        (row): RecordedChange => ({
          at: row.at.toISOString(),
          observedAt: row.observed.toISOString(),
          what: row.what,
          record: row.slim,
          was: row.was,
          by: row.written_by,
          after: row.after?.toISOString() ?? null,
        }),
      )
    },

    async events(from, to, limit = 1_000) {
      const { rows } = await pool.query<{ event: RecordedEvent }>(
        'SELECT event FROM inventory_event WHERE cluster = $1 AND at BETWEEN $2 AND $3 ORDER BY at, id LIMIT $4',
        [cluster, from, to, limit],
      )
      return rows.map((row) => row.event)
    },

    async manifest(ref, at, sanitized) {
      const { rows } = await pool.query<BodyRow>(
        `SELECT r.uid, b.zstd, b.redacted, r.slim, r.valid_from FROM inventory_revision r JOIN inventory_body b USING (hash)
         WHERE r.cluster = $1 AND r.kind = $2 AND r.namespace = $3 AND r.name = $4 AND ($5::text IS NULL OR r.api_group = $5)
           AND r.valid_from <= $6 AND (r.valid_to IS NULL OR r.valid_to > $6) ORDER BY r.id DESC LIMIT 1`,
        [cluster, ref.kind, ref.namespace, ref.name, ref.group ?? null, at],
      )
      const [row] = rows
      return row ? { manifest: manifestOf(row, sanitized), redacted: row.redacted, validFrom: row.valid_from.toISOString() } : null
    },

    async manifests(kind, at, sanitized, group) {
      const { rows } = await pool.query<BodyRow>(
        `SELECT r.uid, b.zstd, b.redacted, r.slim, r.valid_from FROM inventory_revision r JOIN inventory_body b USING (hash)
         WHERE r.cluster = $1 AND r.kind = $2 AND ($3::text IS NULL OR r.api_group = $3) AND r.valid_from <= $4 AND (r.valid_to IS NULL OR r.valid_to > $4)
         ORDER BY r.namespace, r.name`,
        [cluster, kind, group ?? null, at],
      )
      return rows.map((row) => ({ manifest: manifestOf(row, sanitized), redacted: row.redacted, uid: row.uid }))
    },
  }
}

function manifestOf(row: BodyRow, sanitized: boolean): Record<string, unknown> {
  const kept = dict(JSON.parse(zstdDecompressSync(row.zstd).toString('utf8')))
  return sanitized ? sanitize(kept) : whole(kept, row.slim)
}

/** The manifest with the identity that its revision holds beside it. */
function whole(kept: Dict, slim: SlimRecord): Record<string, unknown> {
  const identity = {
    uid: slim.uid,
    resourceVersion: slim.resourceVersion,
    generation: slim.generation,
    creationTimestamp: slim.createdAt,
    ...(slim.deletingAt ? { deletionTimestamp: slim.deletingAt } : {}),
  }
  return { ...kept, metadata: { ...dict(kept.metadata), ...identity } }
}
