import { readEnv } from '../../lib/config/env.ts'
import { Wanting, Wrong } from './say.ts'

/** Asks the running dashboard: `BLACKSTART_URL` (default this machine's), with `BLACKSTART_TOKEN` or the bootstrap token. */
export async function ask<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
  return JSON.parse(await askText(method, path, body)) as T
}

/** As `ask`, for an answer that is no JSON. */
export async function askText(method: 'GET' | 'POST', path: string, body?: unknown): Promise<string> {
  const { port, bootstrapToken } = readEnv()
  const base = process.env.BLACKSTART_URL ?? `http://127.0.0.1:${port ?? 3000}`
  const token = process.env.BLACKSTART_TOKEN ?? bootstrapToken
  if (!token)
    throw new Wrong('Set BLACKSTART_TOKEN to an API token (or BLACKSTART_BOOTSTRAP_TOKEN to the one the dashboard was started with).')
  const answer = await fetch(new URL(`/api/v1${path}`, base), {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((error: Error) => {
    throw new Wrong(
      `${base} does not answer: ${error.cause instanceof Error ? error.cause.message : error.message}. Is the dashboard up? Set BLACKSTART_URL.`,
    )
  })
  const text = await answer.text()
  if (answer.ok) return text
  throw new Wanting(`${method} ${path}: ${answer.status} ${problemOf(text)}`)
}

function problemOf(text: string): string {
  try {
    const { code, title, detail, errors } = JSON.parse(text) as {
      code?: string
      title?: string
      detail?: string
      errors?: { path: string; message: string }[]
    }
    // The first of them is in the detail.
    return [code, detail ?? title, ...(errors ?? []).slice(1).map((one) => `${one.path}: ${one.message}`)].filter(Boolean).join(', ')
  } catch {
    return text.slice(0, 200)
  }
}
