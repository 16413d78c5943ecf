import type { Db } from '../db/client.ts'
import { sleep } from '../kernel/pace.ts'

export type DatabaseWatch = { up(): boolean; stop(): void }

/** Asks Postgres every two seconds whether it is there, and tells when that changes. */
export function watchDatabase(db: Db, onChange: (up: boolean) => void): DatabaseWatch {
  const stop = new AbortController()
  let up = true
  const ask = async () => {
    const answered = await Promise.race([
      db.pool.query('SELECT 1').then(
        () => true,
        () => false,
      ),
      sleep(3_000, stop.signal).then(() => false),
    ])
    if (stop.signal.aborted || answered === up) return
    up = answered
    onChange(up)
  }
  void (async () => {
    while (!stop.signal.aborted) {
      await sleep(2_000, stop.signal)
      await ask()
    }
  })()
  return { up: () => up, stop: () => stop.abort() }
}
