import { sleep } from '../kernel/pace.ts'

/** Looks until it is so; throws with what was seen last when it does not become so. Never asserts how long it took. */
export async function eventually<T>(look: () => T | Promise<T>, holds: (seen: T) => boolean, patienceMs = 20_000): Promise<T> {
  const until = Date.now() + patienceMs
  for (;;) {
    const seen = await look()
    if (holds(seen)) return seen
    if (Date.now() > until) throw new Error(`it did not become so; last seen: ${JSON.stringify(seen)?.slice(0, 2_000)}`)
    await sleep(20)
  }
}
