import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { type Prisma, PrismaClient } from './generated/client.ts'

/** Prisma's client inside a transaction; it also has `$queryRaw` and `$executeRaw`. */
export type Tx = Prisma.TransactionClient

/** Our Postgres: Prisma and plain SQL over one shared pool. */
export type Db = {
  readonly prisma: PrismaClient
  readonly pool: pg.Pool
  readonly url: string
  /** Runs `fn` in one READ COMMITTED transaction; a throw rolls back and is passed on. */
  tx<T>(fn: (tx: Tx) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export type OpenOptions = {
  /** Connections at most; default 10. */
  readonly max?: number
  /** How this process shows in `pg_stat_activity`. */
  readonly name?: string
  /** Told when an idle connection breaks; the pool itself goes on with new ones. */
  readonly onError?: (error: Error) => void
}

/** Opens a pool; nothing is connected until the first query. */
export function openDb(url: string, options: OpenOptions = {}): Db {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max ?? 10,
    application_name: options.name ?? 'blackstart',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  })
  // Without a listener a broken idle connection would end the process.
  pool.on('error', (error) => options.onError?.(error))
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool, { disposeExternalPool: false }) })
  return {
    prisma,
    pool,
    url,
    tx: (fn) => prisma.$transaction(fn, { isolationLevel: 'ReadCommitted', maxWait: 10_000, timeout: 30_000 }),
    close: async () => {
      await prisma.$disconnect()
      if (!pool.ended) await pool.end()
    },
  }
}

/** The SQLSTATE of a refused statement, whether Prisma or pg reports it; null for any other error. */
export function sqlState(error: unknown): string | null {
  const seen = new Set<unknown>()
  let at: unknown = error
  while (typeof at === 'object' && at !== null && !seen.has(at)) {
    seen.add(at)
    const it = at as { code?: unknown; originalCode?: unknown; meta?: unknown; driverAdapterError?: unknown; cause?: unknown }
    if (typeof it.originalCode === 'string') return it.originalCode
    if (typeof it.code === 'string' && /^[0-9A-Z]{5}$/.test(it.code) && !it.code.startsWith('P2')) return it.code
    at = it.driverAdapterError ?? it.meta ?? it.cause
  }
  return null
}
