import type { ActorRef, AuditEntry } from '../audit/schema.ts'
import { appendAudit, readStream } from '../audit/store.ts'
import { clusterNow, wallMs } from '../cluster/rules.ts'
import { databaseAway } from '../db/away.ts'
import type { Db } from '../db/client.ts'
import type { ImpactBoard, Impacts } from '../impact/port.ts'
import type { Clusters, Watched } from '../inventory/port.ts'
import { sleep } from '../kernel/pace.ts'
import type { Hub } from '../live/port.ts'
import { advance } from './machine.ts'
import type { DrillGround, Inject, Speed } from './port.ts'
import { changeDrill, type DrillChange, type DrillRow, findDrill, openDrills, runOfDrill, spentDrillClusters } from './store.ts'

export type FollowOptions = {
  readonly db: Db
  readonly clusters: Clusters
  readonly impacts: Impacts
  readonly ground: DrillGround
  readonly hub: Hub
  readonly onError: (error: unknown, drill: string) => void
}

export type DrillFollower = {
  follow(drill: string): void
  /** Goes on with the drills that an earlier process left open. */
  resume(): Promise<void>
  stop(): Promise<void>
}

const LOOK = 500
/** So many looks in a row must find a cluster calm before it is broken. */
const CALM = 6
/** How long a fresh cluster may take to become calm, in ms of the wall's time. */
const PATIENCE = 5 * 60_000
const SYSTEM: ActorRef = { kind: 'system', id: 'drills', roles: [] }

