import { backoff } from '#lib/kernel/pace'
import { applyPatch, type Held, type Json, type Patch, type Whole } from '#lib/live/patch'

export type Connection = { readonly state: 'connecting' | 'open' | 'lost'; readonly heardAt: number }

type Sink = { readonly board: (topic: string, board: Json) => void; readonly connection: (now: Connection) => void }

const SILENCE_MS = 40_000

/**
 * The one event stream of this tab. Topics come and go with the screens; a patch that does not fit, a silent line
 * or an error opens the stream again, paced, and the server answers with whole boards.
 */
export function openStream(sink: Sink) {
  const wanted = new Map<string, number>()
  const held = new Map<string, Held>()
  let source: EventSource | null = null
  let tries = 0
  let heardAt = Date.now()
  let again: ReturnType<typeof setTimeout> | undefined

  const watchdog = setInterval(() => {
    if (source && Date.now() - heardAt > SILENCE_MS) lost()
  }, 5_000)

  function heard() {
    heardAt = Date.now()
    tries = 0
    sink.connection({ state: 'open', heardAt })
  }

  function take(event: MessageEvent<string>) {
    heard()
    const message = JSON.parse(event.data) as Partial<Patch & Whole>
    if (typeof message.topic !== 'string') return
    const next = 'board' in message ? (message as Whole) : patched(message as Patch)
    if (!next) return reopen()
    held.set(message.topic, { epoch: next.epoch, rev: next.rev, board: next.board })
    sink.board(message.topic, next.board)
  }

  function patched(patch: Patch): Held | null {
    const before = held.get(patch.topic)
    return before ? applyPatch(before, patch) : null
  }

  function lost() {
    source?.close()
    source = null
    sink.connection({ state: 'lost', heardAt })
    schedule(backoff(tries++, 500, 10_000))
  }

  function schedule(ms: number) {
    clearTimeout(again)
    again = setTimeout(reopen, ms)
  }

  function reopen() {
    source?.close()
    source = null
    held.clear()
    if (wanted.size === 0) return
    source = new EventSource(`/api/v1/stream?topics=${[...wanted.keys()].map(encodeURIComponent).join(',')}`)
    source.onmessage = take
    for (const name of ['open', 'beat']) source.addEventListener(name, heard)
    source.onerror = lost
  }

  return {
    /** Asks for a topic until the answer is called; several screens may ask for the same one. */
    join(topic: string): () => void {
      const before = wanted.get(topic) ?? 0
      wanted.set(topic, before + 1)
      if (before === 0) schedule(20)
      return () => {
        const left = (wanted.get(topic) ?? 1) - 1
        if (left > 0) wanted.set(topic, left)
        else if (wanted.delete(topic)) schedule(200)
      }
    },
    /** At once, because a person asked or the machine woke up. */
    retry() {
      tries = 0
      schedule(0)
    },
    close() {
      clearInterval(watchdog)
      clearTimeout(again)
      source?.close()
      source = null
    },
  }
}
export type Stream = ReturnType<typeof openStream>
