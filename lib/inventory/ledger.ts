import type { SlimRecord } from '../cluster/schema.ts'
import type { Body, Writer } from './kept.ts'
import type { RecordedEvent } from './port.ts'
import { groupOf } from './rules.ts'

/** An object as it was seen, with its manifest; a null body is not recorded. */
export type Observed = { readonly record: SlimRecord; readonly body: Body | null; readonly by: Writer | null }

/** An open revision as the ledger compares with it. */
export type OpenRevision = {
  readonly uid: string
  readonly group: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly hash: string
  readonly mark: string
  readonly deleting: boolean
}
export type Known = { readonly open: readonly OpenRevision[]; readonly incarnation: string | null; readonly recordedAt: string | null }

export type RevisionRow = {
  readonly record: SlimRecord
  readonly hash: string
  readonly mark: string
  what: 'created' | 'changed' | 'deletion-started'
  readonly by: string | null
  changedAt: string
  after: string | null
  readonly validFrom: string
  validTo: string | null
  deletedAt: string | null
  deletedAfter: string | null
}
/** Ends the revision that is open in the database. */
export type CloseRow = {
  readonly uid: string
  at: string
  readonly deletedAt: string | null
  readonly deletedAfter: string | null
}
export type GapRow = { readonly from: string; readonly to: string; readonly lost: number; readonly why: string }
export type Batch = {
  readonly revisions: readonly RevisionRow[]
  readonly closes: readonly CloseRow[]
  readonly bodies: ReadonlyMap<string, Body>
  readonly events: ReadonlyMap<string, RecordedEvent>
  readonly gaps: readonly GapRow[]
}

/** More waiting than this is thinned out: each object keeps its newest revision, and a gap says what was lost. */
const MOST_WAITING = 50_000
const MOST_PER_BATCH = 1_000

export interface Ledger {
  readonly writer: string
  readonly incarnation: string | null
  observe(seen: Observed): void
  gone(uid: string, at: string): void
  listed(group: string, kind: string, present: ReadonlySet<string>, at: string): void
  event(event: RecordedEvent, key: string): void
  restored(note: string, at: string): void
  take(): Batch | null
  wrote(batch: Batch, incarnation: string): void
  putBack(batch: Batch): void
  empty(): boolean
  clear(): void
}

type Open = OpenRevision & { /** The row that has not been written yet; null when the database has it. */ row: RevisionRow | null }

