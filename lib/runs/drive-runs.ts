import type { ActorRef } from '../audit/schema.ts'
import { listen } from '../db/listen.ts'
import { newId } from '../kernel/id.ts'
import { backoff, sleep } from '../kernel/pace.ts'
import { NO_PROBES } from './checks/probe-rules.ts'
import { isApproved } from './command-machine.ts'
import { type Drive, driveAct, driveVerification, isNews, newWatch, sample, told, type Watch } from './drive-step.ts'
import type { NewRunEntry } from './entry-schema.ts'
import { bindingsOf, type Ground, nowOf } from './ground.ts'
import { assertLease, LeaseLost, RENEW_MS, releaseLease, renewLease, SPARE_MS, TTL_MS, takeLease } from './lease.ts'
import { allClosed, FRESH_STEP, outcomeOf, planOfRun, type RunState, waitingFor } from './rules.ts'
import { appendRun, identityOf, loadRun, lockRun, RUN_CHANNEL, type RunningContext, readLedger, type Signed } from './store.ts'
import { type HeldWatches, watchHeld } from './watch-checkpoints.ts'

export type Driving = { stop(): Promise<void> }
export type DriveOptions = {
  readonly onError?: (error: unknown, run: string | null) => void
  /** Called when a run has ended, so that the head of the chain is signed then. */
  readonly onEnded?: (run: string) => Promise<unknown>
  readonly pollMs?: number
}

export const SYSTEM: ActorRef = { kind: 'system', id: 'driver', roles: [] }
const POLL_MS = 2_000
/** Between two looks at a run on which nothing moved; a NOTIFY comes sooner. */
const IDLE_MS = 1_000

/** Where a run's steps stand: its cluster as the acting person sees it. */
export async function groundOf(
  ctx: Pick<RunningContext, 'db' | 'clusters' | 'impacts' | 'checks'>,
  run: RunState,
  actingAs: string | null,
): Promise<Ground> {
  const name = run.started.clusters[0]?.name ?? ''
  const watched = ctx.clusters.get(name)
  if (!watched) throw new NoSuchCluster(`cluster ${name} is not configured here`)
  const mapped = watched.entry.identity !== undefined && watched.entry.identity !== 'account'
  const identity = mapped && actingAs ? await identityOf(ctx.db, run.id, actingAs) : null
  return {
    run,
    watched,
    api: watched.api.as(identity),
    board: ctx.impacts.of(name),
    ledger: await readLedger(ctx.db, { cluster: name }),
    bindings: bindingsOf(run),
    probes: ctx.checks ?? NO_PROBES,
  }
}

export class NoSuchCluster extends Error {
  override readonly name = 'NoSuchCluster'
}

/** Drives every open run that no other process drives, until stopped. One per process. */
export function driveRuns(ctx: RunningContext, options: DriveOptions = {}): Driving {
  const stop = new AbortController()
  const holder = newId()
  const driven = new Map<string, { readonly done: Promise<void>; poke: () => void }>()
  const report = options.onError ?? (() => {})
  const listener = listen(ctx.db.url, (error) => report(error, null))
  let pokeAll = () => {}
  listener.on(RUN_CHANNEL, (id) => {
    ctx.hub?.touch(`run:${id}`)
    ctx.hub?.touch('situation')
    const one = driven.get(id)
    if (one) one.poke()
    else pokeAll()
  })
  listener.onGap(() => {
    for (const [id, one] of driven) {
      one.poke()
      ctx.hub?.touch(`run:${id}`)
    }
  })

  async function tellEnd(id: string): Promise<void> {
    if (stop.signal.aborted || !options.onEnded) return
    try {
      if ((await loadRun(ctx.db, id))?.stage === 'closed') await options.onEnded(id)
    } catch (error) {
      report(error, id)
    }
  }

  async function look(): Promise<void> {
    const { rows } = await ctx.db.pool.query<{ id: string; cluster: string }>(
      `SELECT id, clusters[1] AS cluster FROM run WHERE stage <> 'closed' AND kind <> 'tabletop'`,
    )
    for (const { id, cluster } of rows) {
      // A run whose cluster is not here waits for it, or for the process that has it.
      if (driven.has(id) || stop.signal.aborted || !ctx.clusters.get(cluster)) continue
      const epoch = await takeLease(ctx.db, id, holder)
      if (epoch === null) continue
      let poke = () => {}
      const done = driveOne(
        ctx,
        id,
        epoch,
        stop.signal,
        (wake) => {
          poke = wake
        },
        report,
      )
        .then(() => tellEnd(id))
        .finally(() => driven.delete(id))
      driven.set(id, { done, poke: () => poke() })
    }
  }

  async function loop(): Promise<void> {
    while (!stop.signal.aborted) {
      await look().catch((error: unknown) => report(error, null))
      const nap = new AbortController()
      pokeAll = () => nap.abort()
      await sleep(options.pollMs ?? POLL_MS, AbortSignal.any([nap.signal, stop.signal]))
    }
  }
  const running = loop()
  return {
    async stop() {
      stop.abort()
      await running
      await Promise.all([...driven.values()].map((one) => one.done))
      await listener.close()
    },
  }
}

