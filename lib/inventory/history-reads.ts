import { zstdDecompressSync } from 'node:zlib'
import type { SlimRecord } from '../cluster/schema.ts'
import type { Db } from '../db/client.ts'
import { at, type Dict, dict } from '../kernel/wire.ts'
import type { AuditLine, History, RecordedChange, RecordedEvent, RecordedGap } from './port.ts'
import { sanitize } from './sanitize-rules.ts'

type ChangeRow = {
  at: Date
  observed: Date
  what: RecordedChange['what']
  slim: SlimRecord
  was: SlimRecord | null
  written_by: string | null
  after: Date | null
  id: string
  place: string
}
type BodyRow = { uid: string; zstd: Buffer; redacted: boolean; slim: SlimRecord; valid_from: Date }

/** The past of a cluster of which nothing is recorded. */
export const NOTHING_RECORDED: Omit<History, 'flush'> = {
  at: async () => [],
  changes: async () => [],
  events: async () => [],
  manifest: async () => null,
  revision: async () => null,
  gaps: async () => [],
  audit: async () => [],
  stretch: async () => ({ seen: [], gaps: [], since: null }),
  wholeSince: async () => null,
  manifests: async () => [],
}

/** The objects of an imported baseline are asked for by its very instant, and then alone; `instant` is that parameter of the query. */
function momentOf(instant: string): string {
  return `r.imported IS NOT DISTINCT FROM (SELECT b.id FROM baseline b WHERE b.cluster = $1 AND b.at = ${instant}::timestamptz AND b.imported IS NOT NULL)`
}

