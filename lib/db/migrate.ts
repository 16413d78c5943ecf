import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'

export type Migration = { readonly name: string; readonly sql: string; readonly checksum: string }

export class MigrationError extends Error {
  override readonly name = 'MigrationError'
}

// Any fixed number; it only has to be ours.
const LOCK = 7_302_110_401

const TABLE = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id varchar(36) PRIMARY KEY NOT NULL,
  checksum varchar(64) NOT NULL,
  finished_at timestamptz,
  migration_name varchar(255) NOT NULL,
  logs text,
  rolled_back_at timestamptz,
  started_at timestamptz NOT NULL DEFAULT now(),
  applied_steps_count integer NOT NULL DEFAULT 0
)`

/** The migrations of a folder, in order of their names. */
export function readMigrations(folder: string): readonly Migration[] {
  if (!existsSync(folder)) throw new MigrationError(`There is no folder ${folder}: start from the checkout, or set BLACKSTART_ROOT to it.`)
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, 'migration.sql')))
    .map((entry) => entry.name)
    .sort()
    .map((name) => {
      const sql = readFileSync(join(folder, name, 'migration.sql'), 'utf8')
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
    })
}

/**
 * Brings the database to the newest migration: one at a time under an advisory lock, each in its own transaction.
 * Returns the names applied now. Throws `MigrationError` when an applied migration has another text than before,
 * or when the database is ahead of this version.
 */
export async function migrate(url: string, folder: string): Promise<readonly string[]> {
  const wanted = readMigrations(folder)
  const client = new pg.Client({ connectionString: url, application_name: 'blackstart migrate', connectionTimeoutMillis: 10_000 })
  await client.connect()
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK])
    await client.query(TABLE)
    const pending = await pendingOf(client, wanted)
    for (const migration of pending) await applyMigration(client, migration)
    return pending.map((migration) => migration.name)
  } finally {
    await client.end()
  }
}

async function pendingOf(client: pg.Client, wanted: readonly Migration[]): Promise<readonly Migration[]> {
  const { rows } = await client.query<{ migration_name: string; checksum: string }>(
    'SELECT migration_name, checksum FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
  )
  const applied = new Map(rows.map((row) => [row.migration_name, row.checksum]))
  for (const migration of wanted) {
    const before = applied.get(migration.name)
    if (before !== undefined && before !== migration.checksum) {
      throw new MigrationError(
        `Migration ${migration.name} was applied with another text than it has now. Put the old text back and write a new migration for the change.`,
      )
    }
  }
  const known = new Set(wanted.map((migration) => migration.name))
  const ahead = [...applied.keys()].find((name) => !known.has(name))
  if (ahead !== undefined) {
    throw new MigrationError(
      `The database already has migration ${ahead}, which this version does not know. Start the version that made it, or a newer one.`,
    )
  }
  return wanted.filter((migration) => !applied.has(migration.name))
}

async function applyMigration(client: pg.Client, migration: Migration): Promise<void> {
  await client.query('BEGIN')
  try {
    await client.query(migration.sql)
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       VALUES (gen_random_uuid()::text, $1, $2, now(), clock_timestamp(), 1)`,
      [migration.checksum, migration.name],
    )
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw new MigrationError(
      `Migration ${migration.name} failed and was rolled back: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    )
  }
}
