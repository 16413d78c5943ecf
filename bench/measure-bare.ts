import { connect } from '../lib/cluster/client.ts'
import { ClusterEntry } from '../lib/cluster/schema.ts'

type Page = { items: unknown[]; metadata: { continue?: string } }

/** The reference: the same lists fetched page by page and parsed, objects kept whole, nothing else done. */
const [kubeconfig = '', wanted = '[]'] = process.argv.slice(2)
const kinds = JSON.parse(wanted) as { apiVersion: string; plural: string }[]
globalThis.gc?.()
const before = process.memoryUsage().heapUsed
const api = connect(ClusterEntry.parse({ name: 'bench', kubeconfig, mode: 'drill' }))
const startedAt = performance.now()
const kept: unknown[] = []
let bytes = 0
for (const { apiVersion, plural } of kinds) {
  const path = `/${apiVersion.includes('/') ? 'apis' : 'api'}/${apiVersion}/${plural}`
  let next: string | undefined
  do {
    const answer = await api.request({ method: 'GET', path, query: { limit: 500, continue: next } })
    if (answer.status !== 200) break
    bytes += answer.text.length
    const page = answer.body as Page
    for (const item of page.items) kept.push(item)
    next = page.metadata.continue
  } while (next)
}
const ms = performance.now() - startedAt
globalThis.gc?.()
const heapMb = (process.memoryUsage().heapUsed - before) / 2 ** 20
console.log(JSON.stringify({ ms, heapMb, bytes, objects: kept.length }))
process.exit(0)
