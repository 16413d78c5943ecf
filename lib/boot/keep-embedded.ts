import type { Embedded } from '../db/embedded.ts'
import type { Ownership } from '../db/owner.ts'
import { backoff, sleep } from '../kernel/pace.ts'

/**
 * Takes the embedded data for this process, and as long as it lives starts Postgres again whenever it dies.
 * `release` gives the data back. Throws `AlreadyUsed` when another live process has them.
 */
export async function keepEmbedded(server: Embedded, port: number, onError: (error: Error) => void): Promise<{ release(): Promise<void> }> {
  const end = new AbortController()
  let ownership: Ownership = await server.own(port, () => void again())

  async function again(): Promise<void> {
    for (let tries = 0; !end.signal.aborted; tries++) {
      try {
        await server.startAgain()
        ownership = await server.own(port, () => void again())
        return
      } catch (error) {
        onError(error instanceof Error ? error : new Error(String(error)))
      }
      await sleep(backoff(tries, 500, 10_000), end.signal)
    }
  }

  return {
    async release() {
      end.abort()
      await ownership.release()
    },
  }
}
