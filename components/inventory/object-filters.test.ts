import { expect, test } from 'vitest'
import { NO_FILTERS, objectFiltersOf, queryOf } from './object-filters.ts'

test('an address and its filters say the same', () => {
  const filters = objectFiltersOf(new URLSearchParams('kind=Pod&namespace=shop&health=Degraded&service=-&q=web'))
  expect(filters).toEqual({ kind: 'Pod', namespace: 'shop', health: 'Degraded', service: '-', q: 'web' })
  expect(objectFiltersOf(new URLSearchParams(queryOf(filters)))).toEqual(filters)
})

test('what is not set is not asked, and an unknown word for health is no filter', () => {
  expect(queryOf({ ...NO_FILTERS, q: ' ' })).toEqual({})
  expect(objectFiltersOf(new URLSearchParams('health=sunny'))).toEqual(NO_FILTERS)
})