/** The questions that the recorded past answers; without a database it knows nothing. */
export function historyReads(cluster: string, db: Pick<Db, 'pool'> | null): Omit<History, 'flush'> {
  if (db === null) return NOTHING_RECORDED
  const { pool } = db

  /** What was written down as lost, and the time between the last record and a take-over wherever something had changed meanwhile. */
  async function gapsOf(from: Date, to: Date): Promise<readonly RecordedGap[]> {
    const { rows } = await pool.query<{ from_at: Date; to_at: Date; lost: number; why: string }>(
      `SELECT from_at, to_at, lost, why FROM inventory_gap WHERE cluster = $1 AND from_at < $3 AND to_at >= $2
       UNION
       SELECT after_at, min(valid_from), 0, $4 FROM inventory_revision WHERE cluster = $1 AND after_at < $3 GROUP BY after_at HAVING min(valid_from) >= $2
       UNION
       SELECT deleted_after, min(deleted_at), 0, $4 FROM inventory_revision WHERE cluster = $1 AND deleted_after < $3 GROUP BY deleted_after HAVING min(deleted_at) >= $2
       ORDER BY from_at`,
      [cluster, from, to, 'nobody was recording'],
    )
    return rows.map((row) => ({ from: row.from_at.toISOString(), to: row.to_at.toISOString(), lost: row.lost, why: row.why }))
  }

  return {
    async at(instant) {
      const { rows } = await pool.query<{ slim: SlimRecord }>(
        `SELECT slim FROM inventory_revision r WHERE cluster = $1 AND valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2) AND ${momentOf('$2')}`,
        [cluster, instant],
      )
      return rows.map((row) => row.slim)
    },

    async changes(from, to, limit = 1_000, { newestFirst = false, uid, namespace, kind, madeAfter, behind } = {}) {
      const turn = newestFirst ? 'DESC' : 'ASC'
      const ours =
        'r.cluster = $1 AND r.imported IS NULL AND ($5::text IS NULL OR r.uid = $5) AND ($6::text IS NULL OR r.namespace = $6) AND ($7::text IS NULL OR r.kind = $7)'
      const [when = null, seen = null, place = null] = behind?.split('_') ?? []
      // Each half is cut before what was before is looked up, so that a page costs a page.
      const { rows } = await pool.query<ChangeRow>(
        `SELECT c.*, CASE WHEN c.what = 'gone' THEN c.slim ELSE p.slim END AS was FROM (
           (SELECT r.id, r.uid, r.id * 2 AS place, r.changed_at AS at, r.valid_from AS observed, r.what, r.slim, r.written_by, r.after_at AS after
            FROM inventory_revision r
            WHERE ${ours} AND r.changed_at BETWEEN $2 AND $3 AND NOT (r.what = 'created' AND r.changed_at <= coalesce($8::timestamptz, '-infinity'))
              AND ($9::timestamptz IS NULL OR (r.changed_at, r.valid_from, r.id * 2) < ($9, $10::timestamptz, $11::bigint))
            ORDER BY r.changed_at ${turn}, r.valid_from ${turn}, r.id ${turn} LIMIT $4)
           UNION ALL
           (SELECT r.id, r.uid, r.id * 2 + 1, r.deleted_at, r.deleted_at, 'gone', r.slim, NULL, r.deleted_after
            FROM inventory_revision r
            WHERE ${ours} AND r.deleted_at BETWEEN $2 AND $3
              AND ($9::timestamptz IS NULL OR (r.deleted_at, r.deleted_at, r.id * 2 + 1) < ($9, $10::timestamptz, $11::bigint))
            ORDER BY r.deleted_at ${turn}, r.id ${turn} LIMIT $4)
           ORDER BY at ${turn}, observed ${turn}, place ${turn} LIMIT $4
         ) c
         LEFT JOIN LATERAL (SELECT slim FROM inventory_revision q WHERE q.cluster = $1 AND q.uid = c.uid AND q.id < c.id ORDER BY q.id DESC LIMIT 1) p ON c.what <> 'gone'
         ORDER BY c.at ${turn}, c.observed ${turn}, c.place ${turn}`,
        [cluster, from, to, limit, uid ?? null, namespace ?? null, kind ?? null, madeAfter ?? null, when, seen, place],
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
          revision: row.id,
          place: `${row.at.toISOString()}_${row.observed.toISOString()}_${row.place}`,
        }),
      )
    },

    async audit(from, to, limit = 1_000) {
      const { rows } = await pool.query<{ line: AuditLine }>(
        'SELECT line FROM inventory_audit WHERE cluster = $1 AND at BETWEEN $2 AND $3 ORDER BY at, id LIMIT $4',
        [cluster, from, to, limit],
      )
      return rows.map((row) => row.line)
    },

    gaps: gapsOf,

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
           SELECT id, valid_from AS at, slim, false AS gone FROM inventory_revision WHERE cluster = $1 AND imported IS NULL AND valid_from > $2 AND valid_from <= $3
           UNION ALL
           SELECT id, deleted_at, slim, true FROM inventory_revision WHERE cluster = $1 AND deleted_at > $2 AND deleted_at <= $3
           ORDER BY at DESC, id DESC LIMIT $4
         ) newest ORDER BY at, id, gone`,
        [cluster, from, to, limit],
      )
      const since = pool.query<{ since: Date | null }>(
        'SELECT min(valid_from) AS since FROM inventory_revision WHERE cluster = $1 AND imported IS NULL',
        [cluster],
      )
      return {
        seen: (await seen).rows.map(({ at, slim, gone }) => ({ at: at.toISOString(), record: slim, gone })),
        gaps: await gapsOf(from, to),
        since: (await since).rows[0]?.since?.toISOString() ?? null,
      }
    },

    async wholeSince() {
      // What was there before the first list was seen is listed kind by kind, within moments; what is seen later was made or granted later.
      const { rows } = await pool.query<{ whole: Date | null }>(
        `SELECT max(r.valid_from) AS whole FROM inventory_revision r,
           (SELECT min(valid_from) AS first FROM inventory_revision WHERE cluster = $1 AND imported IS NULL) begun
         WHERE r.cluster = $1 AND r.imported IS NULL AND r.what = 'created' AND r.valid_from < begun.first + interval '2 minutes' AND r.changed_at <= begun.first`,
        [cluster],
      )
      return rows[0]?.whole?.toISOString() ?? null
    },

    async manifest(ref, at, sanitized) {
      const { rows } = await pool.query<BodyRow>(
        `SELECT r.uid, b.zstd, b.redacted, r.slim, r.valid_from FROM inventory_revision r JOIN inventory_body b USING (hash)
         WHERE r.cluster = $1 AND r.kind = $2 AND r.namespace = $3 AND r.name = $4 AND ($5::text IS NULL OR r.api_group = $5)
           AND r.valid_from <= $6 AND (r.valid_to IS NULL OR r.valid_to > $6) AND ${momentOf('$6')} ORDER BY r.id DESC LIMIT 1`,
        [cluster, ref.kind, ref.namespace, ref.name, ref.group ?? null, at],
      )
      const [row] = rows
      return row ? { manifest: manifestOf(row, sanitized), redacted: row.redacted, validFrom: row.valid_from.toISOString() } : null
    },

    async revision(revision, sanitized) {
      const { rows } = await pool.query<BodyRow>(
        `SELECT r.uid, b.zstd, b.redacted, r.slim, r.valid_from FROM inventory_revision r JOIN inventory_body b USING (hash)
         WHERE r.cluster = $1 AND r.id = $2`,
        [cluster, revision],
      )
      const [row] = rows
      return row ? { manifest: manifestOf(row, sanitized), redacted: row.redacted, validFrom: row.valid_from.toISOString() } : null
    },

    async manifests(kind, at, sanitized, group) {
      const { rows } = await pool.query<BodyRow>(
        `SELECT r.uid, b.zstd, b.redacted, r.slim, r.valid_from FROM inventory_revision r JOIN inventory_body b USING (hash)
         WHERE r.cluster = $1 AND r.kind = $2 AND ($3::text IS NULL OR r.api_group = $3) AND r.valid_from <= $4 AND (r.valid_to IS NULL OR r.valid_to > $4) AND ${momentOf('$4')}
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

/** The manifest with what its revision holds beside it: its identity, and the words of an Application's status that flap. */
function whole(kept: Dict, slim: SlimRecord): Record<string, unknown> {
  const identity = {
    uid: slim.uid,
    resourceVersion: slim.resourceVersion,
    generation: slim.generation,
    creationTimestamp: slim.createdAt,
    ...(slim.deletingAt ? { deletionTimestamp: slim.deletingAt } : {}),
  }
  const { facts } = slim
  const words =
    facts.is === 'application'
      ? {
          status: {
            ...dict(kept.status),
            ...(facts.sync ? { sync: { ...dict(at(kept, 'status', 'sync')), status: facts.sync } } : {}),
            ...(facts.health ? { health: { status: facts.health } } : {}),
          },
        }
      : {}
  return { ...kept, metadata: { ...dict(kept.metadata), ...identity }, ...words }
}
