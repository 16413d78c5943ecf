import { type ClusterClock, clusterNow } from '../cluster/rules.ts'
import type { Db } from '../db/client.ts'
import { backoff, sleep } from '../kernel/pace.ts'
import { historyReads } from './history-reads.ts'
import { createLedger, type Ledger, type Observed } from './ledger.ts'
import type { History, Inventory, RecordedEvent } from './port.ts'
import { readRedactionKey } from './redaction-key.ts'
import type { Retention } from './retention-rules.ts'
import { openSession, type WriterSession } from './writer-session.ts'

/** The writing side of the history of one cluster. Calls return at once; what they say is stored within 250 ms. */
export interface Recorder extends History {
  observe(seen: Observed): void
  gone(uid: string, at: string): void
  listed(group: string, kind: string, present: ReadonlySet<string>, at: string): void
  event(event: RecordedEvent, key: string): void
  /** The control plane went back in time: what vanished with it was not deleted. */
  restored(note: string): void
  /** The key of redaction, the same for every process on this database; null while there is none to ask. */
  redactionKey(): Promise<Uint8Array | null>
  /** Set when the cluster answers as another one than the one that was recorded; nothing is recorded until `accept`. */
  replaced(): { readonly was: string; readonly is: string } | null
  /** A lead's answer "rebuilt": recording goes on under the new incarnation. */
  accept(): Promise<void>
  /** Resolves once it is known whether this process records; at the latest after a few seconds. */
  started(): Promise<void>
  /** Called when this process starts to record and has missed something: everything has to be told again. */
  onMissed(listener: () => void): void
  stop(): Promise<void>
}

export type HistoryOptions = {
  readonly cluster: string
  readonly inventory: Inventory
  readonly db: Pick<Db, 'pool'> | null
  readonly now: () => ClusterClock
  /** How long what passed is kept; for ever without. */
  readonly keep?: Retention
  /** Wall ms between two looks for what may go. */
  readonly retireEvery?: number
  readonly onError?: (error: Error) => void
}

const PAUSE = 150
const FLUSH_PATIENCE = 15_000
/** How often a calm recorder says that it is still there, wall ms; and the lag that it allows for, cluster ms. */
const BEAT = 10_000
const LAG = 5_000
const RETIRE_EVERY = 30 * 60_000
/** Between two batches of what goes, so that what comes is not kept waiting, ms. */
const RETIRE_PAUSE = 50

