import { expect, test } from 'vitest'
import type { ChangeRow } from '#lib/impact/view'
import { changeFiltersOf, changeQueryOf } from './change-filters.ts'
import { linesOf } from './change-lines.ts'

function aChange(at: string): ChangeRow {
  return {
    at,
    observedAt: at,
    what: 'changed',
    object: 'Deployment shop/web',
    kind: 'Deployment',
    namespace: 'shop',
    name: 'web',
    uid: 'u',
    by: null,
    proof: null,
    after: null,
    cluster: 'c',
  }
}
const gap = { from: '2026-11-22T01:00:00.000Z', to: '2026-11-22T02:00:00.000Z', lost: 0, why: 'nobody was recording' }
const items = [aChange('2026-11-22T03:00:00.000Z'), aChange('2026-11-22T00:30:00.000Z')]

test('a gap stands between what was seen after it and what was seen before', () => {
  const lines = linesOf({ items, gaps: [gap], next: null })
  expect(lines.map((line) => (line.change ? line.change.at : line.gap.why))).toEqual([
    '2026-11-22T03:00:00.000Z',
    'nobody was recording',
    '2026-11-22T00:30:00.000Z',
  ])
})

test('what happened in a gap stands below it, though it was seen when the gap was over', () => {
  const found = { ...aChange('2026-11-22T02:00:01.000Z'), after: gap.from }
  const lines = linesOf({ items: [found], gaps: [gap], next: null })
  expect(lines.map((line) => (line.change ? 'change' : 'gap'))).toEqual(['gap', 'change'])
})

test('while older changes wait on the next page, so do the gaps among them', () => {
  const lines = linesOf({ items: items.slice(0, 1), gaps: [gap], next: 'more' })
  expect(lines.map((line) => line.gap ?? null)).toEqual([null])
})

test('an address keeps times as instants and forgets what is no time', () => {
  const filters = changeFiltersOf(new URLSearchParams('from=2026-11-22T02:00:00%2B01:00&to=later&actor=ada'))
  expect(filters).toEqual({ from: '2026-11-22T01:00:00.000Z', to: '', namespace: '', actor: 'ada' })
  expect(changeQueryOf(filters)).toEqual({ from: '2026-11-22T01:00:00.000Z', actor: 'ada' })
})
