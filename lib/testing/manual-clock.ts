import type { SandboxClock } from '../sandbox/port.ts'

export interface ManualClock extends SandboxClock {
  /** Runs everything due within the next `ms` of simulated time, in due order. */
  advance(ms: number): void
  /** Runs on until `done` answers true, at most `ms`; answers whether it did. */
  until(done: () => boolean, ms: number): boolean
}

/** A clock that only moves when told to, as fast as the machine can. */
export function createManualClock(start: number): ManualClock {
  let now = start
  let order = 0
  const heap: { due: number; order: number; act: (() => void) | null }[] = []
  const before = (a: { due: number; order: number } | undefined, b: { due: number; order: number } | undefined) =>
    a !== undefined && b !== undefined && (a.due < b.due || (a.due === b.due && a.order < b.order))

  function swap(i: number, j: number): void {
    const [a, b] = [heap[i], heap[j]]
    if (a && b) [heap[i], heap[j]] = [b, a]
  }
  function sink(): void {
    for (let i = 0; ; ) {
      const [left, right] = [2 * i + 1, 2 * i + 2]
      const least = before(heap[right], heap[left]) ? right : left
      if (!before(heap[least], heap[i])) return
      swap(i, least)
      i = least
    }
  }
  function next(limit: number): boolean {
    const timer = heap[0]
    if (!timer || timer.due > limit) return false
    swap(0, heap.length - 1)
    heap.pop()
    sink()
    now = Math.max(now, timer.due)
    timer.act?.()
    return true
  }

  return {
    now: () => now,
    after(ms, act) {
      const timer: { due: number; order: number; act: (() => void) | null } = { due: now + Math.max(0, ms), order: order++, act }
      for (let i = heap.push(timer) - 1; i > 0 && before(heap[i], heap[(i - 1) >> 1]); i = (i - 1) >> 1) swap(i, (i - 1) >> 1)
      return () => {
        timer.act = null
      }
    },
    advance(ms) {
      const limit = now + ms
      while (next(limit));
      now = limit
    },
    until(done, ms) {
      const limit = now + ms
      while (!done()) if (!next(limit)) return false
      return true
    },
  }
}
