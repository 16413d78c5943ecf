import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import vectors from '../../docs/audit-vectors.json' with { type: 'json' }
import { exportChain } from '../../lib/audit/export-audit.ts'
import { signHead } from '../../lib/audit/sign-head.ts'
import {
  AuditConflict,
  appendAudit,
  concealPersonal,
  forgetPerson,
  listEntries,
  nameOf,
  readHead,
  readStream,
  rememberPerson,
  revealPersonal,
} from '../../lib/audit/store.ts'
import { checkDatabase, checkExport } from '../../lib/audit/verify-audit.ts'
import { readPublicKey } from '../../lib/config/signing-key.ts'
import { sqlState } from '../../lib/db/client.ts'
import { type TestDatabase, testDatabase } from '../../lib/testing/database.ts'

const actor = { kind: 'person' as const, id: 'p1', roles: ['operator'] }
const opened: TestDatabase[] = []
let at: TestDatabase

beforeEach(async () => {
  at = await testDatabase()
  opened.push(at)
})
afterAll(() => Promise.all(opened.map((one) => one.drop())))

function append(stream: string, expected: number | null, ...texts: string[]) {
  return at.db.tx((tx) =>
    appendAudit(
      tx,
      stream,
      expected,
      texts.map((text) => ({ actor, kind: 'run.noted', data: { text } })),
    ),
  )
}

/** Somebody with the owner's rights, whom no trigger stops. */
async function tamper(...statements: string[]) {
  const client = await at.db.pool.connect()
  try {
    await client.query('SET session_replication_role = replica')
    for (const sql of statements) await client.query(sql)
    await client.query('RESET session_replication_role')
  } finally {
    client.release()
  }
}

function aSigner() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return { privateKey, publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64') }
}

async function* linesOf(text: string) {
  yield* text.split('\n')
}

async function exported(signer = aSigner()) {
  let text = ''
  for await (const line of exportChain({ db: at.db, signer, anchors: null })) text += line
  return { text, key: readPublicKey(signer.publicKey) }
}

test('a writer that has not seen the newest entry is refused, and nothing of it stays', async () => {
  const first = await append('run:1', 0, 'one', 'two')
  expect(first.version).toBe(2)
  await expect(append('run:1', 1, 'late')).rejects.toThrow(AuditConflict)
  expect(await readStream(at.db, 'run:1')).toEqual(first.entries)
})

test('the database computes the published hashes', async () => {
  for (const entry of vectors.entries) {
    const { rows } = await at.db.pool.query(`SELECT encode(audit_hash(decode($1, 'hex'), $2, $3, $4), 'hex') AS hash`, [
      entry.prev,
      entry.seq,
      entry.at,
      entry.body,
    ])
    expect(rows).toEqual([{ hash: entry.hash }])
  }
})

test('many writers at once never fork the chain', async () => {
  const texts = Array.from({ length: 40 }, (_, i) => `note ${i}`)
  await Promise.all(texts.map((text, i) => append(`run:${i % 3}`, null, text, `${text} again`)))
  expect(await checkDatabase({ db: at.db })).toMatchObject({ ok: true, entries: 80 })
})

test('of many writers on one version exactly one wins', async () => {
  const tries = await Promise.allSettled(Array.from({ length: 12 }, (_, i) => append('run:1', 0, `claim ${i}`)))
  expect(tries.filter((one) => one.status === 'fulfilled')).toHaveLength(1)
  for (const one of tries) if (one.status === 'rejected') expect(one.reason).toBeInstanceOf(AuditConflict)
})

test.each([
  'UPDATE audit_entry SET kind = kind',
  'DELETE FROM audit_entry',
  'TRUNCATE audit_entry',
  'DELETE FROM audit_head',
  'UPDATE signed_head SET seq = seq',
])('%s is refused', async (sql) => {
  await append('run:1', 0, 'one')
  const refused = await at.db.pool.query(sql).catch((error: unknown) => error)
  expect(sqlState(refused)).toBe('BS403')
})

test.each([
  ['a changed body', 'changed', 3, [`UPDATE audit_entry SET body = replace(body, 'three', 'drei') WHERE seq = 3`]],
  [
    'a changed body with its hash made anew',
    'changed',
    3,
    [
      `UPDATE audit_entry SET body = replace(body, 'three', 'drei') WHERE seq = 3`,
      'UPDATE audit_entry SET hash = audit_hash(prev, seq, at, body) WHERE seq = 3',
    ],
  ],
  ['a changed time', 'changed', 2, [`UPDATE audit_entry SET at = at + interval '1 microsecond' WHERE seq = 2`]],
  ['a changed actor', 'changed', 2, [`UPDATE audit_entry SET actor_id = 'p2' WHERE seq = 2`]],
  ['a removed entry', 'removed', 2, ['DELETE FROM audit_entry WHERE seq = 2']],
  ['a removed first entry', 'removed', 1, ['DELETE FROM audit_entry WHERE seq = 1']],
  ['a removed last entry', 'removed', 5, ['DELETE FROM audit_entry WHERE seq = 5']],
  [
    'an inserted entry at the end',
    'inserted',
    6,
    [
      `INSERT INTO audit_entry SELECT 6, stream, 6, at + interval '1 s', actor_kind, actor_id, kind, body, hash, audit_hash(hash, 6, at + interval '1 s', body) FROM audit_entry WHERE seq = 5`,
    ],
  ],
  [
    'an inserted entry with the later ones numbered anew',
    'inserted',
    3,
    [
      'UPDATE audit_entry SET seq = seq + 100, stream_version = stream_version + 100 WHERE seq >= 3',
      'UPDATE audit_entry SET seq = seq - 99, stream_version = stream_version - 99 WHERE seq > 100',
      `INSERT INTO audit_entry SELECT 3, stream, 3, at + interval '1 microsecond', actor_kind, actor_id, kind, body, hash, audit_hash(hash, 3, at + interval '1 microsecond', body) FROM audit_entry WHERE seq = 2`,
      'UPDATE audit_head SET seq = 6',
    ],
  ],
] as const)('%s is found and named', async (_name, what, seq, statements) => {
  await append('run:1', 0, 'one', 'two', 'three', 'four', 'five')
  await tamper(...statements)
  expect((await checkDatabase({ db: at.db })).bad).toMatchObject({ what, seq })
})

