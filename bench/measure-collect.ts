import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Worker } from 'node:worker_threads'
import { WALL } from '../lib/cluster/rules.ts'
import { ClusterEntry } from '../lib/cluster/schema.ts'
import { watchCluster } from '../lib/inventory/collect-cluster.ts'
import { sleep } from '../lib/kernel/pace.ts'

const [kubeconfig = ''] = process.argv.slice(2)
globalThis.gc?.()
const before = process.memoryUsage().heapUsed
const delay = monitorEventLoopDelay({ resolution: 5 })
const idle = await idleLoop()
const turns = longestTurn()
delay.enable()
const startedAt = performance.now()
const watched = watchCluster({ entry: ClusterEntry.parse({ name: 'bench', kubeconfig, mode: 'drill' }), clock: WALL })
while (!watched.inventory.ready()) await sleep(2)
const ms = performance.now() - startedAt
delay.disable()
const idleMs = await idle()
const turnMs = turns()
globalThis.gc?.()
await sleep(50)
globalThis.gc?.()
const heapMb = (process.memoryUsage().heapUsed - before) / 2 ** 20
const kinds = watched.inventory.kinds().map(({ apiVersion, plural, count }) => ({ apiVersion, plural, count }))
await watched.stop()
console.log(JSON.stringify({ ms, blockMs: delay.max / 1e6, idleMs, turnMs, heapMb, kinds }))
process.exit(0)

/** The longest that this thread worked between two looks of a timer, in ms of its own processor time: others on the machine do not count. */
function longestTurn(): () => number {
  let longest = 0
  let last = process.threadCpuUsage()
  const timer = setInterval(() => {
    const { user, system } = process.threadCpuUsage(last)
    last = process.threadCpuUsage()
    longest = Math.max(longest, (user + system) / 1_000)
  }, 1)
  return () => {
    clearInterval(timer)
    return longest
  }
}

/** A loop beside ours that does nothing: what it is kept waiting is the machine's doing. Answers its longest wait, ms. */
async function idleLoop(): Promise<() => Promise<number>> {
  const worker = new Worker(
    `const { monitorEventLoopDelay } = require('node:perf_hooks'), { parentPort } = require('node:worker_threads')
     const delay = monitorEventLoopDelay({ resolution: 5 })
     delay.enable()
     parentPort.on('message', () => { parentPort.postMessage(delay.max / 1e6); parentPort.close() })
     parentPort.postMessage(0)`,
    { eval: true },
  )
  const said = () => new Promise<number>((resolve) => worker.once('message', resolve))
  await said()
  return () => {
    const answer = said()
    worker.postMessage('end')
    return answer
  }
}
