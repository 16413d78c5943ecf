import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { chown, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import { sleep } from '../kernel/pace.ts'
import type { ServerUser } from './embedded-user.ts'

/** Where one embedded server lives and who runs it. */
export type ServerHome = {
  /** The folder with `bin`, `lib` and `share`. */
  readonly native: string
  readonly data: string
  readonly log: string
  readonly user: ServerUser | null
  readonly password: string
  /** fsync and full-page writes; off only for tests. */
  readonly durable: boolean
}

export class EmbeddedError extends Error {
  override readonly name = 'EmbeddedError'
}

export const DATABASE = 'blackstart'

export function serverUrl(home: ServerHome, port: number, database = DATABASE): string {
  return `postgresql://blackstart:${home.password}@127.0.0.1:${port}/${database}`
}

/** Makes the data folder if there is none: whole or not at all, also when two processes start at once. */
export async function initialize(home: ServerHome): Promise<void> {
  const version = join(home.data, 'PG_VERSION')
  if (existsSync(version)) {
    const is = readFileSync(version, 'utf8').trim()
    if (is === '18') return
    throw new EmbeddedError(`${home.data} was made by PostgreSQL ${is}; this version brings 18. Move the folder away, or dump and load it.`)
  }
  const half = `${home.data}.${process.pid}-${randomBytes(3).toString('hex')}`
  const passwordFile = `${half}.password`
  await writeFile(passwordFile, home.password, { mode: 0o600 })
  if (home.user) await chown(passwordFile, home.user.uid, home.user.gid)
  const args = ['-D', half, '-U', 'blackstart', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8', '--locale=C']
  const locale = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  try {
    const { code, output } = await command(home, 'initdb', [...args, ...locale, ...(home.durable ? [] : ['--no-sync'])])
    if (code !== 0) throw new EmbeddedError(trouble('Postgres could not prepare its data folder', output, home))
    await rename(half, home.data).catch((error: Error) => {
      // Another process was quicker; its folder is as good.
      if (!existsSync(version)) throw error
    })
  } finally {
    await rm(passwordFile, { force: true })
    await rm(half, { recursive: true, force: true })
  }
}

/**
 * Starts the server, or attaches to the one an earlier process left running; answers its port. `wanted` is the port
 * that others know already; without it any free one does.
 */
export async function startServer(home: ServerHome, wanted?: number): Promise<{ readonly port: number; readonly attached: boolean }> {
  const until = Date.now() + 60_000
  let last = ''
  while (Date.now() < until) {
    const running = runningServer(home)
    if (running) {
      const answer = await knock(serverUrl(home, running.port, 'postgres'))
      if (answer === 'open') return { port: running.port, attached: true }
      if (answer === 'not-ours')
        throw new EmbeddedError(`A Postgres with another password runs on ${home.data} (pid ${running.pid}). Stop it: kill ${running.pid}`)
      await sleep(200)
      continue
    }
    await dropStalePid(home)
    const port = wanted ?? (await freePort())
    const { code, output } = await command(home, 'pg_ctl', [
      'start',
      '-w',
      '-t',
      '60',
      '-D',
      home.data,
      '-l',
      home.log,
      '-o',
      settings(home, port),
    ])
    if (code === 0) return { port, attached: false }
    last = `${output}\n${tail(home.log)}`
    // Another process took the port, or started the same server a moment before us: look again.
    if (!/could not bind|Address already in use|lock file|another server might be running|pre-existing shared memory block/i.test(last))
      break
    await sleep(200)
  }
  throw new EmbeddedError(trouble('The embedded Postgres did not start', last, home))
}

export async function stopServer(home: ServerHome, mode: 'fast' | 'immediate' = 'fast'): Promise<void> {
  if (!existsSync(join(home.data, 'postmaster.pid'))) return
  await command(home, 'pg_ctl', ['stop', '-w', '-t', '10', '-m', mode, '-D', home.data])
}

function settings(home: ServerHome, port: number): string {
  const set: Record<string, string> = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '100',
    shared_buffers: '64MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(home.durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum: 'off' }),
  }
  return Object.entries(set)
    .map(([name, value]) => `-c ${name}='${value}'`)
    .join(' ')
}

/** The live postmaster of this data folder by its pid file; null when there is none, or the pid is somebody else's. */
function runningServer(home: ServerHome): { readonly pid: number; readonly port: number } | null {
  const file = join(home.data, 'postmaster.pid')
  if (!existsSync(file)) return null
  const [pid = 0, , , port = 0] = readFileSync(file, 'utf8').split('\n').map(Number)
  if (!pid || !alive(pid) || !isPostgres(pid, home.data)) return null
  return { pid, port }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Pids are given anew after a reboot. Where /proc cannot tell, a live pid counts as ours. */
function isPostgres(pid: number, data: string): boolean {
  if (!existsSync('/proc/self/cmdline')) return true
  try {
    const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
    return line.includes(data)
  } catch {
    return false
  }
}

/** A dead pid Postgres deals with itself; one that another program has by now would stop it. */
async function dropStalePid(home: ServerHome): Promise<void> {
  const pid = pidIn(home)
  if (pid && alive(pid) && !isPostgres(pid, home.data)) await rm(join(home.data, 'postmaster.pid'), { force: true })
}

function pidIn(home: ServerHome): number {
  const file = join(home.data, 'postmaster.pid')
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : 0
}

async function knock(url: string): Promise<'open' | 'not-yet' | 'not-ours'> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    return 'open'
  } catch (error) {
    return (error as { code?: string }).code === '28P01' ? 'not-ours' : 'not-yet'
  } finally {
    await client.end().catch(() => {})
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port'))))
    })
  })
}

function command(home: ServerHome, name: 'initdb' | 'pg_ctl', args: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(home.native, 'bin', name), args, {
      cwd: join(home.data, '..'),
      env: { NODE_ENV: 'production', PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(home.user ? { uid: home.user.uid, gid: home.user.gid } : {}),
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.on('error', (error) =>
      reject(new EmbeddedError(`${name} cannot be run from ${home.native}: ${error.message}. Run \`npm ci\` again, or set DATABASE_URL.`)),
    )
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

function tail(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(-15).join('\n') : ''
}

/** One sentence with the remedy; the whole output stays in the log. */
function trouble(what: string, output: string, home: ServerHome): string {
  if (/No space left on device|ENOSPC/i.test(output))
    return `${what}: the disk that holds ${home.data} is full. Free some space and start again.`
  if (/Permission denied/i.test(output))
    return `${what}: ${home.user?.name ?? 'this user'} may not read or write ${home.data}. Give it that folder, or set DATABASE_URL.`
  if (/shared memory|shmget|could not map anonymous/i.test(output))
    return `${what}: the machine gives it no shared memory. Free some memory, or set DATABASE_URL.`
  if (/could not bind|Address already in use/i.test(output))
    return `${what}: no loopback port was free for it. Close what holds them, or set DATABASE_URL.`
  const said =
    output
      .split('\n')
      .filter((line) => /error|fatal|panic|could not/i.test(line))
      .at(-1) ??
    output.trim().split('\n').at(-1) ??
    ''
  return `${what}: ${said.trim()} (see ${home.log})`
}