/** Decides, against the open revisions, what is worth a new one; keeps what waits to be written, bounded. */
export function createLedger(options: {
  readonly cluster: string
  readonly known: Known
  readonly writer: string
  readonly most?: number
}): Ledger {
  const most = options.most ?? MOST_WAITING
  const open = new Map<string, Open>()
  const byKey = new Map<string, string>()
  const unconfirmed = new Set<string>()
  const recordedAt = options.known.recordedAt
  let incarnation = options.known.incarnation
  let revisions: RevisionRow[] = []
  let closes: CloseRow[] = []
  let bodies = new Map<string, Body>()
  let events = new Map<string, RecordedEvent>()
  let gaps: GapRow[] = []
  /** Open revisions in the database by the manifest they hold fast there; what only former ones hold may be cleared away. */
  const stored = new Map<string, number>()
  /** Rows that wait and can still be ended in place; those under way can not. */
  const waiting = new Set<RevisionRow>()
  /** What was held when the control plane was set back and has not been seen since: it vanished, nobody deleted it. */
  const setBack = new Set<string>()

  for (const one of options.known.open) {
    open.set(one.uid, { ...one, row: null })
    byKey.set(keyOf(one), one.uid)
    unconfirmed.add(one.uid)
    count(one.hash, 1)
  }

  function count(hash: string, by: 1 | -1): void {
    const left = (stored.get(hash) ?? 0) + by
    if (left > 0) stored.set(hash, left)
    else stored.delete(hash)
  }

  function end(one: Open, at: string, deleted: boolean): void {
    const after = unconfirmed.has(one.uid) ? recordedAt : null
    if (one.row && waiting.has(one.row)) {
      one.row.validTo = at
      one.row.deletedAt = deleted ? at : null
    } else closes.push({ uid: one.uid, at, deletedAt: deleted ? at : null, deletedAfter: deleted ? after : null })
    if (one.row === null) count(one.hash, -1)
    if (deleted || one.row === null) unconfirmed.delete(one.uid)
  }

  function forget(one: Open): void {
    open.delete(one.uid)
    if (byKey.get(keyOf(one)) === one.uid) byKey.delete(keyOf(one))
  }

  /** An object made again under the name of another: that one is gone, though nobody said so. */
  function endNamesake(key: string, record: SlimRecord): void {
    const sameKey = byKey.get(key)
    const former = sameKey === undefined || sameKey === record.uid ? undefined : open.get(sameKey)
    if (!former) return
    end(former, record.observedAt, !setBack.has(former.uid))
    forget(former)
  }

  function thin(): void {
    if (revisions.length + closes.length <= most) return
    const newest = new Map<string, RevisionRow>()
    const oldest = new Map<string, RevisionRow>()
    for (const row of revisions) {
      newest.set(row.record.uid, row)
      if (!oldest.has(row.record.uid)) oldest.set(row.record.uid, row)
    }
    const lost = revisions.length - newest.size
    if (lost === 0) return
    leaveOut(revisions[0]?.validFrom ?? '', revisions.at(-1)?.validFrom ?? '', lost)
    revisions = revisions.filter((row) => newest.get(row.record.uid) === row)
    for (const row of waiting) if (newest.get(row.record.uid) !== row) waiting.delete(row)
    for (const [uid, row] of newest) bridge(oldest.get(uid) ?? row, row)
    const needed = new Set(revisions.map((row) => row.hash))
    for (const hash of bodies.keys()) if (!needed.has(hash)) bodies.delete(hash)
  }

  /** What stood before stands until the one that is kept: an object whose versions were left out was there all the while. */
  function bridge(first: RevisionRow, kept: RevisionRow): void {
    if (first === kept) return
    kept.after ??= first.after ?? first.validFrom
    if (first.what === 'created') {
      kept.what = 'created'
      kept.changedAt = first.changedAt
    }
    const close = closes.find((one) => one.uid === kept.record.uid && one.deletedAt === null)
    if (close) close.at = kept.validFrom
  }

  function leaveOut(from: string, to: string, lost: number): void {
    const last = gaps.at(-1)
    if (last?.why === THINNED) gaps[gaps.length - 1] = { ...last, to: to > last.to ? to : last.to, lost: last.lost + lost }
    else gaps.push({ from, to, lost, why: THINNED })
  }

  return {
    writer: options.writer,
    get incarnation() {
      return incarnation
    },
    observe({ record, body, by }) {
      if (body === null) return
      const mark = markOf(record)
      const was = open.get(record.uid)
      const unseen = unconfirmed.delete(record.uid)
      setBack.delete(record.uid)
      if (was && was.hash === body.hash && was.mark === mark) return
      const key = keyOf({ group: groupOf(record.apiVersion), kind: record.kind, namespace: record.namespace, name: record.name })
      endNamesake(key, record)
      const known = stored.has(body.hash)
      if (was) end(was, record.observedAt, false)
      const what = was ? (record.deletingAt !== null && !was.deleting ? 'deletion-started' : 'changed') : 'created'
      const row: RevisionRow = {
        record,
        hash: body.hash,
        mark,
        what,
        by: by?.by ?? null,
        changedAt: changeTime(record, what, by?.at ?? null),
        // What was never seen may be as old as the last record.
        after: unseen || (!was && recordedAt !== null && record.createdAt < recordedAt) ? recordedAt : null,
        validFrom: record.observedAt,
        validTo: null,
        deletedAt: null,
        deletedAfter: null,
      }
      revisions.push(row)
      waiting.add(row)
      if (!known) bodies.set(body.hash, body)
      open.set(record.uid, {
        uid: record.uid,
        group: groupOf(record.apiVersion),
        kind: record.kind,
        namespace: record.namespace,
        name: record.name,
        hash: body.hash,
        mark,
        deleting: record.deletingAt !== null,
        row,
      })
      byKey.set(key, record.uid)
      thin()
    },
    gone(uid, at) {
      const was = open.get(uid)
      if (!was) return
      end(was, at, true)
      forget(was)
    },
    listed(group, kind, present, at) {
      for (const one of [...open.values()]) {
        if (one.group !== group || one.kind !== kind || present.has(one.uid)) continue
        end(one, at, !setBack.has(one.uid))
        forget(one)
      }
    },
    event(event, key) {
      events.set(key, event)
      if (events.size > most) {
        const [oldest] = events
        if (!oldest) return
        events.delete(oldest[0])
        leaveOut(oldest[1].at, oldest[1].at, 1)
      }
    },
    restored(note, at) {
      for (const uid of open.keys()) {
        unconfirmed.add(uid)
        setBack.add(uid)
      }
      gaps.push({ from: recordedAt ?? at, to: at, lost: 0, why: note })
    },
    take() {
      if (this.empty()) return null
      const rows = revisions.slice(0, MOST_PER_BATCH)
      for (const row of rows) waiting.delete(row)
      // Ends belong to revisions of earlier batches, so all of them go first.
      const needed = new Map<string, Body>()
      for (const { hash } of rows) {
        const body = bodies.get(hash)
        if (body) needed.set(hash, body)
      }
      const batch: Batch = { revisions: rows, closes, bodies: needed, events, gaps }
      revisions = revisions.slice(MOST_PER_BATCH)
      closes = []
      events = new Map()
      gaps = []
      return batch
    },
    wrote(batch, under) {
      incarnation = under
      for (const hash of batch.bodies.keys()) bodies.delete(hash)
      for (const row of batch.revisions) {
        const held = open.get(row.record.uid)
        if (held?.row !== row) continue
        held.row = null
        count(row.hash, 1)
      }
    },
    putBack(batch) {
      // What ended while the batch was under way ends in place again, for its row was never stored.
      const rows = new Map(batch.revisions.filter((row) => row.validTo === null).map((row) => [row.record.uid, row]))
      closes = closes.filter((close) => {
        const row = rows.get(close.uid)
        if (!row) return true
        Object.assign(row, { validTo: close.at, deletedAt: close.deletedAt, deletedAfter: close.deletedAfter })
        rows.delete(close.uid)
        return false
      })
      for (const row of batch.revisions) waiting.add(row)
      for (const [hash, body] of batch.bodies) bodies.set(hash, body)
      revisions = [...batch.revisions, ...revisions]
      closes = [...batch.closes, ...closes]
      events = new Map([...batch.events, ...events])
      gaps = [...batch.gaps, ...gaps]
      thin()
    },
    empty: () => revisions.length === 0 && closes.length === 0 && events.size === 0 && gaps.length === 0,
    clear() {
      revisions = []
      waiting.clear()
      closes = []
      bodies = new Map()
      events = new Map()
      gaps = []
    },
  }
}

