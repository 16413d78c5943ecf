import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import vectors from '../../docs/audit-vectors.json' with { type: 'json' }
import { canonicalJson } from '../kernel/canonical-json.ts'
import { type Bad, feed, finish, isBad, startVerification } from './machine.ts'
import { bodyOf, entryHash, GENESIS, type StoredEntry } from './rules.ts'

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()
const actor = { kind: 'person' as const, id: 'p1', roles: ['operator'] }

function link(row: StoredEntry, prev: string): StoredEntry {
  return { ...row, prev, hash: entryHash({ ...row, seq: Number(row.seq), prev }, sha256) }
}

function aChain(length: number): StoredEntry[] {
  const rows: StoredEntry[] = []
  for (let seq = 1; seq <= length; seq++) rows.push(link(aRow(seq), rows.at(-1)?.hash ?? GENESIS))
  return rows
}

function aRow(seq: number, text = `step ${seq}`): StoredEntry {
  const body = canonicalJson(bodyOf('run:1', { actor, kind: 'run.noted', data: { text } }))
  const at = `2026-02-14T02:13:07.${String(seq).padStart(6, '0')}Z`
  return {
    seq: String(seq),
    stream: 'run:1',
    streamVersion: seq,
    at,
    actorKind: 'person',
    actorId: 'p1',
    kind: 'run.noted',
    body,
    prev: '',
    hash: '',
  }
}

function verify(rows: readonly StoredEntry[], head: { seq: number; hash: string }): Bad | null {
  let state = startVerification()
  for (const row of rows) {
    const next = feed(state, row, sha256)
    if (isBad(next)) return next
    state = next
  }
  return finish(state, head)
}

function headOf(rows: readonly StoredEntry[]) {
  return { seq: rows.length, hash: rows.at(-1)?.hash ?? GENESIS }
}

const renumber = (rows: readonly StoredEntry[]) => rows.map((row, i) => ({ ...row, seq: String(i + 1) }))

test.each(vectors.entries)('entry $seq of the published vectors has its published hash', (entry) => {
  expect(entryHash(entry, sha256)).toBe(entry.hash)
})

const chainAndPlace = fc
  .integer({ min: 3, max: 12 })
  .chain((length) => fc.record({ length: fc.constant(length), at: fc.integer({ min: 1, max: length - 2 }) }))

test('an untouched chain verifies', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 20 }), (length) => {
      expect(verify(aChain(length), headOf(aChain(length)))).toBeNull()
    }),
  )
})

test('a changed entry is named, whether or not its own hash was made anew', () => {
  fc.assert(
    fc.property(chainAndPlace, fc.boolean(), ({ length, at }, rehash) => {
      const rows = aChain(length)
      const changed = { ...aRow(at + 1, 'something else'), prev: rows[at]?.prev ?? '', hash: rows[at]?.hash ?? '' }
      const tampered = rows.with(at, rehash ? link(changed, changed.prev) : changed)
      expect(verify(tampered, headOf(rows))).toMatchObject({ seq: at + 1, what: 'changed' })
    }),
  )
})

test('a removed entry is named, whether or not the later ones were numbered anew', () => {
  fc.assert(
    fc.property(chainAndPlace, fc.boolean(), ({ length, at }, anew) => {
      const rows = aChain(length)
      const left = rows.toSpliced(at, 1)
      expect(verify(anew ? renumber(left) : left, headOf(rows))).toMatchObject({ seq: at + 1, what: 'removed' })
    }),
  )
})

test('an inserted entry is named, even when it is well made', () => {
  fc.assert(
    fc.property(chainAndPlace, ({ length, at }) => {
      const rows = aChain(length)
      const intruder = link({ ...aRow(at + 1, 'never happened'), streamVersion: at + 1 }, rows[at - 1]?.hash ?? GENESIS)
      expect(verify(renumber(rows.toSpliced(at, 0, intruder)), headOf(rows))).toMatchObject({ seq: at + 1, what: 'inserted' })
    }),
  )
})

test('entries cut off at the end, or added beyond the head, are named', () => {
  const rows = aChain(5)
  expect(verify(rows.slice(0, 3), headOf(rows))).toMatchObject({ seq: 4, what: 'removed' })
  expect(verify(rows, headOf(rows.slice(0, 4)))).toMatchObject({ seq: 5, what: 'inserted' })
})

test('a column that tells something else than the body is a change', () => {
  const rows = aChain(3)
  for (const lie of [{ kind: 'run.closed' }, { actorId: 'p2' }, { stream: 'run:2' }, { streamVersion: 7 }]) {
    const tampered = rows.map((row, i) => (i === 1 ? { ...row, ...lie } : row))
    expect(verify(tampered, headOf(rows))).toMatchObject({ seq: 2, what: 'changed' })
  }
})
