import type { SandboxClock } from './port.ts'

export type ClockReading = {
  readonly base: number
  readonly at: number
  readonly factor: number
}

export interface RunningClock extends SandboxClock {
  /** How many milliseconds of sandbox time pass in one of the wall's. */
  setFactor(factor: number): void
  /** The linear rule that gives sandbox time from the wall's (the shape of ClusterClock). */
  reading(): ClockReading
  /** Ends all timers. */
  stop(): void
}

type Timer = {
  readonly due: number
  readonly order: number
  readonly act: () => void
  cancelled: boolean
}

/** As fast as time may run so that clients over HTTPS still see each step of a cascade. */
export const MAX_FACTOR = 100

/** Turns `max` or a number into a factor; null when it is neither. */
export function parseSpeed(text: string): number | null {
  if (text === 'max') return MAX_FACTOR
  const factor = Number(text)
  return Number.isFinite(factor) && factor > 0 && factor <= 10_000 ? factor : null
}

/**
 * A clock that runs `factor` times as fast as the wall's from `start` (ms since the epoch).
 * Timers fire in order of due time, then of registration; inside a timer `now()` is its due time.
 * `factor` 0 stands still: only `setFactor` moves it on.
 */
export function createClock({ start, factor }: { start: number; factor: number }): RunningClock {
  let rule: ClockReading = { base: start, at: performance.now(), factor }
  let order = 0
  let pinned: number | null = null
  let wake: NodeJS.Timeout | null = null
  let soon: NodeJS.Immediate | null = null
  const heap: Timer[] = []

  const linear = () => rule.base + (performance.now() - rule.at) * rule.factor
  const before = (a: Timer, b: Timer) => a.due < b.due || (a.due === b.due && a.order < b.order)

  function push(timer: Timer): void {
    let i = heap.push(timer) - 1
    while (i > 0) {
      const up = (i - 1) >> 1
      const parent = heap[up]
      if (!parent || !before(timer, parent)) break
      heap[i] = parent
      i = up
    }
    heap[i] = timer
  }

  function pop(): void {
    const last = heap.pop()
    if (!last || heap.length === 0) return
    let i = 0
    for (;;) {
      let down = 2 * i + 1
      const left = heap[down]
      if (!left) break
      const right = heap[down + 1]
      let child = left
      if (right && before(right, left)) {
        child = right
        down++
      }
      if (!before(child, last)) break
      heap[i] = child
      i = down
    }
    heap[i] = last
  }

  function arm(): void {
    if (wake) clearTimeout(wake)
    wake = null
    while (heap[0]?.cancelled) pop()
    const next = heap[0]
    if (!next || rule.factor === 0 || soon) return
    const ms = Math.max(0, (next.due - linear()) / rule.factor)
    wake = setTimeout(run, Math.min(ms, 0x7fffffff))
  }

  function run(): void {
    soon = null
    const until = linear()
    // A slice, so that requests and watches get their turn between two bursts of timers.
    const slice = performance.now() + 8
    for (;;) {
      const next = heap[0]
      if (!next || next.due > until) break
      if (performance.now() > slice) {
        soon = setImmediate(run)
        return
      }
      pop()
      if (next.cancelled) continue
      pinned = next.due
      try {
        next.act()
      } finally {
        pinned = null
      }
    }
    arm()
  }

  return {
    now: () => Math.floor(pinned ?? linear()),
    after(ms, act) {
      const timer: Timer = {
        due: (pinned ?? linear()) + Math.max(0, ms),
        order: order++,
        act,
        cancelled: false,
      }
      push(timer)
      if (heap[0] === timer && pinned === null) arm()
      return () => {
        timer.cancelled = true
      }
    },
    setFactor(next) {
      rule = { base: linear(), at: performance.now(), factor: next }
      arm()
    },
    reading: () => ({
      base: rule.base,
      at: rule.at + performance.timeOrigin,
      factor: rule.factor,
    }),
    stop() {
      if (wake) clearTimeout(wake)
      if (soon) clearImmediate(soon)
      heap.length = 0
    },
  }
}
