import { connect } from '#lib/cluster/client'
import { ClusterEntry } from '#lib/cluster/schema'
import type { Db } from '#lib/db/client'
import { newId } from '#lib/kernel/id'
import { sleep } from '#lib/kernel/pace'
import { loadRun } from '#lib/runs/store'
import type { Caller } from '#lib/testing/play-run'
import { type ServerOptions, startServer, type TestServer } from '#lib/testing/server'

/** A server that is killed and started again on the same port, database and folder, as often as a test likes. */
export type Mortal = {
  readonly url: string
  readonly lives: number
  now(): TestServer
  kill(): void
  revived(): Promise<void>
  discard(): Promise<void>
}

export async function startMortal(options: ServerOptions): Promise<Mortal> {
  let server = await startServer(options)
  const port = Number(new URL(server.url).port)
  const { url } = server
  let lives = 1
  let reviving: Promise<void> = Promise.resolve()
  return {
    url,
    get lives() {
      return lives
    },
    now: () => server,
    kill() {
      const dying = server.kill()
      lives++
      reviving = dying.then(async () => {
        server = await startServer({ ...options, port })
      })
      // Whoever waits for the next life hears of it there.
      reviving.catch(() => {})
    },
    revived: () => reviving,
    discard: () => reviving.catch(() => {}).then(() => server.discard()),
  }
}

/** What one watch of the cluster, opened by nobody of ours, saw of a kind. */
export type Witness = { readonly events: readonly { readonly type: string; readonly object: Seen }[]; end(): void }
export type Seen = {
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly uid: string
    readonly deletionTimestamp?: string
    readonly annotations?: Readonly<Record<string, string>>
    readonly finalizers?: readonly string[]
  }
  readonly spec: Readonly<Record<string, unknown>>
  readonly operation?: unknown
}

export async function witness(kubeconfig: string, path: string): Promise<Witness> {
  const api = connect(ClusterEntry.parse({ name: 'witness', kubeconfig, mode: 'drill' }))
  const listed = (await api.request({ method: 'GET', path })).body as { metadata: { resourceVersion: string }; items: Seen[] }
  const events: { type: string; object: Seen }[] = listed.items.map((object) => ({ type: 'FIRST', object }))
  const ending = new AbortController()
  let version = listed.metadata.resourceVersion
  const look = async () => {
    while (!ending.signal.aborted) {
      const query = { watch: true, resourceVersion: version }
      const line = (text: string) => {
        const event = JSON.parse(text) as { type: string; object: Seen & { metadata: { resourceVersion: string } } }
        version = event.object.metadata.resourceVersion
        if (event.type !== 'BOOKMARK') events.push(event)
      }
      await api.stream({ method: 'GET', path, query, signal: ending.signal }, line).catch(() => {})
      await sleep(50, ending.signal)
    }
  }
  void look()
  return { events, end: () => ending.abort() }
}

/** How often a value that `read` takes of an object changed from `from` to `to`, per uid; only the uids where it did. */
export function turns(seen: Witness, read: (object: Seen) => string, from: string, to: string): ReadonlyMap<string, number> {
  const last = new Map<string, string>()
  const count = new Map<string, number>()
  for (const { object } of seen.events) {
    const { uid } = object.metadata
    const value = read(object)
    if (last.get(uid) === from && value === to) count.set(uid, (count.get(uid) ?? 0) + 1)
    last.set(uid, value)
  }
  return count
}

/** The states of a step's items as stored, however the server is. */
export async function storedItems(db: Db, run: string, step: string): Promise<readonly string[]> {
  const state = await loadRun(db, run)
  return Object.values(state?.steps[step]?.items ?? {}).map((one) => one.state)
}

/** A caller that remembers its last accepted change, to send it again as a browser would after a lost answer. */
export function remembering(
  caller: Caller,
  accepted: (path: string, body: unknown) => void,
): Caller & {
  again(): Promise<{ status: number; body: unknown } | null>
  readonly last: { readonly status: number; readonly body: unknown } | null
} {
  let sent: { path: string; body: unknown; key: string } | null = null
  let last: { status: number; body: unknown } | null = null
  return {
    get: (path) => caller.get(path),
    async send(path, body, key = newId()) {
      const answer = await caller.send(path, body, key)
      if (answer.status < 300) {
        sent = { path, body, key }
        last = answer
        accepted(path, body)
      }
      return answer
    },
    again: async () => (sent ? caller.send(sent.path, sent.body, sent.key) : null),
    get last() {
      return last
    },
  }
}
