import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { open } from '../cluster/client.ts'
import type { ClusterClock } from '../cluster/rules.ts'
import type { ClusterEntry } from '../cluster/schema.ts'
import type { Db } from '../db/client.ts'
import { backoff } from '../kernel/pace.ts'
import type { Told } from './collector.ts'
import type { FromWorker, ToWorker, WorkerInput } from './collector-worker.ts'
import { createHistory, type Recorder } from './history-store.ts'
import { createIntake } from './intake.ts'
import type { Watched } from './port.ts'
import type { Retention } from './retention-rules.ts'
import { createInventory } from './store.ts'

export type WatchOptions = {
  readonly entry: ClusterEntry
  readonly clock: ClusterClock
  /** Without a database the state is live only, and `history` answers that nothing is recorded. */
  readonly db?: Pick<Db, 'pool'>
  readonly redactPaths?: readonly string[]
  /** How long the recorded past is kept; for ever without. */
  readonly keep?: Retention
  /** The checkout's root; default the working directory. */
  readonly root?: string
  readonly onError?: (error: Error) => void
}

export type WatchedCluster = Watched & { readonly history: Recorder; setClock(clock: ClusterClock): void; stop(): Promise<void> }

/** A worker that says nothing for so long counts as dead, ms. */
const SILENCE = 30_000

/** Watches one cluster from a worker thread, for ever: a worker that dies is started again, paced. Throws `ConfigError`. */
export function watchCluster(options: WatchOptions): WatchedCluster {
  const { entry } = options
  const { api, lend } = open(entry)
  const inventory = createInventory(entry.name)
  const recorder: Recorder = createHistory({
    cluster: entry.name,
    inventory,
    db: options.db ?? null,
    now: () => clock,
    ...(options.keep ? { keep: options.keep } : {}),
    ...(options.onError ? { onError: options.onError } : {}),
  })
  const intake = createIntake(inventory, recorder)
  let clock = options.clock
  let worker: Worker | null = null
  let stopping = false
  let crashes = 0
  let heardAt = Date.now()
  let restart: NodeJS.Timeout | null = null
  let madeUpKey = false

  async function start(): Promise<void> {
    await recorder.started()
    const shared = await recorder.redactionKey()
    madeUpKey = shared === null
    if (stopping) return
    const redactionKey = shared ?? randomBytes(32)
    heardAt = Date.now()
    const input: WorkerInput = { entry, clock, redactionKey, redactPaths: options.redactPaths ?? [], server: lend ? api.server : null }
    // The worker is a file of its own beside the bundle, so its path cannot come from this module's.
    const made = new Worker(join(options.root ?? process.cwd(), 'lib/inventory/collector-entry.mjs'), {
      workerData: input,
      execArgv: [],
      name: `collector ${entry.name}`,
    })
    worker = made
    intake.reset()
    made.on('message', (message: FromWorker) => {
      heardAt = Date.now()
      receive(made, message)
    })
    made.on('error', (error) => options.onError?.(error instanceof Error ? error : new Error(String(error))))
    made.on('exit', () => {
      if (worker === made) worker = null
      settled()
      if (stopping) return
      nobodyReads()
      restart = setTimeout(begin, backoff(crashes++, 1_000, 30_000))
    })
  }

  /** What was known stays; that it is live can nobody say. */
  function nobodyReads(): void {
    const note = 'the collector ended and is being started again'
    inventory.setKinds(inventory.kinds().map((one) => (one.freshness === 'live' ? { ...one, freshness: 'stale', note } : one)))
    inventory.setFacts({ freshness: 'stale', trouble: note })
  }

  function begin(): void {
    start().catch((error: unknown) => {
      options.onError?.(error instanceof Error ? error : new Error(String(error)))
      if (!stopping) restart = setTimeout(begin, backoff(crashes++, 1_000, 30_000))
    })
  }

  function receive(from: Worker, message: FromWorker): void {
    switch (message.say) {
      case 'batch': {
        const startedAt = performance.now()
        const told = JSON.parse(message.told) as readonly Told[]
        intake.take(told)
        if (told.some((one) => one.say === 'state' && one.ready)) crashes = 0
        const ms = performance.now() - startedAt
        // The next batch waits for a turn of the loop, so that pages are served in between.
        setImmediate(() => answer(from, { say: 'ack', ms }))
        return
      }
      case 'kept':
        intake.keep(message.kept)
        setImmediate(() => answer(from, { say: 'ack-kept' }))
        return
      case 'ask-credentials':
        void lendTo(from, message.refused)
        return
      case 'settled':
        settled()
        return
      case 'stopped':
        return
    }
  }

  function answer(to: Worker, message: ToWorker): void {
    to.postMessage(message)
  }

  /** Exec plugins and token refresh run on this thread, once for all; what fails there is told as it is. */
  async function lendTo(to: Worker, refused: boolean): Promise<void> {
    try {
      answer(to, { say: 'credentials', lent: (await lend?.(refused)) ?? null, trouble: 'no credentials can be lent' })
    } catch (error) {
      answer(to, { say: 'credentials', lent: null, trouble: error instanceof Error ? error.message : String(error) })
    }
  }

  const settling: (() => void)[] = []
  function settled(): void {
    for (const go of settling.splice(0)) go()
  }

  /** Waits until the history was told all that the live state knows; a collector that ends meanwhile owes nothing more. */
  function settle(): Promise<void> {
    const to = worker
    if (to === null) return Promise.resolve()
    return new Promise((resolve) => {
      settling.push(resolve)
      answer(to, { say: 'settle' })
    })
  }

  const history: Recorder = {
    ...recorder,
    async flush() {
      await settle()
      await recorder.flush()
    },
  }

  const watchdog = setInterval(() => {
    if (worker !== null && Date.now() - heardAt > SILENCE) void worker.terminate()
  }, 5_000)
  watchdog.unref()
  recorder.onMissed(() => {
    // What was redacted with a key of its own cannot be compared; a new worker takes the shared one.
    if (madeUpKey) void worker?.terminate()
    else worker?.postMessage({ say: 'again' } satisfies ToWorker)
  })
  begin()

  return {
    entry,
    api,
    inventory,
    history,
    get clock() {
      return clock
    },
    async rebuilt() {
      await recorder.accept()
      if (recorder.replaced() !== null) return false
      inventory.setFacts({ replaced: null, trouble: '' })
      return true
    },
    setClock(next) {
      clock = next
      worker?.postMessage({ say: 'clock', clock: next } satisfies ToWorker)
    },
    async stop() {
      stopping = true
      clearInterval(watchdog)
      if (restart) clearTimeout(restart)
      const last = worker
      if (last) {
        const gone = new Promise<void>((resolve) => last.once('exit', () => resolve()))
        last.postMessage({ say: 'stop' } satisfies ToWorker)
        const patience = setTimeout(() => void last.terminate(), 2_000)
        await gone
        clearTimeout(patience)
      }
      await recorder.stop()
    },
  }
}
