import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Ctx } from '../boot/context.ts'
import { once } from '../kernel/once.ts'
import { enter, handler } from './endpoint.ts'

const gauges = () =>
  once('http.metrics', () => {
    const registry = new Registry()
    collectDefaultMetrics({ register: registry, prefix: 'blackstart_' })
    const gauge = (name: string, help: string, labelNames: string[]) =>
      new Gauge({ name: `blackstart_${name}`, help, labelNames, registers: [registry] })
    return {
      registry,
      age: gauge('kind_age_seconds', 'Seconds since the last word about a kind of a cluster.', ['cluster', 'kind']),
      objects: gauge('objects', 'Objects held of a kind of a cluster.', ['cluster', 'kind']),
      services: gauge('services', 'Services of a cluster by impact.', ['cluster', 'impact']),
      signals: gauge('signals_open', 'Open signals of a cluster by kind.', ['cluster', 'kind']),
      readers: gauge('stream_readers', 'Open event streams.', []),
      database: gauge('database_up', '1 while Postgres answers.', []),
    }
  })

/** Prometheus text: counts only, no names of services or people. The scraper brings a token, as everybody does. */
export const metrics = handler('cluster.read', null, { about: 'Metrics for Prometheus.' }, (request) =>
  enter(request, 'cluster.read', false, tell),
)

async function tell(ctx: Ctx): Promise<Response> {
  const { registry, age, objects, services, signals, readers, database } = gauges()
  for (const gauge of [age, objects, services, signals]) gauge.reset()
  for (const { entry, inventory } of ctx.clusters.all()) {
    for (const kind of inventory.kinds()) {
      objects.set({ cluster: entry.name, kind: kind.kind }, kind.count)
      if (kind.observedAt) age.set({ cluster: entry.name, kind: kind.kind }, Math.max(0, (Date.now() - Date.parse(kind.observedAt)) / 1000))
    }
    for (const [impact, count] of Object.entries(ctx.impacts.of(entry.name)?.counts() ?? {}))
      services.set({ cluster: entry.name, impact }, count)
  }
  for (const signal of ctx.impacts.signals()) if (signal.closedAt === null) signals.inc({ cluster: signal.cluster, kind: signal.kind })
  readers.set(ctx.hub.subscribers)
  database.set(ctx.databaseUp() ? 1 : 0)
  return new Response(await registry.metrics(), { headers: { 'content-type': registry.contentType, 'cache-control': 'no-store' } })
}
