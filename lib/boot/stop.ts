import { sleep } from '../kernel/pace.ts'
import { house } from './context.ts'

/** One thing to put away at the end; `name` is for the log. */
export type Ending = { readonly name: string; readonly end: () => Promise<void> | void }

/** All of it together may take this long, in ms: whoever waits for us kills after that. */
const BUDGET = 10_000

/**
 * Ends the process in the given order, once, on SIGTERM or SIGINT. An open stream keeps `next start` alive for ever,
 * so the first ending hangs up; the last one stops Postgres. What does not end in its share of time is left behind.
 */
export function stopOnSignal(endings: readonly Ending[]): void {
  let stopping = false
  const stop = async (signal: string) => {
    if (stopping) return
    stopping = true
    const { log } = house()
    house().stage = 'stopping'
    log.info({ signal }, 'stopping')
    const until = Date.now() + BUDGET
    for (const { name, end } of endings) {
      const left = until - Date.now()
      const what = await Promise.race([ended(end), sleep(Math.max(200, left)).then(() => 'too slow')])
      if (what !== 'ended') log.warn({ name, what }, 'did not end well')
    }
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void stop(signal))
}

async function ended(end: Ending['end']): Promise<string> {
  try {
    await end()
    return 'ended'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
