import { permit } from '../auth/rules.ts'
import type { Actor, Deed, Permit } from '../auth/schema.ts'
import { listDrills } from '../drills/list-drills.ts'
import { listClusters } from '../impact/list-clusters.ts'
import { listIncidents } from '../impact/list-incidents.ts'
import { listServices } from '../impact/list-services.ts'
import { showSituation } from '../impact/show-situation.ts'
import type { Result } from '../kernel/result.ts'
import { showRun } from '../runs/show-run.ts'
import type { Ctx } from './context.ts'

/** Boards are the same for everybody who may follow them; the door has asked before. */
const EVERYBODY: Actor = { kind: 'system', id: 'boards', name: 'Blackstart', email: null, roles: ['viewer'] }

function reader<D extends Deed>(deed: D): Permit<D> {
  const may = permit(EVERYBODY, deed)
  if (!may.ok) throw new Error(may.error.message)
  return may.value
}

/** The board itself, or null when there is no such thing. */
async function board<T>(asked: Promise<Result<T, unknown>> | Result<T, unknown>): Promise<T | null> {
  const said = await asked
  return said.ok ? said.value : null
}

/** Says how each topic's board is made, and touches it when something under it moves. */
export function makeBoards(ctx: Ctx): void {
  const { hub, clusters, impacts } = ctx
  hub.source('situation', () => board(showSituation(ctx, reader('situation.read'))))
  hub.source('signals', () => ({ items: impacts.signals() }))
  hub.source('clusters', () => board(listClusters(ctx, reader('cluster.read'))))
  hub.source('services:', (topic) => board(listServices(ctx, reader('service.read'), { cluster: nameIn(topic), limit: 5000 })))
  hub.source('incidents', () => board(listIncidents(ctx, reader('incident.read'), {})))
  hub.source('drills', () => board(listDrills(ctx, reader('drill.read'), { limit: 50 })))
  // What each may do next differs from person to person.
  hub.personal('run:', (topic, who) => {
    const may = permit(who, 'run.read')
    return may.ok ? board(showRun(ctx, may.value, { id: nameIn(topic) })) : null
  })

  const followed = new WeakSet<object>()
  const follow = () => {
    touch(ctx, ['situation', 'clusters', 'signals'])
    for (const cluster of clusters.all()) {
      const { name } = cluster.entry
      hub.touch(`services:${name}`)
      if (!followed.has(cluster)) cluster.inventory.onState(() => touch(ctx, ['situation', 'clusters', `services:${name}`]))
      followed.add(cluster)
      followBoard(ctx, name, followed)
    }
  }
  clusters.onChange(follow)
  impacts.onSignals(() => {
    touch(ctx, ['situation', 'signals', 'incidents', 'drills'])
    follow()
  })
  follow()
}

/** A cluster's board of services begins some time after the cluster itself. */
function followBoard(ctx: Ctx, name: string, followed: WeakSet<object>): void {
  const services = ctx.impacts.of(name)
  if (!services) {
    setTimeout(() => ctx.clusters.get(name) && followBoard(ctx, name, followed), 250).unref()
    return
  }
  if (followed.has(services)) return
  followed.add(services)
  services.onChange(() => touch(ctx, ['situation', 'clusters', `services:${name}`]))
  touch(ctx, ['situation', 'clusters', `services:${name}`])
}

function touch(ctx: Ctx, topics: readonly string[]): void {
  for (const topic of topics) ctx.hub.touch(topic)
}

function nameIn(topic: string): string {
  return topic.slice(topic.indexOf(':') + 1)
}
