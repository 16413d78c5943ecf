import { join } from 'node:path'
import pg from 'pg'
import { discardEmbedded, startEmbedded } from '../lib/db/embedded.ts'
import { sleep } from '../lib/kernel/pace.ts'
import { type Caller, caller, type Players } from '../lib/testing/play-run.ts'
import { startServer, type TestServer } from '../lib/testing/server.ts'
import { signInAsLead } from '../lib/testing/sign-in.ts'

const TOKEN = 'benchmark-bootstrap-token-0123456789abcdef'

export type Session = {
  readonly server: TestServer
  readonly players: Players
  readonly admin: Caller
  readonly kubeconfig: string
  readonly headers: Readonly<Record<string, string>>
  readonly database: pg.Pool
  end(): Promise<void>
}

/** The whole product with its sandbox on a database of its own, signed in twice: by the bootstrap token and as the incident lead. */
export async function openSession(folder: string): Promise<Session> {
  const data = join(folder, `session-${Math.random().toString(36).slice(2, 8)}`)
  const embedded = await startEmbedded({ root: process.cwd(), folder: join(data, 'db'), say: () => {} })
  const server = await startServer({ folder: data, env: { DATABASE_URL: embedded.url, BLACKSTART_BOOTSTRAP_TOKEN: TOKEN } })
  const headers = { authorization: `Bearer ${TOKEN}` }
  const admin = caller(server.url, () => headers)
  const cookie = await signInAsLead(server)
  const lead = caller(server.url, () => ({ cookie }))
  const database = new pg.Pool({ connectionString: embedded.url, max: 4 })
  await calm(admin)
  return {
    server,
    admin,
    headers,
    database,
    players: { operator: admin, approver: lead },
    kubeconfig: join(data, 'sandboxes', 'sandbox.kubeconfig'),
    async end() {
      await database.end()
      await server.discard()
      await embedded.stop()
      await discardEmbedded(process.cwd(), join(data, 'db'))
    },
  }
}

async function calm(admin: Caller): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const now = await admin.get<{ services: number; freshness: string; impact: { healthy: number } }>('/situation').catch(() => null)
    if (now && now.freshness === 'live' && now.impact.healthy > 30) return
    await sleep(200)
  }
  throw new Error('the sandbox was not collected within two minutes')
}
