import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { inject } from 'vitest'
import { type Db, openDb } from '../db/client.ts'
import { startEmbedded } from '../db/embedded.ts'
import { migrate } from '../db/migrate.ts'
import { sleep } from '../kernel/pace.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of this test run, made by `tests/setup/run.ts`. */
    run: { readonly folder: string; readonly root: string }
  }
}

export type TestDatabase = { readonly db: Db; readonly url: string; drop(): Promise<void> }

/**
 * A fresh, migrated database of its own, on one real PostgreSQL per test run, which starts when the first test asks.
 * Call `drop()` when done.
 */
export async function testDatabase(): Promise<TestDatabase> {
  const admin = await server()
  const name = `t_${randomBytes(6).toString('hex')}`
  await query(admin, `CREATE DATABASE ${name} TEMPLATE template_migrated STRATEGY file_copy`)
  const url = withDatabase(admin, name)
  const db = openDb(url, { max: 5, name: `test ${name}` })
  return {
    db,
    url,
    drop: async () => {
      await db.close()
      await query(admin, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
    },
  }
}

/** An empty database without any table, for tests of migrations. */
export async function emptyDatabase(): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const admin = await server()
  const name = `e_${randomBytes(6).toString('hex')}`
  await query(admin, `CREATE DATABASE ${name}`)
  return { url: withDatabase(admin, name), drop: () => query(admin, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) }
}

/** The URL of this run's server; whichever test worker asks first starts it, the others wait. */
async function server(): Promise<string> {
  const { folder, root } = inject('run')
  const ready = join(folder, 'server.json')
  const first = await mkdir(join(folder, 'starting')).then(
    () => true,
    () => false,
  )
  if (first) {
    try {
      const embedded = await startEmbedded({ root, folder: join(folder, 'db'), say: () => {}, durable: false })
      const admin = withDatabase(embedded.url, 'postgres')
      await query(admin, 'CREATE DATABASE template_migrated')
      await migrate(withDatabase(admin, 'template_migrated'), join(root, 'prisma', 'migrations'))
      await publish(ready, { url: admin })
    } catch (error) {
      await publish(ready, { error: error instanceof Error ? error.message : String(error) })
    }
  }
  for (let tries = 0; !existsSync(ready); tries++) {
    if (tries > 1200) throw new Error('the test database server did not start within a minute')
    await sleep(50)
  }
  const { url, error } = JSON.parse(await readFile(ready, 'utf8')) as { url?: string; error?: string }
  if (!url) throw new Error(`the test database server did not start: ${error}`)
  return url
}

async function publish(file: string, content: object): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(content), { mode: 0o600 })
  await rename(`${file}.new`, file)
}

function withDatabase(url: string, name: string): string {
  const next = new URL(url)
  next.pathname = `/${name}`
  return next.href
}

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
