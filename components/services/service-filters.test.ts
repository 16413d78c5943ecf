import { expect, test } from 'vitest'
import type { ServiceRow } from '#lib/impact/view'
import { filterServices, filtersOf, impactsOf } from './service-filters.ts'

function aRow(over: Partial<ServiceRow>): ServiceRow {
  return {
    id: 'c/n/a',
    cluster: 'c',
    name: 'a',
    namespace: 'n',
    owner: null,
    tier: 2,
    tierGuessed: true,
    contact: null,
    impact: 'healthy',
    impacts: ['healthy'],
    since: null,
    application: null,
    evidence: [],
    ...over,
  }
}

const rows = [
  aRow({
    id: 'c/n/ledger',
    name: 'ledger',
    owner: 'payments',
    tier: 0,
    impact: 'deletion-pending',
    impacts: ['deletion-pending', 'unmanaged'],
  }),
  aRow({ id: 'c/n/wiki', name: 'wiki' }),
]
const names = (filters: Partial<Parameters<typeof filterServices>[1]>) =>
  filterServices(rows, { impact: '', tier: '', owner: '', q: '', ...filters }).map((row) => row.name)

test('an impact finds every service it applies to, not only those where it is the worst', () => {
  expect(names({ impact: 'unmanaged' })).toEqual(['ledger'])
})

test('tier 0 is a filter, not the absence of one', () => {
  expect(names({ tier: '0' })).toEqual(['ledger'])
})

test('services without an owner can be asked for', () => {
  expect(names({ owner: '-' })).toEqual(['wiki'])
})

test('all words have to occur, wherever they stand', () => {
  expect(names({ q: 'PAY led' })).toEqual(['ledger'])
  expect(names({ q: 'pay wiki' })).toEqual([])
})

test('what the address does not say is not filtered', () => {
  expect(filtersOf(new URLSearchParams('impact=lost'))).toEqual({ impact: 'lost', tier: '', owner: '', q: '' })
})

test('a service counts under every impact that applies to it, worst first', () => {
  expect(impactsOf(rows)).toEqual([
    { impact: 'deletion-pending', count: 1 },
    { impact: 'unmanaged', count: 1 },
    { impact: 'healthy', count: 1 },
  ])
})
