import fc from 'fast-check'
import { expect, test } from 'vitest'
import { applyChange, applyPatch, diff, type Json } from './patch.ts'

const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null))
const key = fc.oneof(fc.string(), fc.constantFrom('id', 'name', '', '~', '/', '~order', '__proto__', 'a/b'))
const { board } = fc.letrec<{ board: Json; row: Json; rows: Json; fields: Json }>((tie) => ({
  board: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar as fc.Arbitrary<Json>,
    tie('fields'),
    tie('rows'),
    fc.array(tie('board'), { maxLength: 4 }),
  ),
  fields: fc.dictionary(key, tie('board'), { maxKeys: 5 }),
  row: fc.record({ id: fc.constantFrom('a', 'b', 'c/d', '~', '__proto__'), is: tie('board') }),
  rows: fc.uniqueArray(tie('row'), { selector: (row) => (row as { id: string }).id, maxLength: 5 }),
}))

const plain = (value: Json): Json => JSON.parse(JSON.stringify(value)) as Json

test('a diff applied to the old board always gives the new one', () => {
  fc.assert(
    fc.property(board, board, (was, is) => {
      const [before, after] = [plain(was), plain(is)]
      const change = diff(before, after)
      const sent = change && (JSON.parse(JSON.stringify(change)) as typeof change)
      expect(sent ? applyChange(before, sent) : before).toEqual(after)
    }),
    { numRuns: 2000 },
  )
})

test('a board does not differ from itself', () => {
  fc.assert(fc.property(board, (one) => diff(plain(one), plain(one)) === null))
})

test('one changed row is one field, and the other rows keep their identity', () => {
  const was = {
    items: [
      { id: 'x/y', impact: 'healthy' },
      { id: 'z', impact: 'lost' },
    ],
  }
  const is = {
    items: [
      { id: 'x/y', impact: 'degraded' },
      { id: 'z', impact: 'lost' },
    ],
  }
  const change = diff(was, is)
  expect(change).toEqual({ set: { '/items/x~1y/impact': 'degraded' }, gone: [] })
  const next = applyPatch(
    { epoch: 'e', rev: 3, board: was },
    { topic: 't', epoch: 'e', from: 3, rev: 4, ...(change ?? { set: {}, gone: [] }) },
  )
  expect(next?.board.items[1]).toBe(was.items[1])
})

test('a patch of another epoch or from another revision is refused', () => {
  const held = { epoch: 'e', rev: 3, board: { a: 1 } }
  expect(applyPatch(held, { topic: 't', epoch: 'f', from: 3, rev: 4, set: {}, gone: [] })).toBeNull()
  expect(applyPatch(held, { topic: 't', epoch: 'e', from: 2, rev: 4, set: {}, gone: [] })).toBeNull()
})
