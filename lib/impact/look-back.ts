import type { Db } from '../db/client.ts'
import type { Clusters, Watched } from '../inventory/port.ts'
import type { Catalog } from '../services/schema.ts'
import { hubFor, mayManage } from './find-hubs.ts'
import type { Impacts, Past } from './port.ts'
import { type Replayed, replayCluster } from './replay-cluster.ts'
import { loadMemory } from './store-memory.ts'
import { incidentAt, signalsAt } from './store-past.ts'

export type LookBackContext = { readonly db: Db; readonly clusters: Clusters; readonly catalog: Catalog; readonly impacts: () => Impacts }

/** Moments that stay in memory: a slider goes back and forth over a few. */
const MOST_KEPT = 4

/** Opens the way to past moments of all clusters; the same moment is made once. */
export function openPast(ctx: LookBackContext): (at: Date, only?: string) => Promise<Past | null> {
  const kept = new Map<string, Promise<Past | null>>()
  return async (at, only) => {
    const watched = ctx.clusters.all().filter((one) => only === undefined || one.entry.name === only)
    // Whoever asks for now wants to see what was written a moment ago.
    await Promise.all(watched.map((one) => one.history.flush().catch(() => undefined)))
    const incidents = await Promise.all(watched.map((one) => incidentAt(ctx.db, one.entry.name, at)))
    const key = JSON.stringify([at.getTime(), only, watched.map((one) => one.entry.name), incidents.map((one) => one?.t0 ?? null)])
    const held = kept.get(key)
    if (held) return held
    const made = makePast(
      ctx,
      at,
      watched.map((one, index) => ({ watched: one, t0: incidents[index]?.t0 ?? null })),
    )
    kept.set(key, made)
    made.catch(() => kept.delete(key))
    for (const oldest of kept.keys()) if (kept.size > MOST_KEPT) kept.delete(oldest)
    return made
  }
}

async function makePast(
  ctx: LookBackContext,
  at: Date,
  wanted: readonly { readonly watched: Watched; readonly t0: Date | null }[],
): Promise<Past | null> {
  const all = await Promise.all(
    wanted.map(async ({ watched, t0 }) =>
      replayCluster({ watched, catalog: ctx.catalog, memory: await loadMemory(ctx.db, watched.entry.name, at.getTime()), at, t0 }),
    ),
  )
  const stood = all.flatMap((one) => one ?? [])
  if (stood.length === 0) return null
  const then = new Map(stood.map((one) => [one.watched.entry.name, { replayed: one, watched: asOf(one, at) }]))
  const others = (one: Replayed) => [...then.values()].filter((other) => other.replayed !== one)
  const hubsOf = (one: Replayed) =>
    others(one).flatMap(
      (other) =>
        hubFor({ watched: { ...other.watched, inventory: other.replayed.inventory }, board: other.replayed.board }, one.watched) ?? [],
    )
  for (const one of stood)
    one.judge(
      () => hubsOf(one),
      () => hubsOf(one).length > 0 || others(one).some((other) => mayManage(other.watched, one.watched)),
    )
  const missing = wanted.flatMap(({ watched }) => (then.has(watched.entry.name) ? [] : [watched.entry.name]))
  const signals = await signalsAt(ctx.db, [...then.keys()], at)
  const answers = new Map(
    ctx
      .impacts()
      .signals()
      .map((one) => [one.kind, one.runbooks]),
  )
  return {
    moment: {
      at: at.toISOString(),
      from: stood.map((one) => one.from).sort()[0] ?? at.toISOString(),
      gaps: stood.flatMap((one) => one.gaps.map((gap) => ({ cluster: one.watched.entry.name, ...gap }))),
      notRecorded: missing,
    },
    clusters: {
      get: (name) => then.get(name)?.watched,
      all: () => [...then.values()].map((one) => one.watched),
      onChange: () => () => {},
    },
    impacts: {
      of: (name) => then.get(name)?.replayed.board() ?? undefined,
      signals: () => signals.map((one) => ({ ...one, runbooks: answers.get(one.kind) ?? [] })),
      onSignals: () => () => {},
      strip: (name) => (ctx.impacts().strip?.(name) ?? []).filter((point) => point.at <= at.toISOString()),
    },
  }
}

/** The cluster of then, that says of itself how old it is. */
function asOf({ watched, inventory }: Replayed, at: Date): Watched {
  const facts = { ...inventory.facts(), freshness: 'stale', observedAt: at.toISOString(), trouble: 'this is the recorded past' } as const
  return { ...watched, inventory: { ...inventory, facts: () => facts }, clock: { base: at.getTime(), at: Date.now(), factor: 0 } }
}
