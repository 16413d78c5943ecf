import { createHash } from 'node:crypto'
import { zstdCompressSync } from 'node:zlib'
import { canonicalJson } from '../kernel/canonical-json.ts'
import type { Dict } from '../kernel/wire.ts'
import type { RecordedEvent } from './port.ts'
import type { Redacted } from './redact.ts'

/** A manifest ready to be stored: `hash` is over the canonical text, `zstd` is that text compressed. */
export type Body = { readonly hash: string; readonly zstd: Uint8Array; readonly redacted: boolean }
export type Writer = { readonly by: string; readonly at: string }

/** What the history is told, in order; the live state knew each of it before. */
export type Kept =
  /** The manifest of the object whose slim record was told under this uid and version. */
  | { readonly keep: 'body'; readonly uid: string; readonly version: string; readonly body: Body; readonly by: Writer | null }
  | { readonly keep: 'gone'; readonly uid: string; readonly at: string }
  | { readonly keep: 'listed'; readonly group: string; readonly kind: string; readonly uids: readonly string[]; readonly at: string }
  | { readonly keep: 'event'; readonly event: RecordedEvent; readonly key: string }
  | { readonly keep: 'restored'; readonly note: string }

type Waiting =
  | Exclude<Kept, { keep: 'body' }>
  | { readonly keep: 'manifest'; readonly uid: string; readonly version: string; readonly manifest: Dict; readonly by: Writer | null }

/** How long one slice of work may hold the thread that hears the cluster, ms. */
const SLICE = 8
/** After a page of a list the next one is expected for so long, ms: the first live state goes before its history. */
const QUIET = 100
/** More waiting than this is worked off beside the lists, so that memory stays bounded. */
const MOST = 20_000

export interface Lane {
  add(what: Waiting): void
  /** A page of a list has come: more important work is likely to follow. */
  busy(): void
  /** Works off everything that waits, without pause. */
  drain(): void
}

/** A manifest as it is stored, without its secrets. */
export function bodyOf(manifest: Dict, redact: (object: Dict) => Redacted): Body {
  const { object, redacted } = redact(manifest)
  const canonical = canonicalJson(object)
  // A copy of its own: the buffer of a compression is far larger than what it holds.
  return { hash: createHash('sha256').update(canonical).digest('hex'), zstd: new Uint8Array(zstdCompressSync(canonical)), redacted }
}

/** Computes what is costly of the history (redaction, canonical text, hash, compression) when nothing else waits; the order is kept. */
export function createLane(redact: (object: Dict) => Redacted, keep: (kept: Kept) => void): Lane {
  let waiting: Waiting[] = []
  let next = 0
  let busyUntil = 0
  let due: NodeJS.Timeout | NodeJS.Immediate | null = null

  function finish(one: Waiting): Kept {
    if (one.keep !== 'manifest') return one
    return { keep: 'body', uid: one.uid, version: one.version, body: bodyOf(one.manifest, redact), by: one.by }
  }

  function work(until: number): void {
    while (next < waiting.length && performance.now() < until) {
      const one = waiting[next++]
      if (one) keep(finish(one))
    }
    if (next === waiting.length) waiting = []
    else if (next > 1_000) waiting = waiting.slice(next)
    else return
    next = 0
  }

  function soon(): void {
    if (due !== null) return
    const wait = waiting.length - next > MOST ? 0 : busyUntil - performance.now()
    due = wait > 0 ? setTimeout(slice, wait) : setImmediate(slice)
  }

  function slice(): void {
    due = null
    if (waiting.length - next > MOST || performance.now() >= busyUntil) work(performance.now() + SLICE)
    if (next < waiting.length) soon()
  }

  return {
    add(what) {
      waiting.push(what)
      soon()
    },
    busy() {
      busyUntil = performance.now() + QUIET
    },
    drain: () => work(Number.POSITIVE_INFINITY),
  }
}
