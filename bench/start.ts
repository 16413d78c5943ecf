import { join } from 'node:path'
import { discardEmbedded, startEmbedded } from '../lib/db/embedded.ts'
import { startServer, stopSandboxes } from '../lib/testing/server.ts'
import type { Row } from './table.ts'

const root = process.cwd()

async function bare(folder: string): Promise<number> {
  const startedAt = performance.now()
  const database = await startEmbedded({ root, folder, say: () => {} })
  const ms = performance.now() - startedAt
  await database.stop()
  return ms
}

async function whole(folder: string): Promise<number> {
  const startedAt = performance.now()
  const server = await startServer({ folder, env: { DATABASE_URL: '' } })
  const ms = performance.now() - startedAt
  await server.stop()
  return ms
}

/** From the start of the built product to ready, on an empty data folder and on a used one. */
export async function starts(folder: string): Promise<Row[]> {
  const [ours, plain] = [join(folder, 'start'), join(folder, 'start-bare')]
  try {
    const row = (what: string, mine: number, reference: number, against: string): Row => ({
      what,
      ours: mine,
      reference,
      unit: 'ms',
      against,
      atMost: null,
    })
    return [
      row('cold start, to ready', await whole(ours), await bare(plain), 'initdb and start of the bare PostgreSQL'),
      row('warm start, to ready', await whole(ours), await bare(plain), 'start of the bare PostgreSQL'),
    ]
  } finally {
    await stopSandboxes(ours)
    for (const used of [ours, plain]) await discardEmbedded(root, used)
  }
}
