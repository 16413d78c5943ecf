import { parentPort, workerData } from 'node:worker_threads'
import { connect } from '../cluster/client.ts'
import type { ClusterClock } from '../cluster/rules.ts'
import type { ClusterEntry } from '../cluster/schema.ts'
import { type Collector, startCollector, type Told } from './collector.ts'

export type WorkerInput = {
  readonly entry: ClusterEntry
  readonly clock: ClusterClock
  readonly redactionKey: Uint8Array
  readonly redactPaths: readonly string[]
}
export type ToWorker =
  | { readonly say: 'ack' }
  | { readonly say: 'clock'; readonly clock: ClusterClock }
  | { readonly say: 'again' }
  | { readonly say: 'stop' }
export type FromWorker = { readonly say: 'batch'; readonly told: readonly Told[] } | { readonly say: 'stopped' }

/** Few enough that the thread which serves pages is never busy for long with one batch. */
const BATCH = 200
const IN_FLIGHT = 2

const port = parentPort
if (!port) throw new Error('collector-worker runs as a worker thread only')
const input = workerData as WorkerInput

let queue: Told[] = []
let underway = 0
let due = false
let collector: Collector | null = null

/** The states in the queue are replaced by the newest one: only the last counts. */
function tell(told: Told): void {
  if (told.say === 'state') queue = queue.filter((one) => one.say !== 'state')
  queue.push(told)
  if (due) return
  due = true
  setImmediate(send)
}

function send(): void {
  due = false
  while (underway < IN_FLIGHT && queue.length > 0) {
    const told = queue.splice(0, BATCH)
    underway++
    port?.postMessage({ say: 'batch', told } satisfies FromWorker)
  }
}

port.on('message', (message: ToWorker) => {
  if (message.say === 'ack') {
    underway--
    send()
  } else if (message.say === 'clock') collector?.setClock(message.clock)
  else if (message.say === 'again') collector?.again()
  else void stop()
})

async function stop(): Promise<void> {
  await collector?.stop()
  port?.postMessage({ say: 'stopped' } satisfies FromWorker)
  port?.close()
}

collector = startCollector({
  api: connect(input.entry),
  entry: input.entry,
  clock: input.clock,
  redactionKey: input.redactionKey,
  redactPaths: input.redactPaths,
  tell,
})
