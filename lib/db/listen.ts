import pg from 'pg'
import { backoff, sleep } from '../kernel/pace.ts'

export type Listener = {
  /** Calls `heard` for every NOTIFY on the channel; the answer stops it. */
  on(channel: string, heard: (payload: string) => void): () => void
  /** Called after each connect but the first: what was sent in between is lost, so ask again. */
  onGap(missed: () => void): () => void
  readonly connected: boolean
  close(): Promise<void>
}

/** LISTEN on a connection of its own, which comes back by itself; needs a direct URL, not a transaction pooler. */
export function listen(url: string, onError: (error: Error) => void = () => {}): Listener {
  const heard = new Map<string, Set<(payload: string) => void>>()
  const gaps = new Set<() => void>()
  const stop = new AbortController()
  let client: pg.Client | null = null
  let connects = 0

  async function connectOnce(): Promise<void> {
    const next = new pg.Client({
      connectionString: url,
      application_name: 'blackstart listen',
      keepAlive: true,
      connectionTimeoutMillis: 10_000,
    })
    const ended = new Promise<void>((resolve) => {
      next.on('error', (error) => {
        onError(error)
        resolve()
      })
      next.on('end', () => resolve())
    })
    next.on('notification', (message) => {
      for (const one of heard.get(message.channel) ?? []) one(message.payload ?? '')
    })
    try {
      await next.connect()
      // Set first: a channel asked for while the loop below waits then listens for itself.
      client = next
      for (const channel of heard.keys()) await next.query(`LISTEN ${pg.escapeIdentifier(channel)}`)
      if (stop.signal.aborted) return
      connects++
      if (connects > 1) for (const missed of gaps) missed()
      await Promise.race([ended, new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve(), { once: true }))])
    } finally {
      client = null
      await next.end().catch(() => {})
    }
  }

  async function run(): Promise<void> {
    let tries = 0
    while (!stop.signal.aborted) {
      const before = connects
      try {
        await connectOnce()
      } catch (error) {
        onError(error instanceof Error ? error : new Error(String(error)))
      }
      tries = connects > before ? 0 : tries + 1
      if (!stop.signal.aborted) await sleep(backoff(tries, 250, 5_000), stop.signal)
    }
  }
  const running = run()

  return {
    on(channel, one) {
      const all = heard.get(channel) ?? new Set()
      if (all.size === 0) {
        heard.set(channel, all)
        client?.query(`LISTEN ${pg.escapeIdentifier(channel)}`).catch((error: Error) => onError(error))
      }
      all.add(one)
      return () => void all.delete(one)
    },
    onGap(missed) {
      gaps.add(missed)
      return () => void gaps.delete(missed)
    },
    get connected() {
      return client !== null
    },
    async close() {
      stop.abort()
      await running
    },
  }
}