test('a chain computed anew from the start is found by the signed head, and by the anchor when that is gone too', async () => {
  await append('run:1', 0, 'one', 'two', 'three')
  const anchors = join(await mkdtemp(join(tmpdir(), 'blackstart-anchor-')), 'anchors.jsonl')
  await signHead({ db: at.db, signer: aSigner(), anchors })
  await append('run:1', 3, 'four')
  await tamper(
    `UPDATE audit_entry SET body = replace(body, 'two', 'zwei') WHERE seq = 2`,
    `DO $$ DECLARE e record; p bytea := decode(repeat('00', 32), 'hex'); BEGIN
       FOR e IN SELECT * FROM audit_entry ORDER BY seq LOOP
         UPDATE audit_entry SET prev = p, hash = audit_hash(p, e.seq, e.at, e.body) WHERE seq = e.seq RETURNING hash INTO p;
       END LOOP; UPDATE audit_head SET hash = p; END $$`,
  )
  expect((await checkDatabase({ db: at.db })).bad).toMatchObject({ what: 'signature', seq: 3 })
  await tamper('DELETE FROM signed_head')
  expect((await checkDatabase({ db: at.db })).ok).toBe(true)
  expect((await checkDatabase({ db: at.db, anchors })).bad).toMatchObject({ what: 'signature', seq: 3 })
})

test('a database put back to an earlier state is told by the anchor', async () => {
  await append('run:1', 0, 'one', 'two')
  const early = await readHead(at.db)
  await append('run:1', 2, 'three')
  const anchors = join(await mkdtemp(join(tmpdir(), 'blackstart-anchor-')), 'anchors.jsonl')
  await signHead({ db: at.db, signer: aSigner(), anchors })
  await tamper(
    'DELETE FROM audit_entry WHERE seq = 3',
    'DELETE FROM signed_head',
    `UPDATE audit_head SET seq = 2, at = '${early.at}', hash = decode('${early.hash}', 'hex')`,
  )
  expect((await checkDatabase({ db: at.db, anchors })).bad).toMatchObject({ what: 'removed', seq: 3 })
})

test('an export verifies offline with the public key, and not after a change, a cut or under another key', async () => {
  await append('run:1', 0, 'one', 'two', 'three')
  const { text, key } = await exported()
  expect(await checkExport(linesOf(text), key)).toMatchObject({ ok: true, entries: 3, bad: null })
  expect((await checkExport(linesOf(text.replace('two', 'zwei')), key)).bad).toMatchObject({ what: 'changed', seq: 2 })
  const lines = text.trim().split('\n')
  expect((await checkExport(linesOf(lines.toSpliced(1, 1).join('\n')), key)).bad).toMatchObject({ what: 'removed', seq: 2 })
  expect((await checkExport(linesOf(lines.slice(0, -1).join('\n')), key)).bad).toMatchObject({ what: 'head' })
  expect((await checkExport(linesOf(text), readPublicKey(aSigner().publicKey))).bad).toMatchObject({ what: 'signature' })
})

test('forgetting a person leaves the chain valid', async () => {
  await rememberPerson(at.db, { id: 'p1', name: 'Ada Byron' })
  const ref = await at.db.tx((tx) => concealPersonal(tx, '192.0.2.7'))
  await append('run:1', 0, ref)
  expect([await nameOf(at.db, 'p1'), await revealPersonal(at.db, ref)]).toEqual(['Ada Byron', '192.0.2.7'])
  expect(await forgetPerson(at.db, 'p1')).toBe(true)
  expect(await nameOf(at.db, 'p1')).toBeNull()
  expect((await checkDatabase({ db: at.db })).ok).toBe(true)
})

test('entries are listed newest first, by stream, kind and time, a page at a time', async () => {
  await append('run:1', 0, 'one', 'two', 'three')
  await append('signal:1', 0, 'four')
  const seqs = async (filter: Parameters<typeof listEntries>[1]) => (await listEntries(at.db, filter)).map((row) => Number(row.seq))
  expect(await seqs({})).toEqual([4, 3, 2, 1])
  expect(await seqs({ stream: 'run:*', limit: 2 })).toEqual([3, 2])
  expect(await seqs({ stream: 'run:1', before: 2 })).toEqual([1])
  expect(await seqs({ kind: 'run.noted', actor: 'nobody' })).toEqual([])
  expect(await seqs({ from: '2000-01-01T00:00:00Z', to: '2001-01-01T00:00:00Z' })).toEqual([])
})
