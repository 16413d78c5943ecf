import type { Tx } from '../db/client.ts'
import type { Dict } from '../kernel/wire.ts'
import type { Imported } from './import-rules.ts'
import { bodyOf } from './kept.ts'
import { markOf } from './ledger.ts'
import { keptManifest } from './manifest.ts'
import type { Redacted } from './redact.ts'
import { groupOf } from './rules.ts'

const CHUNK = 500

/** Stores the objects of an imported baseline as standing at its instant, and at no other. */
export async function storeImported(
  tx: Tx,
  baseline: { readonly id: string; readonly cluster: string; readonly at: Date },
  objects: readonly Imported[],
  redact: (object: Dict) => Redacted,
): Promise<void> {
  for (let i = 0; i < objects.length; i += CHUNK) {
    const chunk = objects.slice(i, i + CHUNK).map(({ record, manifest }) => ({
      record: redact(record as unknown as Dict).object,
      group: groupOf(record.apiVersion),
      mark: markOf(record),
      body: manifest === null ? null : bodyOf(keptManifest(manifest), redact),
    }))
    const bodies = chunk.flatMap(({ body }) => (body ? [{ ...body, zstd: Buffer.from(body.zstd).toString('base64') }] : []))
    const rows = chunk.map(({ record, group, mark, body }) => ({ slim: record, group, mark, hash: body?.hash ?? null }))
    // The update holds the body fast against whoever clears away what nothing needs.
    await tx.$executeRawUnsafe(
      `INSERT INTO inventory_body (hash, zstd, redacted)
       SELECT DISTINCT ON (hash) decode(hash, 'hex'), decode(zstd, 'base64'), redacted FROM jsonb_to_recordset($1::jsonb) AS x(hash text, zstd text, redacted boolean)
       ON CONFLICT (hash) DO UPDATE SET recorded_at = now()`,
      JSON.stringify(bodies),
    )
    await tx.$executeRawUnsafe(
      `INSERT INTO inventory_revision (cluster, incarnation, uid, api_group, kind, namespace, name, resource_version, hash, mark, slim, what, changed_at, valid_from, valid_to, imported)
       SELECT $1, 'imported', slim->>'uid', "group", slim->>'kind', slim->>'namespace', slim->>'name', '', decode(hash, 'hex'), mark, slim, 'created',
              $2::timestamptz, $2::timestamptz, $2::timestamptz + interval '1 millisecond', $3
       FROM jsonb_to_recordset($4::jsonb) AS x(slim jsonb, "group" text, mark text, hash text)`,
      baseline.cluster,
      baseline.at,
      baseline.id,
      JSON.stringify(rows),
    )
    // Compressing thousands of manifests must not keep everybody else waiting.
    await new Promise((resolve) => setImmediate(resolve))
  }
}
