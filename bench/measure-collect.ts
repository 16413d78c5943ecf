import { monitorEventLoopDelay } from 'node:perf_hooks'
import { WALL } from '../lib/cluster/rules.ts'
import { ClusterEntry } from '../lib/cluster/schema.ts'
import { watchCluster } from '../lib/inventory/collect-cluster.ts'
import { sleep } from '../lib/kernel/pace.ts'

const [kubeconfig = ''] = process.argv.slice(2)
globalThis.gc?.()
const before = process.memoryUsage().heapUsed
const delay = monitorEventLoopDelay({ resolution: 5 })
delay.enable()
const startedAt = performance.now()
const watched = watchCluster({ entry: ClusterEntry.parse({ name: 'bench', kubeconfig, mode: 'drill' }), clock: WALL })
while (!watched.inventory.ready()) await sleep(2)
const ms = performance.now() - startedAt
delay.disable()
globalThis.gc?.()
await sleep(50)
globalThis.gc?.()
const heapMb = (process.memoryUsage().heapUsed - before) / 2 ** 20
const kinds = watched.inventory.kinds().map(({ apiVersion, plural, count }) => ({ apiVersion, plural, count }))
await watched.stop()
console.log(JSON.stringify({ ms, blockMs: delay.max / 1e6, heapMb, kinds }))
process.exit(0)
