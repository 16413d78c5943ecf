import { join } from 'node:path'
import pg from 'pg'
import { discardEmbedded, startEmbedded } from '../lib/db/embedded.ts'
import { sleep } from '../lib/kernel/pace.ts'
import { type Caller, caller, type Players } from '../lib/testing/play-run.ts'
import { startServer, type TestServer } from '../lib/testing/server.ts'

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

/** Opens the one-time link and goes on as the incident lead; the answer is the Cookie header. */
export async function signInAsLead(server: TestServer): Promise<string> {
  for (let tries = 0; server.signInLink() === null && tries < 300; tries++) await sleep(100)
  const link = new URL(server.signInLink() ?? '')
  const first = await post(server.url, '/api/v1/sign-in', { token: link.searchParams.get('token') }, '')
  const next = await post(server.url, '/api/v1/me/switch', { person: 'incident-lead' }, first)
  return next
}

async function post(url: string, path: string, body: unknown, cookie: string): Promise<string> {
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url, cookie, 'idempotency-key': crypto.randomUUID() },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  return answer.headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .join('; ')
}

async function calm(admin: Caller): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const now = await admin.get<{ services: number; freshness: string; impact: { healthy: number } }>('/situation').catch(() => null)
    if (now && now.freshness === 'live' && now.impact.healthy > 30) return
    await sleep(200)
  }
  throw new Error('the sandbox was not collected within two minutes')
}
