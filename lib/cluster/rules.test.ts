import { expect, test } from 'vitest'
import { oldestFreshness } from './rules.ts'

const otherwise = { freshness: 'unreachable', observedAt: null } as const
const kind = (freshness: Parameters<typeof oldestFreshness>[0][number]['freshness'], second: number | null) => ({
  freshness,
  observedAt: second === null ? null : `2026-11-22T10:00:${String(second).padStart(2, '0')}.000Z`,
})

test('what is derived from several kinds is as fresh as the least fresh, and as old as the oldest', () => {
  expect(oldestFreshness([kind('live', 30), kind('live', 12), kind('live', 45)], otherwise)).toEqual(kind('live', 12))
  expect(oldestFreshness([kind('live', 30), kind('stale', 50)], otherwise)).toEqual(kind('stale', 30))
  expect(oldestFreshness([kind('unreachable', 1), kind('stale', 2), kind('catching-up', 3)], otherwise).freshness).toBe('unreachable')
})

test('what was never heard has no age; what may not be read, or is gone, says nothing of it', () => {
  expect(oldestFreshness([kind('live', 30), kind('catching-up', null)], otherwise)).toEqual(kind('catching-up', null))
  expect(oldestFreshness([kind('live', 30), kind('forbidden', null), kind('no-longer-served', 1)], otherwise)).toEqual(kind('live', 30))
  expect(oldestFreshness([kind('forbidden', null)], otherwise)).toEqual(otherwise)
})
