import { createHash, randomBytes } from 'node:crypto'
import { type Db, sqlState, type Tx } from '../db/client.ts'
import { canonicalJson } from '../kernel/canonical-json.ts'
import { bodyOf, entryOf, type StoredEntry } from './rules.ts'
import type { AuditEntry, NewEntry } from './schema.ts'

/** The stream has moved since the writer read it: load again, decide again. */
export class AuditConflict extends Error {
  override readonly name = 'AuditConflict'
  readonly stream: string
  readonly expected: number
  constructor(stream: string, expected: number, options?: ErrorOptions) {
    super(`the audit stream ${stream} is no longer at version ${expected}`, options)
    this.stream = stream
    this.expected = expected
  }
}

type Queryable = Pick<Db['pool'], 'query'>

const COLUMNS = `seq::text, stream, stream_version AS "streamVersion",
  to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at,
  actor_kind AS "actorKind", actor_id AS "actorId", kind, body, encode(prev, 'hex') AS prev, encode(hash, 'hex') AS hash`

/**
 * Appends to the chain as the last statement before COMMIT: from then on every other writer waits for this transaction.
 * `expectedVersion` is the stream's version the writer decided on (0: the stream is new; null: whatever it is).
 * Throws `AuditConflict` when it moved. An empty `entries` appends nothing and answers the expected version.
 */
export async function appendAudit(
  tx: Tx,
  stream: string,
  expectedVersion: number | null,
  entries: readonly NewEntry[],
): Promise<{ version: number; entries: AuditEntry[] }> {
  if (entries.length === 0) return { version: expectedVersion ?? 0, entries: [] }
  const bodies = entries.map((entry) => canonicalJson(bodyOf(stream, entry)))
  try {
    const rows = await tx.$queryRawUnsafe<StoredEntry[]>(
      `SELECT ${COLUMNS} FROM append_audit($1, $2::int, $3::text[])`,
      stream,
      expectedVersion,
      bodies,
    )
    const appended = rows.map(entryOf)
    return { version: appended.at(-1)?.streamVersion ?? 0, entries: appended }
  } catch (error) {
    if (expectedVersion !== null && sqlState(error) === 'BS409') throw new AuditConflict(stream, expectedVersion, { cause: error })
    throw error
  }
}

/** The entries of a stream in order, from a version on (inclusive, default 1). */
export async function readStream(db: Pick<Db, 'pool'>, stream: string, fromVersion = 1): Promise<AuditEntry[]> {
  const { rows } = await db.pool.query<StoredEntry>(
    `SELECT ${COLUMNS} FROM audit_entry WHERE stream = $1 AND stream_version >= $2 ORDER BY stream_version`,
    [stream, fromVersion],
  )
  return rows.map(entryOf)
}

/** The same inside a transaction. */
export async function readStreamIn(tx: Tx, stream: string): Promise<AuditEntry[]> {
  const rows = await tx.$queryRawUnsafe<StoredEntry[]>(
    `SELECT ${COLUMNS} FROM audit_entry WHERE stream = $1 ORDER BY stream_version`,
    stream,
  )
  return rows.map(entryOf)
}

export type EntryFilter = {
  readonly stream?: string | undefined
  readonly actor?: string | undefined
  readonly kind?: string | undefined
  /** RFC 3339, inclusive. */
  readonly from?: string | undefined
  /** RFC 3339, exclusive. */
  readonly to?: string | undefined
  /** Only entries before this seq: the cursor of the next page. */
  readonly before?: number | undefined
  readonly limit?: number | undefined
}

/** Stored rows, newest first; `stream` and `kind` match exactly, or by prefix when they end in `*`. */
export async function listEntries(db: Pick<Db, 'pool'>, filter: EntryFilter = {}): Promise<StoredEntry[]> {
  const where: string[] = []
  const values: unknown[] = []
  const add = (sql: string, value: unknown) => {
    if (value === undefined) return
    values.push(value)
    where.push(sql.replace('?', `$${values.length}`))
  }
  const addText = (column: string, value: string | undefined) =>
    value?.endsWith('*') ? add(`starts_with(${column}, ?)`, value.slice(0, -1)) : add(`${column} = ?`, value)
  addText('stream', filter.stream)
  addText('kind', filter.kind)
  add('actor_id = ?', filter.actor)
  add('at >= ?', filter.from)
  add('at < ?', filter.to)
  add('seq < ?', filter.before)
  values.push(filter.limit ?? 100)
  const { rows } = await db.pool.query<StoredEntry>(
    `SELECT ${COLUMNS} FROM audit_entry ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''} ORDER BY audit_entry.seq DESC LIMIT $${values.length}`,
    values,
  )
  return rows
}

/** Head, signed heads and the whole chain as they are at one moment, however many are appended meanwhile. */
export type Snapshot = { readonly head: Head; readonly signed: readonly SignedHeadRow[]; entries(): AsyncGenerator<StoredEntry> }

export async function readSnapshot<T>(db: Pick<Db, 'pool'>, read: (snapshot: Snapshot) => Promise<T>): Promise<T> {
  const client = await db.pool.connect()
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    return await read({
      head: await readHead({ pool: client }),
      signed: await readSignedHeads({ pool: client }),
      entries: () => walkChain(client),
    })
  } finally {
    await client.query('ROLLBACK').catch(() => {})
    client.release()
  }
}

