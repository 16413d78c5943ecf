import { Body, entryHash, GENESIS, microseconds, type Sha256, type StoredEntry } from './rules.ts'
import type { AuditVerdict } from './view.ts'

export type Bad = NonNullable<AuditVerdict['bad']>

/** What has been verified so far; `feed` moves it. */
export type Verification = {
  readonly entries: number
  readonly last: StoredEntry | null
  readonly versions: Map<string, number>
}

export function startVerification(): Verification {
  return { entries: 0, last: null, versions: new Map() }
}

/** Takes the next stored row: the next state, or the first bad entry and what is wrong with it. */
export function feed(state: Verification, row: StoredEntry, sha256: Sha256): Verification | Bad {
  const before = Number(state.last?.seq ?? 0)
  const seq = Number(row.seq)
  if (seq > before + 1) return removed(before + 1, seq - 1)
  if (seq <= before) return { seq, what: 'inserted', message: `Entry ${seq} comes again after entry ${before}: it was inserted.` }
  const broken = brokenLink(state, row, sha256)
  if (broken) return broken
  const differs = brokenColumn(state, row)
  if (differs) return { seq, what: 'changed', message: `Entry ${seq} was changed: ${differs}.` }
  state.versions.set(row.stream, row.streamVersion)
  return { entries: state.entries + 1, last: row, versions: state.versions }
}

export function isBad(state: Verification | Bad): state is Bad {
  return 'what' in state
}

/** After the last row: does the chain end where the head says? */
export function finish(state: Verification, head: { readonly seq: number; readonly hash: string }): Bad | null {
  const last = Number(state.last?.seq ?? 0)
  if (last < head.seq) return removed(last + 1, head.seq)
  if (last > head.seq)
    return { seq: head.seq + 1, what: 'inserted', message: `Entry ${head.seq + 1} was inserted: the chain's head is entry ${head.seq}.` }
  if ((state.last?.hash ?? GENESIS) !== head.hash) {
    return { seq: last, what: 'head', message: `The head names another hash than entry ${last} has: the entry or the head was changed.` }
  }
  return null
}

function removed(from: number, to: number): Bad {
  const message = from === to ? `Entry ${from} was removed.` : `Entries ${from} to ${to} were removed.`
  return { seq: from, what: 'removed', message }
}

function hashes(row: StoredEntry, seq: number, sha256: Sha256): boolean {
  try {
    return entryHash({ ...row, seq }, sha256) === row.hash
  } catch {
    return false
  }
}

/** Somebody who inserts or removes may number the rest anew; the hash still tells which number an entry was given. */
function formerSeq(row: StoredEntry, sha256: Sha256): number | null {
  const seq = Number(row.seq)
  for (let by = 1; by <= 64; by++) {
    for (const was of [seq + by, seq - by]) if (was > 0 && hashes(row, was, sha256)) return was
  }
  return null
}

function brokenLink(state: Verification, row: StoredEntry, sha256: Sha256): Bad | null {
  const seq = Number(row.seq)
  const own = hashes(row, seq, sha256)
  const linked = row.prev === (state.last?.hash ?? GENESIS)
  if (own && linked) return null
  if (linked) return { seq, what: 'changed', message: `Entry ${seq} was changed: what it says does not give its hash.` }
  const was = own ? seq : formerSeq(row, sha256)
  if (was !== null && was > seq) return removed(seq, was - 1)
  const intruder = was !== null && (was < seq || row.prev === state.last?.prev)
  if (intruder && state.last)
    return { seq: seq - 1, what: 'inserted', message: `Entry ${seq - 1} was inserted: entry ${seq} was chained to the one before it.` }
  if (own && state.last)
    return { seq: seq - 1, what: 'changed', message: `Entry ${seq - 1} was changed: entry ${seq} was chained to another hash of it.` }
  return { seq, what: 'changed', message: `Entry ${seq} was changed: neither its link to entry ${seq - 1} nor its hash fits.` }
}

/** The columns repeat the body for searching; a search must not tell something else than the chain. */
function brokenColumn(state: Verification, row: StoredEntry): string | null {
  const body = Body.safeParse(parse(row.body))
  if (!body.success) return 'its body is of no known format'
  const { stream, kind, actor } = body.data
  if (stream !== row.stream) return `its stream reads ${row.stream}, its body says ${stream}`
  if (kind !== row.kind) return `its kind reads ${row.kind}, its body says ${kind}`
  if (actor.id !== row.actorId || actor.kind !== row.actorKind)
    return `its actor reads ${row.actorKind} ${row.actorId}, its body says ${actor.kind} ${actor.id}`
  const version = (state.versions.get(stream) ?? 0) + 1
  if (version !== row.streamVersion) return `it is version ${version} of ${stream}, and reads ${row.streamVersion}`
  if (state.last && microseconds(row.at) <= microseconds(state.last.at)) return 'its time is not after that of the entry before'
  return null
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
