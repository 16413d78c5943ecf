/** Waits `ms` milliseconds, or until `signal` aborts (then resolves early, never rejects). */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, Math.max(0, ms))
    signal?.addEventListener('abort', done)
  })
}

/** Exponential back-off with full jitter in its upper half: between half and all of min(cap, base·2^tries), in ms. */
export function backoff(tries: number, base = 500, cap = 30_000, random: () => number = Math.random): number {
  const full = Math.min(cap, base * 2 ** Math.min(tries, 20))
  return full / 2 + (full / 2) * random()
}
