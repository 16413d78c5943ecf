import { sleep } from '../kernel/pace.ts'
import type { TestServer } from './server.ts'

/** Opens the one-time link and goes on as the incident lead; the answer is the Cookie header. */
export async function signInAsLead(server: Pick<TestServer, 'url' | 'signInLink'>): Promise<string> {
  for (let tries = 0; server.signInLink() === null && tries < 300; tries++) await sleep(100)
  const link = new URL(server.signInLink() ?? '')
  const first = await post(server.url, '/api/v1/sign-in', { token: link.searchParams.get('token') }, '')
  return post(server.url, '/api/v1/me/switch', { person: 'incident-lead' }, first)
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
