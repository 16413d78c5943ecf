import { expect, test } from 'vitest'
import { NOTHING_RECORDED } from '../inventory/history-reads.ts'
import { chooseT0 } from './choose-t0.ts'

const recorded = (since: string | null) => ({ ...NOTHING_RECORDED, flush: async () => {}, wholeSince: async () => since })

test.each([
  ['before the first whole record', '2026-11-22T10:00:30.000Z', '2026-11-22T10:00:30.000Z'],
  ['within the record', '2026-11-22T09:00:00.000Z', '2026-11-22T10:00:00.000Z'],
  ['where nothing is recorded', null, '2026-11-22T10:00:00.000Z'],
] as const)('a T0 wanted %s', async (_where, since, chosen) => {
  expect(await chooseT0(recorded(since), '2026-11-22T10:00:00.000Z')).toBe(chosen)
})
