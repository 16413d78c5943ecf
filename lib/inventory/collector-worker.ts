import { parentPort, workerData } from 'node:worker_threads'
import { connectLent, type Lent } from '../cluster/lent.ts'
import type { ClusterApi } from '../cluster/port.ts'
import type { ClusterClock } from '../cluster/rules.ts'
import type { ClusterEntry } from '../cluster/schema.ts'
import { type Collector, startCollector, type Told } from './collector.ts'
import type { Kept } from './kept.ts'

export type WorkerInput = {
  readonly entry: ClusterEntry
  readonly clock: ClusterClock
  readonly redactionKey: Uint8Array
  readonly redactPaths: readonly string[]
  /** Address whose credentials the starting thread lends; null when this thread must find its own way. */
  readonly server: string | null
}
export type ToWorker =
  /** `ms`: how long the batch held the listening thread. */
  | { readonly say: 'ack'; readonly ms: number }
  | { readonly say: 'ack-kept' }
  | { readonly say: 'credentials'; readonly lent: Lent | null; readonly trouble: string }
  | { readonly say: 'clock'; readonly clock: ClusterClock }
  | { readonly say: 'again' }
  /** Asks for all that the history is owed, then for `settled`. */
  | { readonly say: 'settle' }
  | { readonly say: 'stop' }
export type FromWorker =
  /** `told` is the JSON of `Told[]`: reading that is much cheaper than a structured clone. */
  | { readonly say: 'batch'; readonly told: string }
  | { readonly say: 'kept'; readonly kept: readonly Kept[] }
  | { readonly say: 'ask-credentials'; readonly refused: boolean }
  | { readonly say: 'settled' }
  | { readonly say: 'stopped' }

/** A batch is as large as the thread that serves pages takes in about this time, ms. */
const GOAL = 8
const LEAST = 20
const MOST = 1_000
const KEPT = 100
const IN_FLIGHT = 2

const port = parentPort
if (!port) throw new Error('collector-worker runs as a worker thread only')
const input = workerData as WorkerInput

let queue: Told[] = []
const kept: Kept[] = []
let size = 100
let underway = 0
let keptUnderway = 0
let due = false
let collector: Collector | null = null
let asking: { readonly resolve: (lent: Lent) => void; readonly reject: (error: Error) => void }[] = []

function post(message: FromWorker): void {
  port?.postMessage(message)
}

/** The states in the queue are replaced by the newest one: only the last counts. */
function tell(told: Told): void {
  if (told.say === 'state') queue = queue.filter((one) => one.say !== 'state')
  queue.push(told)
  sendSoon()
}

function keep(one: Kept): void {
  kept.push(one)
  sendSoon()
}

function sendSoon(): void {
  if (due) return
  due = true
  setImmediate(send)
}

function send(): void {
  due = false
  while (underway < IN_FLIGHT && queue.length > 0) {
    const told = queue.slice(0, size)
    queue = queue.slice(size)
    underway++
    post({ say: 'batch', told: JSON.stringify(told) })
  }
  // What is kept may only follow what was told.
  while (queue.length === 0 && keptUnderway < IN_FLIGHT && kept.length > 0) {
    keptUnderway++
    post({ say: 'kept', kept: kept.splice(0, KEPT) })
  }
}

function settle(): void {
  collector?.drain()
  if (queue.length > 0) post({ say: 'batch', told: JSON.stringify(queue.splice(0)) })
  if (kept.length > 0) post({ say: 'kept', kept: kept.splice(0) })
  post({ say: 'settled' })
}

function adapt(ms: number): void {
  if (ms > GOAL * 1.5) size = Math.max(LEAST, Math.floor(size / 2))
  else if (ms < GOAL / 2) size = Math.min(MOST, Math.ceil(size * 1.5))
}

port.on('message', (message: ToWorker) => {
  switch (message.say) {
    case 'ack':
      underway = Math.max(0, underway - 1)
      adapt(message.ms)
      return send()
    case 'ack-kept':
      keptUnderway = Math.max(0, keptUnderway - 1)
      return send()
    case 'credentials': {
      const waiting = asking
      asking = []
      for (const one of waiting) {
        if (message.lent) one.resolve(message.lent)
        else one.reject(new Error(message.trouble))
      }
      return
    }
    case 'clock':
      collector?.setClock(message.clock)
      return
    case 'again':
      collector?.again()
      return
    case 'settle':
      return settle()
    case 'stop':
      void stop()
      return
  }
})

async function stop(): Promise<void> {
  await collector?.stop()
  settle()
  post({ say: 'stopped' })
  port?.close()
}

function borrow(refused: boolean): Promise<Lent> {
  return new Promise((resolve, reject) => {
    asking.push({ resolve, reject })
    if (asking.length === 1 || refused) post({ say: 'ask-credentials', refused })
  })
}

async function way(): Promise<ClusterApi> {
  if (input.server !== null) return connectLent(input.entry, input.server, borrow)
  // The library takes about a second to load, so only who needs its proxy agent pays for it.
  const { connect } = await import('../cluster/client.ts')
  return connect(input.entry)
}

collector = startCollector({
  api: await way(),
  entry: input.entry,
  clock: input.clock,
  redactionKey: input.redactionKey,
  redactPaths: input.redactPaths,
  tell,
  keep,
})