/** Takes each open drill from its preparation to its end: opens the ground, breaks it, and keeps its times. */
export function followDrills(options: FollowOptions): DrillFollower {
  const { db, clusters, ground, hub } = options
  const end = new AbortController()
  const following = new Map<string, Promise<void>>()

  async function change(id: string, kind: string | null, to: DrillChange): Promise<DrillRow | null> {
    const row = await db.tx(async (tx) => {
      const changed = await changeDrill(tx, id, to)
      if (changed && kind)
        await appendAudit(tx, `drill:${id}`, null, [
          { actor: SYSTEM, kind, data: JSON.parse(JSON.stringify(to)) as Record<string, unknown> },
        ])
      return changed
    })
    hub.touch('drills')
    return row
  }

  async function play(id: string): Promise<void> {
    let row = await findDrill(db, id)
    if (row?.stage === 'preparing') row = await prepare(row)
    // Later injects come while the players are at work already, and after a restart whatever is still to come.
    const breaking = row?.stage === 'injecting' ? breakIt(row) : Promise.resolve(row)
    await Promise.all([breaking, watch(id)])
  }

  async function watch(id: string): Promise<void> {
    while (!end.signal.aborted) {
      try {
        const row = await findDrill(db, id)
        if (!row || row.stage === 'closed' || (await look(row))?.stage === 'closed') return
      } catch (error) {
        if (!databaseAway(error)) throw error
      }
      await sleep(LOOK, end.signal)
    }
  }

  async function prepare(row: DrillRow): Promise<DrillRow | null> {
    const speed: Speed = row.speed === 'max' ? 'max' : Number(row.speed)
    if (!clusters.get(row.cluster)) await ground.open(row.cluster, row.fill as 'S' | 'M' | 'L', speed)
    else await ground.setSpeed(row.cluster, speed)
    const until = Date.now() + PATIENCE
    for (let calm = 0; calm < CALM; ) {
      const reason = whyNot(clusters.get(row.cluster), options.impacts.of(row.cluster))
      if (end.signal.aborted) return null
      if (Date.now() > until) throw new Error(`${row.cluster} did not become calm within ${PATIENCE / 60_000} minutes: ${reason}.`)
      calm = reason === null ? calm + 1 : 0
      await sleep(LOOK, end.signal)
    }
    return change(row.id, 'drill.prepared', { stage: 'injecting' })
  }

  async function breakIt(row: DrillRow): Promise<DrillRow | null> {
    const scenario = ground.scenario(row.scenario)
    const cluster = clusters.get(row.cluster)
    if (!scenario || !cluster) throw new Error(`${scenario ? row.cluster : row.scenario} is no longer there`)
    let start = row.injectedAt?.getTime() ?? clusterNow(cluster.clock)
    const told = await readStream(db, `drill:${row.id}`)
    const done = told.filter((one) => one.kind === 'drill.injected').length
    let now: DrillRow | null = row
    for (const [index, { afterMs, inject }] of scenario.steps.entries()) {
      if (index < done) continue
      await sleep(wallMs(cluster.clock, start + afterMs - clusterNow(cluster.clock)), end.signal)
      if (end.signal.aborted) return null
      // One that comes late moves the rest along: the story lives from the time between its faults.
      start = Math.max(start, clusterNow(cluster.clock) - afterMs)
      const at = new Date(clusterNow(cluster.clock))
      await give(row, index, inject, told)
      now = await change(row.id, 'drill.injected', now?.injectedAt ? { note: inject.title } : { injectedAt: at, note: inject.title })
      if (now === null) return null
    }
    return change(row.id, null, { stage: 'running' })
  }

  /** Gives a fault, unless an earlier process has given it and died before it could say so. */
  async function give(row: DrillRow, index: number, inject: Inject, told: readonly AuditEntry[]): Promise<void> {
    const intended = told.findLast((one) => one.kind === 'drill.injecting' && one.data.index === index)
    if (intended && (await wasGiven(row.cluster, Number(intended.data.given), inject.title))) return
    if (!intended) await intend(row, index, inject.title)
    await ground.inject(row.cluster, inject)
  }

  /** Written before a fault is given, so that after a crash it is given once and not twice. */
  async function intend(row: DrillRow, index: number, title: string): Promise<void> {
    const given = (await ground.given(row.cluster)).length
    await db.tx((tx) =>
      appendAudit(tx, `drill:${row.id}`, null, [{ actor: SYSTEM, kind: 'drill.injecting', data: { index, title, given } }]),
    )
  }

  async function wasGiven(cluster: string, before: number, title: string): Promise<boolean> {
    return (await ground.given(cluster)).slice(before).includes(title)
  }

  async function look(row: DrillRow): Promise<DrillRow | null> {
    const cluster = clusters.get(row.cluster)
    if (!cluster)
      return change(row.id, 'drill.closed', { stage: 'closed', closedAt: new Date(), outcome: 'lost', note: `${row.cluster} is gone` })
    const now = new Date(clusterNow(cluster.clock)).toISOString()
    const signals = options.impacts
      .signals()
      .filter((one) => one.cluster === row.cluster && one.severity === 'critical')
      .sort((a, b) => (a.openedAt < b.openedAt ? -1 : 1))
    const step = advance(
      {
        ...row,
        stage: row.stage as never,
        injectedAt: iso(row.injectedAt),
        detectedAt: iso(row.detectedAt),
        acknowledgedAt: iso(row.acknowledgedAt),
        recoveredAt: iso(row.recoveredAt),
      },
      { now, signals, well: isWell(cluster, options.impacts.of(row.cluster)), run: await runOfDrill(db, row.id) },
    )
    if (!step) return row
    const { detectedAt, acknowledgedAt, recoveredAt, injectedAt: _, ...rest } = step
    const closing = step.stage === 'closed' ? { closedAt: new Date(now) } : {}
    const times = {
      ...(detectedAt ? { detectedAt: new Date(detectedAt) } : {}),
      ...(acknowledgedAt ? { acknowledgedAt: new Date(acknowledgedAt) } : {}),
      ...(recoveredAt ? { recoveredAt: new Date(recoveredAt) } : {}),
    }
    return change(row.id, kindOf(step.stage, Object.keys(times)), { ...rest, ...times, ...closing })
  }

  /** A cluster made for one drill ends with it; what was recorded of it stays. */
  async function tidy(id: string): Promise<void> {
    const row = end.signal.aborted ? null : await findDrill(db, id)
    if (row?.stage === 'closed' && row.ownSandbox && ground.isSandbox(row.cluster)) await ground.close(row.cluster)
  }

  function follow(id: string): void {
    if (following.has(id) || end.signal.aborted) return
    const playing = play(id)
      .catch(async (error: unknown) => {
        options.onError(error, id)
        if (!end.signal.aborted)
          await change(id, 'drill.closed', {
            stage: 'closed',
            closedAt: new Date(),
            outcome: 'failed',
            note: error instanceof Error ? error.message : String(error),
          })
      })
      .then(() => tidy(id))
      .catch((error: unknown) => options.onError(error, id))
      .finally(() => following.delete(id))
    following.set(id, playing)
  }

  return {
    follow,
    async resume() {
      for (const row of await openDrills(db)) follow(row.id)
      for (const cluster of await spentDrillClusters(db)) if (ground.isSandbox(cluster)) await ground.close(cluster)
    },
    async stop() {
      end.abort()
      await Promise.allSettled(following.values())
    },
  }
}

function kindOf(stage: string | undefined, times: readonly string[]): string | null {
  if (stage === 'closed') return 'drill.closed'
  const [first] = times
  return first ? `drill.${first.replace(/At$/, '')}` : null
}

function iso(at: Date | null): string | null {
  return at?.toISOString() ?? null
}

const FINE = new Set(['healthy', 'changing', 'removed'])

/** Every service as well as it was before, every Argo CD running, and all of it known freshly. */
export function isWell(cluster: Watched | undefined, board: ImpactBoard | undefined): boolean {
  return whyNot(cluster, board) === null
}

function whyNot(cluster: Watched | undefined, board: ImpactBoard | undefined): string | null {
  if (!cluster || !board) return 'it is not watched yet'
  const { freshness, trouble } = cluster.inventory.facts()
  if (!cluster.inventory.ready() || freshness !== 'live') return trouble || `what is known of it is ${freshness}`
  const rows = board.rows()
  if (rows.length === 0) return 'no services are known'
  const bad = rows.filter((row) => !FINE.has(row.impact) && !board.badThen?.(row.id))
  if (bad.length > 0) return `${bad.length} services are not well, such as ${bad[0]?.id} (${bad[0]?.impact})`
  const argocd = board.argocd().find((one) => one.state !== 'running' || one.deletionPending > 0)
  return argocd ? `Argo CD in ${argocd.namespace} is ${argocd.state}, and ${argocd.deletionPending} Applications await deletion` : null
}
