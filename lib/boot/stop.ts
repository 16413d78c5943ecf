import { sleep } from '../kernel/pace.ts'
import { house } from './context.ts'

/** One thing to put away at the end; `name` is for the log. */
export type Ending = { readonly name: string; readonly end: () => Promise<void> | void }

/** All of it together may take this long, in ms: whoever waits for us kills after that. */
const BUDGET = 10_000
/** How much of it a start under way may use to come to a point where it can be left. */
const FOR_STARTING = 8_000

/** Thrown by a start that a signal has overtaken. */
export class Stopping extends Error {
  override readonly name = 'Stopping'
}

/** A point at which a start may be left: throws `Stopping` once a signal has come. */
export function goOn(): void {
  if (house().stage === 'stopping') throw new Stopping('The server was asked to stop while it started.')
}

/**
 * Ends the process once, on SIGTERM or SIGINT, also while `starting` is under way: what was started last ends first.
 * An open stream keeps `next start` alive for ever, so streams are hung up first; Postgres stops last.
 * What does not end in its share of time is left behind.
 */
export function stopOnSignal(endings: readonly Ending[], starting: Promise<unknown>): void {
  let stopping = false
  const stop = async (signal: string) => {
    if (stopping) return
    stopping = true
    const { log } = house()
    house().stage = 'stopping'
    log.info({ signal }, 'stopping')
    const until = Date.now() + BUDGET
    await Promise.race([ended(() => starting.then(() => {})), sleep(FOR_STARTING)])
    await endAll(endings, until)
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void stop(signal))
}

/** Ends everything that was started so far, last first, by `until` (ms since 1970). */
export async function endAll(endings: readonly Ending[], until = Date.now() + BUDGET): Promise<void> {
  for (const { name, end } of [...endings].reverse()) {
    const left = until - Date.now()
    const what = await Promise.race([ended(end), sleep(Math.max(200, left)).then(() => 'too slow')])
    if (what !== 'ended') house().log.warn({ name, what }, 'did not end well')
  }
}

async function ended(end: Ending['end']): Promise<string> {
  try {
    await end()
    return 'ended'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
