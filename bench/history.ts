import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import pg from 'pg'
import { WALL } from '../lib/cluster/rules.ts'
import { discardEmbedded, startEmbedded } from '../lib/db/embedded.ts'
import { migrate } from '../lib/db/migrate.ts'
import { createHistory } from '../lib/inventory/history-store.ts'
import type { Observed } from '../lib/inventory/ledger.ts'
import { project } from '../lib/inventory/rules.ts'
import { createInventory } from '../lib/inventory/store.ts'
import type { Row } from './table.ts'

const OBJECTS = 10_000
const BATCH = 1_000
const ROUNDS = 3

/** Revisions written per second, from being observed to durable, beside one multi-row INSERT per batch of the same compressed rows. */
export async function historyRate(folder: string): Promise<Row[]> {
  const root = process.cwd()
  const data = join(folder, 'history')
  const embedded = await startEmbedded({ root, folder: data, say: () => {} })
  const pool = new pg.Pool({ connectionString: embedded.url, max: 4 })
  try {
    await migrate(embedded.url, join(root, 'prisma/migrations'))
    const ours: number[] = []
    const bare: number[] = []
    // In turns, and the best of each: whoever goes first finds a cold server.
    for (let round = 0; round < ROUNDS; round++) {
      const seen = Array.from({ length: OBJECTS }, (_, i) => observed(round * OBJECTS + i))
      bare.push(await inserted(pool, seen))
      ours.push(await recorded(pool, seen))
    }
    return [
      {
        what: `history, ${OBJECTS} revisions`,
        ours: (OBJECTS * 1_000) / Math.min(...ours),
        reference: (OBJECTS * 1_000) / Math.min(...bare),
        unit: '/s',
        against: `one INSERT per ${BATCH} of the same rows into the same tables`,
        atMost: null,
        atLeast: 0.6,
      },
    ]
  } finally {
    await pool.end()
    await embedded.stop()
    await discardEmbedded(root, data)
  }
}

async function recorded(pool: pg.Pool, seen: readonly Observed[]): Promise<number> {
  const inventory = createInventory('bench')
  inventory.setFacts({ incarnation: 'bench' })
  const history = createHistory({ cluster: 'bench', inventory, db: { pool }, now: () => WALL })
  await history.started()
  const startedAt = performance.now()
  for (const one of seen) history.observe(one)
  await history.flush()
  const ms = performance.now() - startedAt
  await history.stop()
  return ms
}

/** Into tables like ours, with their indexes: what is compared is the way, not the columns. */
async function inserted(pool: pg.Pool, seen: readonly Observed[]): Promise<number> {
  await pool.query('CREATE TABLE IF NOT EXISTS bench_body (LIKE inventory_body INCLUDING ALL)')
  await pool.query('CREATE TABLE IF NOT EXISTS bench_revision (LIKE inventory_revision INCLUDING ALL)')
  const startedAt = performance.now()
  for (let from = 0; from < seen.length; from += BATCH) {
    const rows = seen.slice(from, from + BATCH)
    const hashes = rows.map((one) => Buffer.from(one.body?.hash ?? '', 'hex'))
    await pool.query(
      `WITH bodies AS (INSERT INTO bench_body (hash, zstd, redacted) SELECT *, false FROM unnest($1::bytea[], $2::bytea[]))
       INSERT INTO bench_revision (cluster, incarnation, uid, api_group, kind, namespace, name, resource_version, hash, mark, slim, what, changed_at, valid_from)
       SELECT 'bench', 'bench', r.uid, 'apps', 'Deployment', r.namespace, r.name, '1', r.hash, '', r.slim, 'created', now(), now()
       FROM unnest($3::text[], $4::text[], $5::text[], $1::bytea[], $6::jsonb[]) AS r (uid, namespace, name, hash, slim)`,
      [
        hashes,
        rows.map((one) => Buffer.from(one.body?.zstd ?? [])),
        rows.map((one) => one.record.uid),
        rows.map((one) => one.record.namespace),
        rows.map((one) => one.record.name),
        rows.map((one) => JSON.stringify(one.record)),
      ],
    )
  }
  return performance.now() - startedAt
}

/** A Deployment of ordinary size; each is different, so each body is stored. */
function observed(i: number): Observed {
  const labels = { app: `app-${i}`, 'app.kubernetes.io/part-of': `system-${i % 50}` }
  const container = {
    name: 'app',
    image: `registry.example/app-${i}:1.${i % 9}`,
    env: Array.from({ length: 20 }, (_, n) => ({ name: `VALUE_${n}`, value: `${i}-${n}` })),
  }
  const object = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: `app-${i}`,
      namespace: `team-${i % 100}`,
      uid: `uid-${i}`,
      resourceVersion: String(i + 1),
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels,
    },
    spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [container] } } },
  }
  const text = JSON.stringify(object)
  return {
    record: project(object, '2026-01-01T00:00:01.000Z'),
    body: { hash: createHash('sha256').update(text).digest('hex'), zstd: new Uint8Array(zstdCompressSync(text)), redacted: false },
    by: null,
  }
}