async function driveOne(
  ctx: RunningContext,
  id: string,
  epoch: number,
  stopped: AbortSignal,
  onPoke: (wake: () => void) => void,
  report: (error: unknown, run: string | null) => void,
): Promise<void> {
  const lost = new AbortController()
  const signal = AbortSignal.any([stopped, lost.signal])
  let until = performance.now() + TTL_MS
  const keep = (async () => {
    while (!signal.aborted) {
      await sleep(RENEW_MS, signal)
      if (signal.aborted) return
      const asked = performance.now()
      try {
        if (await renewLease(ctx.db, id, epoch)) until = asked + TTL_MS
        else lost.abort()
      } catch (error) {
        report(error, id)
      }
    }
  })()
  const drive: Drive = {
    signal,
    load: async () => {
      const run = await retrying(
        signal,
        () => loadRun(ctx.db, id),
        (error) => report(error, id),
      )
      if (!run) throw new LeaseLost(`run ${id} is not there`)
      return run
    },
    append: (make) =>
      retrying(
        signal,
        () => appendAs(ctx, id, epoch, make),
        (error) => report(error, id),
      ),
    ground: (run, actingAs) =>
      retrying(
        signal,
        () => groundOf(ctx, run, actingAs),
        (error) => report(error, id),
      ),
    mayStillAct: () => {
      if (performance.now() > until - SPARE_MS || signal.aborted) throw new LeaseLost('too little of the lease is left to act')
    },
  }
  try {
    await driveLoop(ctx, drive, onPoke, lost, report, id)
  } catch (error) {
    if (!(error instanceof LeaseLost) && !signal.aborted) report(error, id)
  } finally {
    lost.abort()
    await keep
    await releaseLease(ctx.db, id, epoch).catch((error: unknown) => report(error, id))
  }
}

/** The database may be away for a while: nothing new is intended until it answers again. A lost lease and our own mistakes are not waited out. */
async function retrying<T>(signal: AbortSignal, ask: () => Promise<T>, report: (error: unknown) => void): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await ask()
    } catch (error) {
      if (signal.aborted || error instanceof LeaseLost || error instanceof NoSuchCluster || error instanceof TypeError || tries > 60)
        throw error
      report(error)
      await sleep(backoff(tries, 200, 5_000), signal)
      if (signal.aborted) throw error
    }
  }
}

function appendAs(ctx: RunningContext, id: string, epoch: number, make: (run: RunState) => readonly Signed[]): Promise<RunState> {
  return ctx.db.tx(async (tx) => {
    const run = await lockRun(tx, id)
    if (!run) throw new LeaseLost(`run ${id} is not there`)
    const entries = make(run)
    if (entries.length === 0) return run
    await assertLease(tx, id, epoch)
    return appendRun(tx, run, SYSTEM, entries)
  })
}

type Tasks = Map<string, Promise<void>>

async function driveLoop(
  ctx: RunningContext,
  drive: Drive,
  onPoke: (wake: () => void) => void,
  lost: AbortController,
  report: (error: unknown, run: string | null) => void,
  id: string,
): Promise<void> {
  const tasks: Tasks = new Map()
  const held: HeldWatches = { watches: new Map(), lookedAt: 0, bad: new Set() }
  const end = newWatch()
  let wake = () => {}
  onPoke(() => wake())
  const begin = (key: string, step: string, work: () => Promise<void>) => {
    if (tasks.has(key)) return
    const done = work()
      .catch(async (error: unknown) => {
        if (error instanceof LeaseLost || drive.signal.aborted) return
        report(error, id)
        const trouble = `It stopped unexpectedly: ${error instanceof Error ? error.message : String(error)}. What was done is recorded; try again.`
        await drive
          .append((run) =>
            ['acting', 'verifying'].includes(run.steps[step]?.stage ?? '') ? [{ kind: 'step.failed', data: { step, trouble } }] : [],
          )
          .catch((why: unknown) => report(why, id))
      })
      .finally(() => {
        tasks.delete(key)
        wake()
      })
    tasks.set(key, done)
  }
  while (!drive.signal.aborted) {
    const nap = new AbortController()
    wake = () => nap.abort()
    const run = await drive.load()
    if (run.stage === 'closed') break
    for (const planned of planOfRun(run).steps) {
      const stage = run.steps[planned.id]?.stage
      if (stage === 'acting' && !run.held) begin(`act ${planned.id}`, planned.id, () => driveAct(drive, planned))
      if (stage === 'verifying') begin(`verify ${planned.id}`, planned.id, () => driveVerification(drive, planned))
    }
    if (!run.held) await moveOn(ctx, drive, run, end)
    await watchHeld(ctx, drive, run, held)
    await sleep(IDLE_MS, AbortSignal.any([nap.signal, drive.signal]))
  }
  await Promise.all(tasks.values())
  lost.abort()
}

