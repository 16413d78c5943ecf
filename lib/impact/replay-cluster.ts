import type { Hub } from '../argocd/hub-rules.ts'
import type { KnownInstance } from '../argocd/schema.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import type { Inventory, Stretch, Watched } from '../inventory/port.ts'
import { createInventory, type InventoryFeed } from '../inventory/store.ts'
import type { Catalog } from '../services/schema.ts'
import type { ImpactMemory } from './memory.ts'
import { type LiveBoard, watchImpact } from './watch-impact.ts'

/** A service that was bad for longer than this is compared with what it was then. */
const BACK_MS = 6 * 3_600_000
/** Recorded time between two judgements on the way. */
const STEP_MS = 80

export type Replayed = {
  readonly watched: Watched
  readonly inventory: Inventory
  /** Where the replay began; what was last healthy is looked for since then. */
  readonly from: string
  readonly gaps: Stretch['gaps']
  board(): LiveBoard | null
  /** Judges what stands at the moment itself, once all clusters stand there. */
  judge(hubs: () => readonly Hub[], elsewhere: () => boolean): void
}

export type ReplayOptions = {
  readonly watched: Watched
  readonly catalog: Catalog
  /** What is remembered now; only what was so before the moment counts. */
  readonly memory: ImpactMemory
  readonly at: Date
  /** T0 of the incident that was open then. */
  readonly t0: Date | null
}

/**
 * One cluster as it was at a recorded moment: the live board over the recorded stretch before it, so that the past is judged by
 * the rules of the present. Null when nothing was recorded then.
 */
export async function replayCluster({ watched, catalog, memory, at, t0 }: ReplayOptions): Promise<Replayed | null> {
  const { history } = watched
  const back = new Date(at.getTime() - BACK_MS)
  const stretch = await history.stretch(back, at)
  if (stretch.since === null || Date.parse(stretch.since) > at.getTime()) return null
  const from = new Date(Math.max(back.getTime(), Date.parse(stretch.since)))
  const [first, last, then] = await Promise.all([history.at(from), history.at(at), t0 ? history.at(t0) : []])
  let now = from.getTime()
  let hubs: () => readonly Hub[] = () => []
  let elsewhere = () => true
  const inventory = standIn(watched, first)
  const board = watchImpact({
    inventory,
    catalog,
    memory: memoryThen(memory, at, [...first, ...stretch.seen.map((one) => one.record)]),
    now: () => now,
    hubs: () => hubs(),
    managedElsewhere: () => elsewhere(),
  })
  board.flush()
  let judged = now
  for (const one of stretch.seen) {
    now = Date.parse(one.at)
    if (now <= from.getTime()) continue
    inventory.apply([one.gone ? { type: 'gone', uid: one.record.uid, at: one.at } : { type: 'set', record: one.record }])
    if (now - judged < STEP_MS) continue
    judged = now
    board.flush()
    // A long replay must not keep the streams of everybody waiting.
    await new Promise((resolve) => setImmediate(resolve))
  }
  now = at.getTime()
  settleAt(inventory, last, at)
  return {
    watched,
    inventory,
    from: from.toISOString(),
    gaps: stretch.gaps,
    board: () => board,
    judge(hubsThen, elsewhereThen) {
      hubs = hubsThen
      elsewhere = elsewhereThen
      board.touchAll()
      if (t0) board.compareWith(t0.toISOString(), then)
      else board.flush()
    },
  }
}

function standIn(watched: Watched, records: readonly SlimRecord[]): Inventory & InventoryFeed {
  const inventory = createInventory(watched.entry.name)
  const { version, incarnation } = watched.inventory.facts()
  inventory.apply(records.map((record) => ({ type: 'set', record })))
  inventory.setFacts({ version, incarnation, freshness: 'live' })
  inventory.setReady(true)
  return inventory
}

/** The state at the moment itself is what history says, however much of the way there was cut or not recorded. */
function settleAt(inventory: Inventory & InventoryFeed, records: readonly SlimRecord[], at: Date): void {
  const there = new Set(records.map((one) => one.uid))
  const gone = [...inventory.all()].filter((one) => !there.has(one.uid))
  inventory.apply([
    ...gone.map((one) => ({ type: 'gone', uid: one.uid, at: at.toISOString() }) as const),
    ...records.map((record) => ({ type: 'set', record }) as const),
  ])
}

/** A service whose healthy state is not newer than the moment was healthy in that very state; an Argo CD of then left a trace of its namespace. */
function memoryThen(memory: ImpactMemory, at: Date, records: readonly SlimRecord[]): ImpactMemory {
  const homes = new Set(records.flatMap((one) => (one.kind === 'Namespace' ? [one.name] : [])))
  return {
    services: new Map([...memory.services].filter(([, one]) => Date.parse(one.at) <= at.getTime())),
    instances: memory.instances.filter((one: KnownInstance) => homes.has(one.namespace)),
    incarnation: '',
    since: memory.since,
    accepted: new Map(),
    removals: new Map(),
    planned: memory.planned,
    covered: memory.covered.filter((one) => Date.parse(one.at) <= at.getTime()),
  }
}
