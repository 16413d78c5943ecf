import { createHash } from 'node:crypto'
import { type Db, sqlState } from '../db/client.ts'
import { canonicalJson } from '../kernel/canonical-json.ts'
import { sleep } from '../kernel/pace.ts'
import { problem } from './problem.ts'

/** An answer that was begun and never given after this long belongs to a process that died, in ms. */
const ABANDONED = 60_000

/**
 * Lets a repeated request have the first answer again: same actor, same key, same request. With another body it is
 * refused. Only what was done is kept; a refusal leaves the key free, since it changed nothing.
 */
export async function keepAnswer(
  db: Db,
  actor: string,
  key: string | null,
  request: readonly unknown[],
  act: () => Promise<Response>,
): Promise<Response> {
  if (key === null) return act()
  const digest = new Uint8Array(createHash('sha256').update(canonicalJson(request)).digest())
  const before = await claim(db, actor, key, digest)
  if (before) return before
  try {
    const answer = await act()
    if (!answer.ok) {
      await forget(db, actor, key)
      return answer
    }
    const text = await answer.clone().text()
    await db.prisma.keptAnswer.update({ where: { actor_key: { actor, key } }, data: { status: answer.status, body: { text } } })
    return answer
  } catch (error) {
    // The act's own error is the one to tell; a key left behind is abandoned after a minute.
    await forget(db, actor, key).catch(() => {})
    throw error
  }
}

/** Takes the key for this request; an answer when somebody had it before. */
async function claim(db: Db, actor: string, key: string, digest: Uint8Array<ArrayBuffer>): Promise<Response | null> {
  for (let tries = 0; tries < 100; tries++) {
    try {
      await db.prisma.keptAnswer.create({ data: { actor, key, digest } })
      return null
    } catch (error) {
      if (sqlState(error) !== '23505' && (error as { code?: unknown }).code !== 'P2002') throw error
    }
    const kept = await db.prisma.keptAnswer.findUnique({ where: { actor_key: { actor, key } } })
    if (!kept) continue
    if (Buffer.compare(kept.digest, digest) !== 0)
      return problem({ code: 'key-reused', message: 'This key was used before, with another request. Use a new key for a new request.' })
    if (kept.status !== null) return again(kept.status, kept.body)
    if (Date.now() - kept.createdAt.getTime() > ABANDONED) await forget(db, actor, key)
    else await sleep(50)
  }
  return problem(
    { code: 'in-progress', message: 'The first request with this key has no answer yet. Ask again in a moment.' },
    { 'retry-after': '1' },
  )
}

async function forget(db: Db, actor: string, key: string): Promise<void> {
  await db.prisma.keptAnswer.deleteMany({ where: { actor, key, status: null } })
}

function again(status: number, body: unknown): Response {
  const text = typeof body === 'object' && body !== null && 'text' in body && typeof body.text === 'string' ? body.text : 'null'
  return new Response(text === '' ? null : text, {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', 'idempotent-replay': 'true' },
  })
}
