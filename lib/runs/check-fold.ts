import { readStream } from '../audit/store.ts'
import type { Fold } from '../audit/verify-audit.ts'
import type { Db } from '../db/client.ts'
import { canonicalJson } from '../kernel/canonical-json.ts'
import { asStored, foldStored, streamOf } from './store.ts'

type Shown = { id: string; state: Record<string, unknown>; stage: string; outcome: string | null; lead: string; version: number }
const PAGE = 100

/** The parts of a stored state that differ from what its entries make, by name. */
function differing(shown: Readonly<Record<string, unknown>>, folded: Readonly<Record<string, unknown>>): string[] {
  return [...new Set([...Object.keys(shown), ...Object.keys(folded)])].filter(
    (key) => canonicalJson(shown[key] ?? null) !== canonicalJson(folded[key] ?? null),
  )
}

async function checkRun(db: Pick<Db, 'pool'>, row: Shown): Promise<string | null> {
  const run = foldStored(row.id, await readStream(db, streamOf(row.id)))
  if (!run) return `run ${row.id} is shown, and its entries do not begin one`
  const columns = differing(
    { stage: row.stage, outcome: row.outcome, lead: row.lead, version: row.version },
    { stage: run.stage, outcome: run.outcome, lead: run.lead, version: run.version },
  )
  if (columns.length > 0) return `run ${row.id} is shown with another ${columns.join(', ')} than its entries tell`
  const folded = JSON.parse(asStored(run)) as Record<string, unknown>
  // A state of an older shape is never shown: it is folded anew when it is read.
  if (row.state.shape !== folded.shape) return null
  const parts = differing(row.state, folded)
  return parts.length > 0 ? `the stored state of run ${row.id} differs from the fold of its entries in ${parts.join(', ')}` : null
}

/** Compares every run as it is stored with the fold of its entries; names the first that differs. */
export function foldOfRuns(db: Pick<Db, 'pool'>): Fold {
  return {
    name: 'runs',
    async check() {
      for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
        const { rows } = await db.pool.query<Shown>(
          'SELECT id, state, stage, outcome, lead, version FROM run WHERE id > $1::uuid ORDER BY id LIMIT $2',
          [after, PAGE],
        )
        for (const row of rows) {
          const differs = await checkRun(db, row)
          if (differs) return differs
          after = row.id
        }
        if (rows.length < PAGE) return null
      }
    },
  }
}
