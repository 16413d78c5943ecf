import { sqlState } from './client.ts'

const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EAI_AGAIN',
  'P1001',
  'P1002',
  'P1008',
  'P1017',
  'P2024',
  'P2028',
])
const SENTENCE =
  /connection terminated|timeout exceeded when trying to connect|can't reach database|server has closed the connection|cannot use a pool after|connection timeout|client has encountered a connection error/i

/** True when an error says that Postgres could not be asked, as against "asked, and refused". */
export function databaseAway(error: unknown): boolean {
  const seen = new Set<unknown>()
  let at = error
  while (typeof at === 'object' && at !== null && !seen.has(at)) {
    seen.add(at)
    const it = at as { code?: unknown; message?: unknown; meta?: unknown; driverAdapterError?: unknown; cause?: unknown }
    if (typeof it.code === 'string' && NETWORK.has(it.code)) return true
    if (typeof it.message === 'string' && SENTENCE.test(it.message)) return true
    at = it.driverAdapterError ?? it.cause ?? it.meta
  }
  // Class 08: connection exception; 57P0x: shut down, crashed, starting up.
  return /^(08|57P0[1-3]|53300)/.test(sqlState(error) ?? '')
}

/** True when Postgres answered that the disk it writes to is full (SQLSTATE 53100). */
export function databaseFull(error: unknown): boolean {
  return sqlState(error) === '53100'
}
