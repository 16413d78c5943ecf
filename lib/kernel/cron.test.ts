import { expect, test } from 'vitest'
import { parseCron } from './cron.ts'

const previous = (schedule: string, before: string, count = 2) =>
  parseCron(schedule)
    ?.previous(Date.parse(before), count)
    .map((at) => new Date(at).toISOString().slice(0, 16))

test.each([
  ['0 3 * * *', '2026-03-01T02:59:30Z', ['2026-02-28T03:00', '2026-02-27T03:00']],
  ['0 3 * * *', '2026-03-01T03:00:00Z', ['2026-03-01T03:00', '2026-02-28T03:00']],
  ['*/20 * * * *', '2026-03-01T00:10:00Z', ['2026-03-01T00:00', '2026-02-28T23:40']],
  ['5/30 9-17 * * MON-FRI', '2026-03-01T12:00:00Z', ['2026-02-27T17:35', '2026-02-27T17:05']],
  ['0 0 1,15 * 3', '2026-03-02T00:00:00Z', ['2026-03-01T00:00', '2026-02-25T00:00']],
  ['0 0 * * 7', '2026-03-03T00:00:00Z', ['2026-03-01T00:00', '2026-02-22T00:00']],
  ['0 0 29 FEB *', '2026-03-03T00:00:00Z', ['2024-02-29T00:00']],
  ['@hourly', '2026-03-01T00:10:00Z', ['2026-03-01T00:00', '2026-02-28T23:00']],
] as const)('%s before %s', (schedule, before, expected) => {
  expect(previous(schedule, before)).toEqual(expected)
})

test.each(['', '* * * *', '60 * * * *', '* * * * MOON', '5-1 * * * *', '*/0 * * * *', '@never'])('%j is no schedule', (schedule) => {
  expect(parseCron(schedule)).toBeNull()
})

test('it fires in the minutes that it looks back on, and in no other', () => {
  const cron = parseCron('30 4 * * 1')
  expect(cron?.fires(new Date('2026-03-02T04:30:59Z'))).toBe(true)
  expect(cron?.fires(new Date('2026-03-02T04:31:00Z'))).toBe(false)
  expect(cron?.fires(new Date('2026-03-03T04:30:00Z'))).toBe(false)
})