async function* walkChain(client: Queryable): AsyncGenerator<StoredEntry> {
  for (let after = 0; ; ) {
    const rows = await readPage({ pool: client }, after)
    yield* rows
    const last = rows.at(-1)
    if (!last) return
    after = Number(last.seq)
  }
}

/** Up to 2,000 entries after `after`, none beyond `upTo`. */
export async function readPage(
  db: { readonly pool: Queryable },
  after: number,
  upTo: number = Number.MAX_SAFE_INTEGER,
): Promise<StoredEntry[]> {
  const { rows } = await db.pool.query<StoredEntry>(
    `SELECT ${COLUMNS} FROM audit_entry WHERE audit_entry.seq > $1 AND audit_entry.seq <= $2 ORDER BY audit_entry.seq LIMIT 2000`,
    [after, upTo],
  )
  return rows
}

export type Head = { readonly seq: number; readonly at: string; readonly hash: string }

/** Where the chain ends; seq 0 and 32 zero bytes when nothing has been appended. */
export async function readHead(db: { readonly pool: Queryable }): Promise<Head> {
  const { rows } = await db.pool.query<{ seq: string; at: string; hash: string }>(
    `SELECT seq::text, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, encode(hash, 'hex') AS hash FROM audit_head`,
  )
  const [head] = rows
  if (!head) throw new Error('audit_head has no row')
  return { seq: Number(head.seq), at: head.at, hash: head.hash }
}

export type SignedHeadRow = Head & { readonly signedAt: string; readonly signature: string; readonly publicKey: string }

/** The signed heads in order of seq. */
export async function readSignedHeads(db: { readonly pool: Queryable }): Promise<SignedHeadRow[]> {
  const { rows } = await db.pool.query<Omit<SignedHeadRow, 'seq'> & { seq: string }>(
    `SELECT seq::text, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, encode(hash, 'hex') AS hash,
       to_char(signed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "signedAt", encode(signature, 'base64') AS signature, encode(public_key, 'base64') AS "publicKey"
     FROM signed_head ORDER BY signed_head.seq`,
  )
  return rows.map((row) => ({
    ...row,
    seq: Number(row.seq),
    signature: row.signature.replaceAll('\n', ''),
    publicKey: row.publicKey.replaceAll('\n', ''),
  }))
}

/** Keeps a signed head; one already kept for the same seq stays. */
export async function keepSignedHead(db: Pick<Db, 'pool'>, signed: SignedHeadRow): Promise<void> {
  await db.pool.query(
    `INSERT INTO signed_head (seq, at, hash, signed_at, signature, public_key)
     VALUES ($1, $2, decode($3, 'hex'), $4, decode($5, 'base64'), decode($6, 'base64')) ON CONFLICT (seq) DO NOTHING`,
    [signed.seq, signed.at, signed.hash, signed.signedAt, signed.signature, signed.publicKey],
  )
}

/** Keeps the name that an actor's id stands for, outside the chain. */
export async function rememberPerson(db: Pick<Db, 'pool'>, person: { readonly id: string; readonly name: string }): Promise<void> {
  await db.pool.query(
    `INSERT INTO audit_person (actor_id, name, seen_at) VALUES ($1, $2, now())
     ON CONFLICT (actor_id) DO UPDATE SET name = excluded.name, seen_at = excluded.seen_at
     WHERE audit_person.name <> excluded.name OR audit_person.seen_at < now() - interval '1 hour'`,
    [person.id, person.name],
  )
}

/** The names of actors, by id; an erased or unknown one is missing. */
export async function namesOf(db: Pick<Db, 'pool'>, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { rows } = await db.pool.query<{ actor_id: string; name: string }>(
    'SELECT actor_id, name FROM audit_person WHERE actor_id = ANY($1)',
    [[...new Set(ids)]],
  )
  return new Map(rows.map((row) => [row.actor_id, row.name]))
}

/** The name an actor's id stands for; null when erased or unknown. */
export async function nameOf(db: Pick<Db, 'pool'>, id: string): Promise<string | null> {
  return (await namesOf(db, [id])).get(id) ?? null
}

/** Forgets a person: the chain keeps only the id. True when there was something to forget. */
export async function forgetPerson(db: Pick<Db, 'pool'>, id: string): Promise<boolean> {
  const { rowCount } = await db.pool.query('DELETE FROM audit_person WHERE actor_id = $1', [id])
  return (rowCount ?? 0) > 0
}

/** Keeps an address or another personal word outside the chain; the answer is what the chain may keep of it. */
export async function concealPersonal(tx: Tx, value: string): Promise<string> {
  const salt = randomBytes(16)
  const ref = `h1:${createHash('sha256').update(salt).update(value).digest('hex')}`
  await tx.auditPersonal.create({ data: { ref, salt, value, recordedAt: new Date() } })
  return ref
}

/** What a reference of `concealPersonal` stands for; null when it was erased. */
export async function revealPersonal(db: Pick<Db, 'prisma'>, ref: string): Promise<string | null> {
  return (await db.prisma.auditPersonal.findUnique({ where: { ref } }))?.value ?? null
}