/** What goes on by itself: checks and waits begin, an advance takes the next reversible step, the run stabilizes and ends. */
async function moveOn(ctx: RunningContext, drive: Drive, run: RunState, end: Watch): Promise<void> {
  const { steps } = planOfRun(run)
  if (steps.some((planned) => isOwnStart(run, planned.id, planned.kind))) {
    const clusterAt = nowOf(await drive.ground(run, null))
    await drive.append((now) =>
      steps
        .filter((planned) => isOwnStart(now, planned.id, planned.kind))
        .map((planned): NewRunEntry => ({ kind: 'step.started', data: { step: planned.id, clusterAt } })),
    )
    return
  }
  if (run.advance) await drive.append(advance)
  if (allClosed(run)) await endRun(ctx, drive, run, end)
}

function isOwnStart(run: RunState, id: string, kind: string): boolean {
  return !run.held && run.steps[id]?.stage === 'ready' && (kind === 'check' || kind === 'wait')
}

/** Reversible steps that need nobody's word are acted on as the person who said advance; anything else ends the advance. */
function advance(run: RunState): readonly Signed[] {
  const by = run.advance
  if (!by || run.held) return []
  const open = planOfRun(run).steps.map((planned) => ({ planned, step: run.steps[planned.id] ?? FRESH_STEP }))
  const next = open.filter(
    ({ planned, step }) =>
      (step.stage === 'ready' || step.stage === 'in-progress') &&
      planned.kind === 'do' &&
      planned.reversible === 'reversible' &&
      !planned.typed &&
      (!planned.approval || isApproved(planned.approval, step)),
  )
  if (next.length > 0)
    return next.map(({ planned }) => ({
      kind: 'step.act-requested',
      actor: by.actor,
      data: { step: planned.id, digest: 'advance', act: newId(), undo: false, reason: '' },
    }))
  const busy = open.some(
    ({ planned, step }) => step.stage === 'acting' || step.stage === 'verifying' || isOwnStart(run, planned.id, planned.kind),
  )
  const failed = open.some(({ step }) => step.stage === 'failed')
  if (busy && !failed) return []
  return [{ kind: 'run.advance-stopped', data: { why: waitingFor(run).text || 'there is nothing more to do' } }]
}

async function endRun(ctx: RunningContext, drive: Drive, run: RunState, end: Watch): Promise<void> {
  if (run.stage === 'running')
    return void (await drive.append((now) => (now.stage === 'running' && allClosed(now) ? [{ kind: 'run.stabilizing', data: {} }] : [])))
  const wanted = run.started.document.spec.stabilize
  const checks = wanted === undefined ? [] : Array.isArray(wanted) ? wanted : [wanted]
  const openRows = async () => (await readLedger(ctx.db, { run: run.id, open: true })).length
  const close = async (outcome: ReturnType<typeof outcomeOf>, reason: string) =>
    void (await drive.append((now) =>
      now.stage !== 'closed' && allClosed(now) ? [{ kind: 'run.closed', data: { outcome, reason } }] : [],
    ))
  if (run.stage === 'cleanup')
    return close(
      'completed-with-exceptions',
      `ended by the lead before services held${(await openRows()) > 0 ? '; temporary changes stay in force' : ''}`,
    )
  const { seen, held } = await sample(await drive.ground(run, null), checks, end, { actedAt: null, startedAt: null })
  if (isNews(end, seen)) {
    told(end, seen)
    await drive.append((now) => (now.stage === 'stabilizing' ? [{ kind: 'run.checks-seen', data: { checks: seen } }] : []))
  }
  if (held) await close(outcomeOf(run, await openRows()), '')
}
