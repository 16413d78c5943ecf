import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CALM_MS, GRACE_MS, QUIET, REOPEN_MS, step, type Turn, type Watching } from './machine.ts'

const glances = fc.array(
  fc.record({ after: fc.integer({ min: 0, max: 30_000 }), holds: fc.constantFrom(true, false, null), atOnce: fc.boolean() }),
  { maxLength: 80 },
)

function run(list: readonly { after: number; holds: boolean | null; atOnce: boolean }[]) {
  let now = 0
  let state: Watching = QUIET
  const log: { now: number; holds: boolean | null; atOnce: boolean; turn: Turn; state: Watching }[] = []
  for (const one of list) {
    now += one.after
    const next = step(state, { now, holds: one.holds, atOnce: one.atOnce })
    state = next.state
    log.push({ now, ...one, turn: next.turn, state })
  }
  return log
}

test('a signal opens only on a true look, and without being at once only after five seconds of truth', () => {
  fc.assert(
    fc.property(glances, (list) => {
      const log = run(list)
      log.forEach((one, at) => {
        if (one.turn !== 'open' && one.turn !== 'reopen') return
        expect(one.holds).toBe(true)
        if (one.atOnce) return
        const lastFalse = log.slice(0, at).findLastIndex((other) => other.holds !== true)
        const first = log[lastFalse + 1]
        expect(one.now - (first?.now ?? 0)).toBeGreaterThanOrEqual(GRACE_MS)
      })
    }),
  )
})

test('a signal closes only after a minute of false looks, without any true or stale one between', () => {
  fc.assert(
    fc.property(glances, (list) => {
      const log = run(list)
      log.forEach((one, at) => {
        if (one.turn !== 'close') return
        const lastOther = log.slice(0, at).findLastIndex((other) => other.holds !== false)
        expect(one.now - (log[lastOther + 1]?.now ?? 0)).toBeGreaterThanOrEqual(CALM_MS)
      })
    }),
  )
})

test('opening and closing alternate, and a stale look turns nothing', () => {
  fc.assert(
    fc.property(glances, (list) => {
      const log = run(list)
      const turns = log.map((one) => one.turn).filter((turn) => turn === 'open' || turn === 'reopen' || turn === 'close')
      for (const [at, turn] of turns.entries()) expect(turn === 'close').toBe(at % 2 === 1)
      expect(log.every((one) => one.holds !== null || one.turn === null || one.turn === 'forget')).toBe(true)
    }),
  )
})

test.each([
  [REOPEN_MS - 1_000, 'reopen'],
  [REOPEN_MS + 1_000, 'open'],
] as const)('true again %i ms after closing is %s', (after, turn) => {
  const closed: Watching = { is: 'closed', closedAt: 1_000, trueSince: null }
  expect(step(closed, { now: 1_000 + after, holds: true, atOnce: true }).turn).toBe(turn)
})
