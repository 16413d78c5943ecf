import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { firstState } from './first-state.ts'
import { printTable, type Row } from './table.ts'

const folder = await mkdtemp(join(tmpdir(), 'blackstart-bench-'))
const only = process.argv.slice(2)
const benches: Record<string, () => Promise<Row[]>> = {
  'first-state-S': () => firstState(folder, 'S'),
  'first-state-L': () => firstState(folder, 'L'),
}

const rows: Row[] = []
try {
  for (const [name, bench] of Object.entries(benches)) {
    if (only.length > 0 && !only.some((wanted) => name.startsWith(wanted))) continue
    console.error(`${name} …`)
    rows.push(...(await bench()))
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
printTable(rows)