/** Records one cluster into Postgres: one process writes, on the very connection that holds its lock; every process reads. */
export function createHistory(options: HistoryOptions): Recorder {
  const { cluster, inventory, db } = options
  const reads = historyReads(cluster, db)
  const ended = new AbortController()
  const missedListeners = new Set<() => void>()
  let session: WriterSession | null = null
  let ledger: Ledger | null = null
  let missed = false
  let replaced: { readonly was: string; readonly is: string } | null = null
  let due: NodeJS.Timeout | null = null
  let writing: Promise<void> = Promise.resolve()
  let lastError: Error | null = null
  let tellStarted = () => {}
  const started = new Promise<void>((resolve) => {
    tellStarted = resolve
  })
  const now = () => new Date(clusterNow(options.now())).toISOString()

  /** Holds the lock for as long as the connection lives; without it this process only reads. */
  async function lead(): Promise<void> {
    let failures = 0
    while (db !== null && !ended.signal.aborted) {
      try {
        const opened = await openSession(db.pool, cluster)
        failures = 0
        lastError = null
        if (opened === null) {
          tellStarted()
          // Another process records; what passes here is theirs to write.
          await sleep(2_000, ended.signal)
          continue
        }
        session = opened
        await begin(opened)
        tellStarted()
        await opened.lost(ended.signal)
      } catch (error) {
        lastError = error instanceof Error ? error : new Error(String(error))
        options.onError?.(lastError)
        tellStarted()
      }
      await session?.close()
      session = null
      if (!ended.signal.aborted) await sleep(backoff(failures++, 250, 5_000), ended.signal)
    }
  }

  async function begin(opened: WriterSession): Promise<void> {
    // Our own queue survives an outage only if nobody else wrote meanwhile.
    if (ledger !== null && (await opened.lastWriterWas(ledger.writer))) return soon()
    const known = await opened.load()
    // What passed since the other one's last record is only in what we drop here.
    missed ||= ledger !== null
    ledger = createLedger({ cluster, known, writer: opened.writer })
    replaced = null
    if (missed) {
      missed = false
      for (const listener of missedListeners) listener()
    }
  }

  /** A calm time is recorded, too: whoever takes over must not call hours unknown in which nothing happened. */
  async function beat(): Promise<void> {
    const facts = inventory.facts()
    if (session === null || ledger === null || replaced !== null || !ledger.empty()) return
    if (facts.freshness !== 'live' || ledger.incarnation === null || facts.incarnation !== ledger.incarnation) return
    await session.beat(new Date(clusterNow(options.now()) - LAG).toISOString())
  }

  async function retire(): Promise<void> {
    if (session === null || replaced !== null || !options.keep) return
    if (await session.retire(options.keep, now())) setTimeout(() => aside(retire), RETIRE_PAUSE).unref()
  }

  /** Work on the recorder's connection that may fail and be done another time. */
  function aside(work: () => Promise<void>): void {
    if (ended.signal.aborted) return
    writing = writing.then(work).catch((error: unknown) => {
      options.onError?.(error instanceof Error ? error : new Error(String(error)))
    })
  }

  function soon(pause = PAUSE): void {
    due ??= setTimeout(() => {
      due = null
      writing = writing.then(write)
    }, pause)
  }

  async function write(): Promise<void> {
    if (session === null || ledger === null || replaced !== null) return
    const incarnation = inventory.facts().incarnation
    // Whose past this is must be known first; an account that may not read namespaces never learns it.
    if (incarnation === '' && !inventory.ready()) return soon()
    if (ledger.incarnation !== null && incarnation !== ledger.incarnation) {
      replaced = { was: ledger.incarnation, is: incarnation }
      ledger.clear()
      return
    }
    const batch = ledger.take()
    if (batch === null) return
    try {
      await session.write(batch, incarnation, now())
      ledger.wrote(batch, incarnation)
      lastError = null
    } catch (error) {
      ledger.putBack(batch)
      lastError = error instanceof Error ? error : new Error(String(error))
      options.onError?.(lastError)
      session.fail()
      return soon()
    }
    // What did not fit into one batch has waited long enough.
    if (!ledger.empty()) soon(0)
  }

  function tell(act: (to: Ledger) => void): void {
    if (db === null || replaced !== null) return
    if (ledger === null) {
      missed = true
      return
    }
    act(ledger)
    if (!ledger.empty()) soon()
  }

  const timers = [setInterval(() => aside(beat), BEAT), setInterval(() => aside(retire), options.retireEvery ?? RETIRE_EVERY)]
  for (const timer of timers) timer.unref()
  const leading = lead()
  return {
    ...reads,
    observe: (seen) => tell((to) => to.observe(seen)),
    gone: (uid, at) => tell((to) => to.gone(uid, at)),
    listed: (group, kind, present, at) => tell((to) => to.listed(group, kind, present, at)),
    event: (event, key) => tell((to) => to.event(event, key)),
    restored: (note) => tell((to) => to.restored(note, now())),
    replaced: () => replaced,
    started: () => (db === null ? Promise.resolve() : Promise.race([started, sleep(5_000)])),
    onMissed: (listener) => void missedListeners.add(listener),
    async accept() {
      if (session === null || ledger === null || replaced === null) return
      await session.adopt(replaced.is, now())
      ledger = createLedger({ cluster, known: await session.load(), writer: session.writer })
      replaced = null
      for (const listener of missedListeners) listener()
    },
    async redactionKey() {
      if (db === null) return null
      try {
        return await readRedactionKey(db)
      } catch (error) {
        lastError = error instanceof Error ? error : new Error(String(error))
        return null
      }
    },
    async flush() {
      if (db === null) return
      const until = Date.now() + FLUSH_PATIENCE
      while (!ended.signal.aborted) {
        await writing
        // Without a session another process may be the writer: what we saw is theirs to store.
        if (session === null && ledger === null && lastError === null) return
        if (ledger?.empty() && session !== null) return
        if (Date.now() > until)
          throw lastError ?? new Error(`the history of ${cluster} could not be stored within ${FLUSH_PATIENCE / 1000} s`)
        if (session !== null) writing = writing.then(write)
        else await sleep(100, ended.signal)
        await sleep(10, ended.signal)
      }
    },
    async stop() {
      if (due) clearTimeout(due)
      for (const timer of timers) clearInterval(timer)
      if (ledger && !ledger.empty() && session) writing = writing.then(write)
      await writing
      ended.abort()
      await writing
      await leading
    },
  }
}
