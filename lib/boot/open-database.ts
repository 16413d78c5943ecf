import { join } from 'node:path'
import type { Config } from '../config/schema.ts'
import { type Db, openDb } from '../db/client.ts'
import { startEmbedded } from '../db/embedded.ts'
import { type Listener, listen } from '../db/listen.ts'
import { migrate } from '../db/migrate.ts'
import { keepEmbedded } from './keep-embedded.ts'

export type Store = {
  readonly db: Db
  readonly listener: Listener
  readonly url: string
  close(): Promise<void>
  stopServer(): Promise<void>
}

/** Opens the configured Postgres or the embedded one, brings its tables up to date, and listens. */
export async function openDatabase(config: Config, say: (line: string) => void, onError: (error: Error) => void): Promise<Store> {
  const { url, direct, owner, stopServer } =
    config.database.url === null ? await embedded(config, say, onError) : given(config, config.database.url)
  const applied = await migrate(owner, join(config.root, 'prisma', 'migrations'))
  if (applied.length > 0) say(`Database brought up to date: ${applied.join(', ')}`)
  const db = openDb(url, { onError })
  const listener = listen(direct, onError)
  const close = async () => {
    await listener.close()
    await db.close()
  }
  return { db, listener, url: direct, close, stopServer }
}

type Source = { readonly url: string; readonly direct: string; readonly owner: string; stopServer(): Promise<void> }

function given(config: Config, url: string): Source {
  return { url, direct: config.database.direct ?? url, owner: config.database.owner ?? url, stopServer: async () => {} }
}

async function embedded(config: Config, say: (line: string) => void, onError: (error: Error) => void): Promise<Source> {
  const server = await startEmbedded({ root: config.root, folder: config.data, say })
  const ownership = await keepEmbedded(server, config.server.port, onError)
  const stopServer = async () => {
    await ownership.release()
    await server.stop()
  }
  return { url: server.url, direct: server.url, owner: server.url, stopServer }
}
