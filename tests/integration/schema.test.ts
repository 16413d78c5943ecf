import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PrismaPg } from '@prisma/adapter-pg'
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils'
import pg from 'pg'
import { expect, test } from 'vitest'
import { testDatabase } from '../../lib/testing/database.ts'

type Engine = { diff(params: unknown): Promise<{ stdout: string | null }> }
type Binding = {
  SchemaEngine: { new: (options: unknown, log: (line: string) => void, adapter: unknown) => Promise<Engine> }
  __wbg_set_wasm(exports: WebAssembly.Exports): void
}

// Postgres' internal "char", which the adapter does not know, and text.
const INTERNAL_CHAR = 18
const TEXT = 25

/** The engine asks the catalogue for columns of the internal type as soon as there are CHECKs. */
function adapterFor(url: string): PrismaPg {
  const pool = new pg.Pool({ connectionString: url })
  const chars = new Set<string>()
  const query = pool.query.bind(pool) as (...given: unknown[]) => Promise<pg.QueryResult>
  const patched = async (...given: unknown[]) => {
    const result = await query(...given)
    for (const field of result.fields.filter((one) => one.dataTypeID === INTERNAL_CHAR)) {
      chars.add(field.name)
      field.dataTypeID = TEXT
    }
    return result
  }
  const factory = new PrismaPg(Object.assign(pool, { query: patched }))
  const connect = factory.connect.bind(factory)
  factory.connect = async () => {
    const adapter = await connect()
    const queryRaw = adapter.queryRaw.bind(adapter)
    adapter.queryRaw = async (asked) => {
      const result = await queryRaw(asked)
      const columnTypes = result.columnTypes.map((type, i) => (chars.has(result.columnNames[i] ?? '') ? ColumnTypeEnum.Character : type))
      return { ...result, columnTypes }
    }
    return adapter
  }
  return factory
}

/** Prisma's own schema engine as WebAssembly: the native one would be downloaded. */
async function schemaEngine(url: string, files: readonly { path: string; content: string }[]): Promise<Engine> {
  const folder = join(process.cwd(), 'node_modules/@prisma/schema-engine-wasm')
  const binding = (await import(join(folder, 'schema_engine_bg.js'))) as Binding
  const wasm = await WebAssembly.compile(readFileSync(join(folder, 'schema_engine_bg.wasm')))
  const { exports } = await WebAssembly.instantiate(wasm, { './schema_engine_bg.js': binding as unknown as WebAssembly.ModuleImports })
  binding.__wbg_set_wasm(exports)
  ;(exports.__wbindgen_start as () => void)()
  const adapter = bindMigrationAwareSqlAdapterFactory(adapterFor(url))
  return binding.SchemaEngine.new({ datamodels: files.map((file) => [file.path, file.content]) }, () => {}, adapter)
}

type File = { readonly path: string; readonly content: string }

async function difference(engine: Engine, from: readonly File[], to: readonly File[]): Promise<string> {
  const { stdout } = await engine.diff({
    from: { tag: 'schemaDatasource', files: from, configDir: process.cwd() },
    to: { tag: 'schemaDatamodel', files: to },
    script: true,
    exitCode: null,
    filters: { externalTables: ['public._prisma_migrations'], externalEnums: [] },
  })
  return stdout?.trim() ?? ''
}

test('the migrations make the tables that the Prisma schema describes, and a model without a migration is found', async () => {
  const { url, drop } = await testDatabase()
  const files = readdirSync('prisma')
    .filter((name) => name.endsWith('.prisma'))
    .map((name) => ({ path: name, content: readFileSync(join('prisma', name), 'utf8') }))
  // One engine for both: a second one in the same process breaks the first one's memory.
  const engine = await schemaEngine(url, files)
  const forgotten = { path: 'forgotten.prisma', content: 'model Forgotten {\n  id String @id\n}\n' }
  expect(await difference(engine, files, files)).toBe('-- This is an empty migration.')
  expect(await difference(engine, files, [...files, forgotten])).toContain('CREATE TABLE "Forgotten"')
  await drop()
})
