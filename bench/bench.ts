import { mkdtemp, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { commanded } from './command.ts'
import { drilled } from './drill.ts'
import { firstState, growth } from './first-state.ts'
import { historyRate } from './history.ts'
import { impactOfOne } from './impact.ts'
import { openSession, type Session } from './session.ts'
import { starts } from './start.ts'
import { streamed } from './stream.ts'
import { printTable, type Row } from './table.ts'

const folder = await mkdtemp(join(tmpdir(), 'blackstart-bench-'))
const only = process.argv.slice(2)
// Starts, stream and command run the built product: `npm run build` comes first.
const benches: Record<string, () => Promise<Row[]>> = {
  'first-state-S': () => firstState(folder, 'S'),
  'first-state-ML': () => growth(folder),
  history: () => historyRate(folder),
  impact: () => impactOfOne(folder),
  starts: () => starts(folder),
  stream: () => inSession(streamed),
  command: () => inSession(commanded),
  drill: () => inSession((session) => drilled(session, folder)),
}

async function inSession(bench: (session: Session) => Promise<Row[]>): Promise<Row[]> {
  const session = await openSession(folder)
  try {
    return await bench(session)
  } finally {
    await session.end()
  }
}

const rows: Row[] = []
try {
  for (const [name, bench] of Object.entries(benches)) {
    if (only.length > 0 && !only.some((wanted) => name.startsWith(wanted))) continue
    console.error(`${name} … (load ${loadavg()[0]?.toFixed(1)})`)
    try {
      rows.push(...(await bench()))
    } catch (error) {
      // One that fails does not take the figures of the others with it.
      console.error(`${name} failed:`, error)
      process.exitCode = 1
    }
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
printTable(rows)