const THINNED = 'too much waited for the database'

function keyOf(of: { readonly group: string; readonly kind: string; readonly namespace: string; readonly name: string }): string {
  return `${of.group}/${of.kind}/${of.namespace}/${of.name}`
}

/** Server time of a change where the object tells it, else when it was seen. */
function changeTime(record: SlimRecord, what: RevisionRow['what'], writtenAt: string | null): string {
  if (what === 'created') return record.createdAt || record.observedAt
  if (what === 'deletion-started') return record.deletingAt ?? record.observedAt
  const finished = record.facts.is === 'application' ? record.facts.operation?.finishedAt : null
  const latest = [writtenAt, finished]
    .filter((one): one is string => typeof one === 'string')
    .sort()
    .at(-1)
  // Only a time that fits what was seen is this change's; an older one belongs to an earlier change.
  return latest !== undefined && Math.abs(Date.parse(record.observedAt) - Date.parse(latest)) < 10_000 ? latest : record.observedAt
}

/** What of an object's state is worth a small revision of its own; everything else of its status is noise. */
export function markOf(record: SlimRecord): string {
  return [record.deletingAt ?? '', record.health?.status ?? '', ...stateOf(record)].join('|')
}

function stateOf({ facts }: SlimRecord): readonly string[] {
  switch (facts.is) {
    case 'application':
      return [
        facts.sync,
        facts.health,
        facts.operation?.phase ?? '',
        facts.operation?.startedAt ?? '',
        // An attempt that failed and is tried again ends, too (Argo CD writes finishedAt while the phase stays Running).
        facts.operation?.finishedAt ?? '',
        facts.conditions.map((one) => one.type).join(','),
      ]
    case 'namespace':
      return [facts.phase]
    case 'claim':
      return [facts.phase, facts.volume]
    case 'volume':
      return [facts.phase, facts.claim?.uid ?? '']
    case 'workload':
      return [String(facts.desired), facts.ready === 0 ? 'none' : facts.ready < facts.desired - facts.maxUnavailable ? 'too few' : 'enough']
    case 'crd':
      return [String(facts.established), String(facts.terminating)]
    case 'apiservice':
      return [String(facts.available)]
    default:
      return []
  }
}
