import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { expect, test } from 'vitest'
import { migrate } from '../../lib/db/migrate.ts'
import { emptyDatabase } from '../../lib/testing/database.ts'

function aFolder(migrations: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'blackstart-migrations-'))
  for (const [name, sql] of Object.entries(migrations)) {
    mkdirSync(join(folder, name))
    writeFileSync(join(folder, name, 'migration.sql'), sql)
  }
  return folder
}

async function tables(url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_name <> '_prisma_migrations' ORDER BY 1`,
  )
  await client.end()
  return rows.map((row) => row.name)
}

const ONE = 'CREATE TABLE one (id int);'
const TWO = 'CREATE TABLE two (id int);'

test('several processes at once apply each migration once, in order', async () => {
  const { url, drop } = await emptyDatabase()
  const folder = aFolder({ '0002_two': TWO, '0001_one': ONE })
  const applied = await Promise.all([migrate(url, folder), migrate(url, folder), migrate(url, folder)])
  expect(applied.flat()).toEqual(['0001_one', '0002_two'])
  expect(await migrate(url, folder)).toEqual([])
  await drop()
})

test('a migration that fails leaves nothing of itself, and what came before it stays', async () => {
  const { url, drop } = await emptyDatabase()
  await expect(migrate(url, aFolder({ '0001_one': ONE, '0002_two': `${TWO} SELECT nonsense;` }))).rejects.toThrow(
    'Migration 0002_two failed and was rolled back',
  )
  expect(await tables(url)).toEqual(['one'])
  await drop()
})

test('a migration whose text changed after it was applied is refused by name', async () => {
  const { url, drop } = await emptyDatabase()
  await migrate(url, aFolder({ '0001_one': ONE }))
  await expect(migrate(url, aFolder({ '0001_one': `${ONE} -- later` }))).rejects.toThrow(
    'Migration 0001_one was applied with another text than it has now',
  )
  await drop()
})

test('a database ahead of this version is refused', async () => {
  const { url, drop } = await emptyDatabase()
  await migrate(url, aFolder({ '0001_one': ONE, '0002_two': TWO }))
  await expect(migrate(url, aFolder({ '0001_one': ONE }))).rejects.toThrow('already has migration 0002_two')
  await drop()
})
