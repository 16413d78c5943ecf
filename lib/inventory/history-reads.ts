import { zstdDecompressSync } from 'node:zlib'
import type { SlimRecord } from '../cluster/schema.ts'
import type { Db } from '../db/client.ts'
import { type Dict, dict } from '../kernel/wire.ts'
import { sanitize } from './sanitize-rules.ts'
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
    return {
      at: async () => [],
      changes: async () => [],
      events: async () => [],
      stretch: async () => ({ seen: [], gaps: [], since: null }),
      manifest: async () => null,
      manifests: async () => [],
    }
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

    async stretch(from, to, limit = 20_000) {
      const seen = pool.query<{ at: Date; slim: SlimRecord; gone: boolean }>(
        `SELECT at, slim, gone FROM (
           SELECT id, valid_from AS at, slim, false AS gone FROM inventory_revision WHERE cluster = $1 AND valid_from > $2 AND valid_from <= $3
           UNION ALL
           SELECT id, deleted_at, slim, true FROM inventory_revision WHERE cluster = $1 AND deleted_at > $2 AND deleted_at <= $3
           ORDER BY at DESC, id DESC LIMIT $4
         ) newest ORDER BY at, id, gone`,
        [cluster, from, to, limit],
      )
      const gaps = pool.query<{ from_at: Date; to_at: Date; why: string }>(
        `SELECT from_at, to_at, why FROM inventory_gap WHERE cluster = $1 AND from_at < $3 AND to_at >= $2
         UNION
         SELECT after_at, min(valid_from), $4 FROM inventory_revision WHERE cluster = $1 AND after_at < $3 GROUP BY after_at HAVING min(valid_from) >= $2
         UNION
         SELECT deleted_after, min(deleted_at), $4 FROM inventory_revision WHERE cluster = $1 AND deleted_after < $3 GROUP BY deleted_after HAVING min(deleted_at) >= $2
         ORDER BY from_at`,
        [cluster, from, to, 'nobody was recording'],
      )
      const since = pool.query<{ since: Date | null }>('SELECT min(valid_from) AS since FROM inventory_revision WHERE cluster = $1', [
        cluster,
      ])
      return {
        seen: (await seen).rows.map(({ at, slim, gone }) => ({ at: at.toISOString(), record: slim, gone })),
        gaps: (await gaps).rows.map((row) => ({ from: row.from_at.toISOString(), to: row.to_at.toISOString(), why: row.why })),
        since: (await since).rows[0]?.since?.toISOString() ?? null,
      }
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
