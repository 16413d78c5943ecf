import { WALL } from '../lib/cluster/rules.ts'
import { ClusterEntry, type SlimRecord } from '../lib/cluster/schema.ts'
import { NO_MEMORY } from '../lib/impact/memory.ts'
import { watchImpact } from '../lib/impact/watch-impact.ts'
import { watchCluster } from '../lib/inventory/collect-cluster.ts'
import { createInventory } from '../lib/inventory/store.ts'
import { sleep } from '../lib/kernel/pace.ts'
import { NO_CATALOG } from '../lib/services/read-catalog.ts'
import { quantile } from './table.ts'

const [kubeconfig = ''] = process.argv.slice(2)
const watched = watchCluster({ entry: ClusterEntry.parse({ name: 'bench', kubeconfig, mode: 'drill' }), clock: WALL })
while (!watched.inventory.ready()) await sleep(20)
const inventory = createInventory('bench')
inventory.setFacts(watched.inventory.facts())
inventory.setKinds(watched.inventory.kinds())
inventory.apply([...watched.inventory.all()].map((record) => ({ type: 'set', record }) as const))
await watched.stop()
inventory.setReady(true)

const board = watchImpact({ inventory, catalog: NO_CATALOG, memory: NO_MEMORY, now: () => Date.now() })
board.flush()
// Another moment to compare with is what judges every service again.
const full = Array.from({ length: 5 }, () => timed(() => board.compareWith(null, [])))
const targets = inventory.list('Deployment', 'apps').slice(0, 300)
const one = targets.map((record) => {
  inventory.apply([{ type: 'set', record: worse(record) }])
  return timed(() => board.flush())
})
board.stop()
console.log(
  JSON.stringify({ full: quantile(full, 0.5), one: quantile(one, 0.5), objects: [...inventory.all()].length, services: targets.length }),
)
process.exit(0)

function worse(record: SlimRecord): SlimRecord {
  const facts = record.facts.is === 'workload' ? { ...record.facts, ready: 0, available: 0 } : record.facts
  return { ...record, resourceVersion: `${record.resourceVersion}1`, health: { status: 'Degraded', message: 'measured' }, facts }
}

function timed(act: () => void): number {
  const startedAt = performance.now()
  act()
  return performance.now() - startedAt
}
