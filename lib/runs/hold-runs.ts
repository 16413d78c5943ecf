import type { Db } from '../db/client.ts'
import { SYSTEM } from './drive-runs.ts'
import { appendRun, lockRun } from './store.ts'

/** Holds every open run that nobody holds yet, with the reason; a person lets each go on. Answers how many. */
export async function holdOpenRuns(db: Db, reason: string): Promise<number> {
  const { rows } = await db.pool.query<{ id: string }>(`SELECT id FROM run WHERE stage <> 'closed'`)
  let held = 0
  for (const { id } of rows)
    await db.tx(async (tx) => {
      const run = await lockRun(tx, id)
      if (!run || run.held || run.stage === 'closed') return
      await appendRun(tx, run, SYSTEM, [{ kind: 'run.held', data: { reason } }])
      held += 1
    })
  return held
}
