import type { Db } from '../db/client.ts'
import { sleep } from '../kernel/pace.ts'
import { readAnchors } from './sign-head.ts'
import { type Head, readHead, readPage } from './store.ts'

type Known = Pick<Head, 'seq' | 'hash'>
export type ChainWatch = { stop(): Promise<void> }
export type ChainWatchContext = { readonly db: Pick<Db, 'pool'>; readonly anchors: string | null }

/** Whether the chain in the database contains a head that is known from elsewhere; a sentence when it does not. */
async function missing(db: Pick<Db, 'pool'>, known: Known, from: string): Promise<string | null> {
  const head = await readHead(db)
  if (head.seq < known.seq) return `The audit chain was rolled back: it ends at entry ${head.seq}, and ${from} knows it up to ${known.seq}.`
  const [row] = await readPage(db, known.seq - 1, known.seq)
  return row?.hash === known.hash ? null : `The audit chain was rewritten at or before entry ${known.seq}: ${from} knows another hash.`
}

/** Compares the chain with the newest anchor outside the database, and with what this process saw last; null when it contains both. */
export async function compareChain(ctx: ChainWatchContext, seen: Known | null): Promise<string | null> {
  const newest = (ctx.anchors ? await readAnchors(ctx.anchors) : []).reduce<Known | null>(
    (best, one) => (best && best.seq >= one.seq ? best : one),
    null,
  )
  if (newest) {
    const found = await missing(ctx.db, newest, 'the newest anchored head')
    if (found) return found
  }
  return seen && seen.seq > 0 ? missing(ctx.db, seen, 'this process') : null
}

/** Looks at the start and every few seconds whether the chain still contains what is known of it; tells once for each break. */
export function watchChain(
  ctx: ChainWatchContext,
  tell: (sentence: string) => Promise<void> | void,
  onError: (error: unknown) => void,
  everyMs = 5_000,
): ChainWatch {
  const stop = new AbortController()
  let seen: Known | null = null
  let told = ''
  async function look(): Promise<void> {
    const broken = await compareChain(ctx, seen)
    if (broken && broken !== told) {
      told = broken
      await tell(broken)
    }
    seen = await readHead(ctx.db)
  }
  const running = (async () => {
    while (!stop.signal.aborted) {
      await look().catch(onError)
      await sleep(everyMs, stop.signal)
    }
  })()
  return {
    async stop() {
      stop.abort()
      await running
    },
  }
}
