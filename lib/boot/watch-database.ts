import { databaseFull } from '../db/away.ts'
import type { Db } from '../db/client.ts'
import { sleep } from '../kernel/pace.ts'

export type DatabaseWatch = {
  up(): boolean
  /** True from a write that found no room on the database's disk until one finds some again. */
  full(): boolean
  /** Tells the watch of an error that somebody met while writing. */
  note(error: unknown): void
  stop(): void
}

export type DatabaseState = 'up' | 'away' | 'full'

/** Takes a few pages on the database's disk and gives them back. */
const ROOM = `CREATE TEMP TABLE room_probe ON COMMIT DROP AS SELECT repeat(md5(n::text), 200) FROM generate_series(1, 20) n`

/** Asks Postgres every two seconds whether it is there, and while its disk was full whether there is room again; tells when that changes. */
export function watchDatabase(db: Pick<Db, 'pool'>, onChange: (state: DatabaseState) => void): DatabaseWatch {
  const stop = new AbortController()
  let up = true
  let full = false

  function set(next: { readonly up?: boolean; readonly full?: boolean }): void {
    const before = stateOf()
    up = next.up ?? up
    full = next.full ?? full
    if (!stop.signal.aborted && stateOf() !== before) onChange(stateOf())
  }

  function stateOf(): DatabaseState {
    return up ? (full ? 'full' : 'up') : 'away'
  }

  async function answers(statement: string): Promise<boolean> {
    const asked = db.pool.query(statement).then(
      () => true,
      () => false,
    )
    return Promise.race([asked, sleep(3_000, stop.signal).then(() => false)])
  }

  void (async () => {
    while (!stop.signal.aborted) {
      await sleep(2_000, stop.signal)
      set({ up: await answers('SELECT 1') })
      if (up && full && (await answers(ROOM))) set({ full: false })
    }
  })()
  return {
    up: () => up,
    full: () => full,
    note(error) {
      if (databaseFull(error)) set({ full: true })
    },
    stop: () => stop.abort(),
  }
}
