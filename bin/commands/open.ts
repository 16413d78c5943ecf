import { readEnv } from '../../lib/config/env.ts'
import { loadConfig } from '../../lib/config/load.ts'
import type { Config } from '../../lib/config/schema.ts'
import { type Db, openDb } from '../../lib/db/client.ts'
import { startEmbedded } from '../../lib/db/embedded.ts'

export type Opened = { readonly config: Config; readonly db: Db /** For migrations. */; readonly owner: string }

/**
 * The configured database, or the embedded one: attached to while the dashboard runs, else started for this command and
 * stopped after it.
 */
export async function withDatabase<T>(work: (opened: Opened) => Promise<T>): Promise<T> {
  const config = loadConfig(readEnv())
  if (config.database.url !== null) return use(config, config.database.url, config.database.owner ?? config.database.url, work)
  const embedded = await startEmbedded({ root: config.root, folder: config.data, say: () => {} })
  try {
    return await use(config, embedded.url, embedded.url, work)
  } finally {
    if (!embedded.attached) await embedded.stop()
  }
}

async function use<T>(config: Config, url: string, owner: string, work: (opened: Opened) => Promise<T>): Promise<T> {
  const db = openDb(url, { max: 3, name: 'blackstart command' })
  try {
    return await work({ config, db, owner })
  } finally {
    await db.close()
  }
}
