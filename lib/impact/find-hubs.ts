import { type Hub, type Reach, reaches, serves } from '../argocd/hub-rules.ts'
import type { Watched } from '../inventory/port.ts'
import type { LiveBoard } from './watch-impact.ts'

/** A watched cluster and its board, as its neighbours see it. */
export type Neighbour = { readonly watched: Watched; board(): LiveBoard | null }

const AWAY = new Set(['stale', 'unreachable', 'forbidden'])

function reachOf(watched: Watched): Reach {
  return { name: watched.entry.name, server: watched.api.server, declared: watched.entry.argocd }
}

/** Another cluster as the hub of this one; null when nothing says that it is. */
export function hubFor(other: Neighbour, spoke: Watched): Hub | null {
  const { entry, inventory } = other.watched
  const board = other.board()
  const to = reachOf(spoke)
  const instances = board?.instances() ?? []
  if (!serves({ name: entry.name, instances, known: board?.known() ?? [] }, to)) return null
  const facts = inventory.facts()
  const stale = !inventory.ready()
    ? facts.trouble || 'not read yet'
    : AWAY.has(facts.freshness)
      ? facts.trouble || `it is ${facts.freshness}`
      : null
  return { cluster: entry.name, look: inventory, instances, stale, reaches: (application) => reaches(application, to) }
}

/** The clusters that this one's Argo CD manages, with the services there that it tracks. */
export function spokesOf(
  hub: Watched,
  board: LiveBoard,
  all: Iterable<Neighbour>,
): { readonly cluster: string; readonly services: number }[] {
  const known = { name: hub.entry.name, instances: board.instances(), known: board.known() }
  return [...all].flatMap((one) => {
    if (one.watched === hub || !serves(known, reachOf(one.watched))) return []
    const tracked = (one.board()?.rows() ?? []).filter((row) => row.application !== null)
    return [{ cluster: one.watched.entry.name, services: tracked.length }]
  })
}

/** Whether another cluster might have the Argo CD of this one: it has one, or nobody has looked yet. A rehearsal's has nothing to do with a live cluster. */
export function mayManage(other: Watched, spoke: Watched): boolean {
  if (other.entry.mode !== 'live' || spoke.entry.mode !== 'live') return false
  return !other.inventory.ready() || other.inventory.list('AppProject', 'argoproj.io').length > 0
}
