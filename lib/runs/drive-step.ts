import type { Guard } from '../argocd/write-client.ts'
import { Unreachable } from '../cluster/port.ts'
import { clusterNow, wallMs } from '../cluster/rules.ts'
import { parseDuration, readDuration } from '../kernel/duration.ts'
import { sleep } from '../kernel/pace.ts'
import type { PlannedStep } from '../runbooks/rules.ts'
import type { Check } from '../runbooks/schema.ts'
import { actingForbidden } from './acting-rules.ts'
import type { PlannedAct, PlannedItem } from './actions/act-schema.ts'
import { type Outcome, sendItem, settleDoubt } from './actions/carry-out.ts'
import { carryOutOrder } from './actions/order-rules.ts'
import { planAct } from './actions/plan-act.ts'
import { evaluateCheck } from './checks/evaluate-check.ts'
import type { CheckSeen, NewRunEntry } from './entry-schema.ts'
import { askOtherCluster, type Ground, NotReadable, nowOf, otherCluster } from './ground.ts'
import { watchHands } from './recognize-hands.ts'
import { OutOfBounds } from './resolve-set.ts'
import { FRESH_STEP, type RunState, type StepState } from './rules.ts'

/** What a step's work gets from the drive it belongs to. */
export type Drive = {
  readonly load: () => Promise<RunState>
  /** Appends what `make` says of the run as it is then; nothing when it answers nothing. */
  readonly append: (make: (run: RunState) => readonly NewRunEntry[]) => Promise<RunState>
  readonly ground: (run: RunState, actingAs: string | null) => Promise<Ground>
  readonly mayStillAct: () => void
  readonly signal: AbortSignal
}

const BATCH = 50
const FLUSH_MS = 250
const AT_ONCE = 6

function stepOf(run: RunState, id: string): StepState {
  return run.steps[id] ?? FRESH_STEP
}

function names(some: readonly Outcome[]): string {
  const [first] = some
  return `${some.length === 1 ? '' : `${some.length} of them: first `}${first?.key.replaceAll('/', ' ').replace('  ', ' ') ?? ''}: ${first?.note ?? ''}`
}

async function planStep(ground: Ground, planned: PlannedStep, step: StepState): Promise<PlannedAct> {
  const act = step.act?.id ?? ''
  if (step.act?.undo) return planAct(ground, planned.source.undo ?? { reverse: { step: planned.id } }, act, planned.id)
  return planAct(ground, planned.source.do ?? {}, act, planned.id)
}

/** Waits while the run is held or cannot act; false when the step is no longer ours to work on. */
async function stillActing(drive: Drive, id: string, act: string): Promise<RunState | null> {
  for (;;) {
    if (drive.signal.aborted) return null
    const run = await drive.load()
    const step = stepOf(run, id)
    if (run.stage === 'closed' || step.stage !== 'acting' || step.act?.id !== act) return null
    if (!run.held) return run
    await sleep(500, drive.signal)
  }
}

async function failStep(drive: Drive, id: string, trouble: string): Promise<void> {
  await drive.append((run) =>
    ['acting', 'verifying'].includes(stepOf(run, id).stage) ? [{ kind: 'step.failed', data: { step: id, trouble } }] : [],
  )
}

/** What was intended before a crash and never answered is looked up first; what was not done is sent again as it was. */
async function settleOld(drive: Drive, ground: Ground, id: string, step: StepState, act: string): Promise<ReadonlySet<string>> {
  const doubtful = Object.values(step.items).filter((one) => one.state === 'intended' && one.act === act)
  const again = new Set<string>()
  const known: Outcome[] = []
  for (const one of doubtful) {
    const outcome = await settleDoubt(ground, one.item, act)
    if (outcome) known.push(outcome)
    else again.add(one.item.key)
  }
  if (known.length > 0) await drive.append(() => [{ kind: 'act.observed', data: { step: id, act, items: known } }])
  return again
}

async function sendBatch(
  drive: Drive,
  ground: Ground,
  id: string,
  act: string,
  batch: readonly PlannedItem[],
  again: ReadonlySet<string>,
): Promise<Outcome[]> {
  const all: Outcome[] = []
  let waiting: Outcome[] = []
  let flushed = Promise.resolve()
  const flush = () => {
    const items = waiting
    waiting = []
    if (items.length > 0)
      flushed = flushed.then(async () => void (await drive.append(() => [{ kind: 'act.observed', data: { step: id, act, items } }])))
    return flushed
  }
  let told = ''
  const telling = {
    signal: drive.signal,
    trouble: async (trouble: string) => {
      if (told === trouble) return
      told = trouble
      await drive.append(() => [{ kind: 'step.troubled', data: { step: id, trouble, waitingFor: 'cluster' } }])
    },
    fine: async () => {
      if (told === '') return
      told = ''
      await drive.append(() => [{ kind: 'step.troubled', data: { step: id, trouble: '', waitingFor: null } }])
    },
  }
  const passed = (namespace: string, name: string) =>
    ground.ledger.some((row) => row.object.kind === 'Application' && row.object.namespace === namespace && row.object.name === name)
  const mayStillAct = () => {
    drive.mayStillAct()
    const other = otherCluster(ground)
    if (other) throw new Unreachable(other)
  }
  const guard: Guard = {
    passedLedger: passed,
    override: '',
    forbidden: actingForbidden(ground.watched.entry, ground.run.started.kind),
    mayStillAct,
  }
  const timer = setInterval(() => void flush().catch(() => {}), FLUSH_MS)
  try {
    for (const group of carryOutOrder(batch)) {
      const queue = [...group]
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          for (let item = queue.shift(); item; item = queue.shift()) {
            const outcome = await sendItem(ground, item, guard, act, telling, again.has(item.item.key))
            if (!outcome) return
            all.push(outcome)
            waiting.push(outcome)
          }
        }),
      )
    }
  } finally {
    clearInterval(timer)
    await flush()
  }
  return all
}

/** Carries a step's act out, from wherever an earlier driver left it, and says how it ended. */
export async function driveAct(drive: Drive, planned: PlannedStep): Promise<void> {
  const first = await drive.load()
  const act = stepOf(first, planned.id).act?.id
  if (!act) return
  const person = stepOf(first, planned.id).act?.by ?? null
  for (;;) {
    const run = await stillActing(drive, planned.id, act)
    if (!run) return
    try {
      const done = await actOnce(drive, await drive.ground(run, person), planned, run, act)
      if (done) return
    } catch (error) {
      if (error instanceof OutOfBounds || error instanceof NotReadable)
        return failStep(drive, planned.id, `Nothing more was done: ${error.message}.`)
      if (!(error instanceof Unreachable)) throw error
      if (error.blind)
        return failStep(drive, planned.id, `${error.message}. Renew the credentials or grant the permission, then try again.`)
      await drive.append((now) =>
        stepOf(now, planned.id).trouble === ''
          ? [
              {
                kind: 'step.troubled',
                data: {
                  step: planned.id,
                  trouble: `The cluster does not answer (${error.message}). It goes on by itself when it does.`,
                  waitingFor: 'cluster',
                },
              },
            ]
          : [],
      )
      await sleep(1_000, drive.signal)
    }
  }
}

async function actOnce(drive: Drive, ground: Ground, planned: PlannedStep, run: RunState, act: string): Promise<boolean> {
  const other = await askOtherCluster(ground)
  if (other) throw new Unreachable(other)
  const again = await settleOld(drive, ground, planned.id, stepOf(run, planned.id), act)
  let plan: PlannedAct
  try {
    plan = await planStep(ground, planned, stepOf(run, planned.id))
  } catch (error) {
    if (error instanceof Unreachable || error instanceof OutOfBounds || error instanceof NotReadable) throw error
    await failStep(drive, planned.id, `Nothing was done: ${error instanceof Error ? error.message : String(error)}`)
    return true
  }
  const before = stepOf(await drive.load(), planned.id).items
  const settled = (key: string) => before[key]?.act === act && before[key]?.state !== 'intended' && before[key]?.state !== 'failed'
  const left = plan.items.filter((one) => !settled(one.item.key))
  for (let i = 0; i < left.length; i += BATCH) {
    const now = await stillActing(drive, planned.id, act)
    if (!now) return true
    const batch = left.slice(i, i + BATCH)
    const fresh = batch.filter((one) => !again.has(one.item.key))
    const other = await askOtherCluster(ground)
    if (other) throw new Unreachable(other)
    drive.mayStillAct()
    if (fresh.length > 0)
      await drive.append(() => [{ kind: 'act.intended', data: { step: planned.id, act, items: fresh.map((one) => one.item) } }])
    await sendBatch(drive, ground, planned.id, act, batch, again)
    if (drive.signal.aborted) return true
  }
  await conclude(drive, ground, planned.id, act)
  return true
}

async function conclude(drive: Drive, ground: Ground, id: string, act: string): Promise<void> {
  await drive.append((run) => {
    const step = stepOf(run, id)
    if (step.stage !== 'acting' || step.act?.id !== act) return []
    const mine = Object.values(step.items).filter((one) => one.act === act)
    const bad: Outcome[] = mine
      .filter((one) => one.state === 'failed' || one.state === 'foreign' || one.state === 'conflict')
      .map((one) => ({ key: one.item.key, state: one.state === 'intended' ? 'in-doubt' : one.state, note: one.note }))
    if (bad.length > 0)
      return [{ kind: 'step.failed', data: { step: id, trouble: `${bad.length} of ${mine.length} could not be done. ${names(bad)}` } }]
    return [{ kind: 'act.finished', data: { step: id, act, clusterAt: nowOf(ground) } }]
  })
}

type Hold = { since: number | null }
export type Watch = { readonly holds: Map<string, Hold>; last: readonly CheckSeen[]; toldAt: number }

export function newWatch(): Watch {
  return { holds: new Map(), last: [], toldAt: 0 }
}

function forMs(check: Check): number {
  return check.for ? (parseDuration(check.for) ?? 0) : 0
}

/** One sample of several checks: what each saw, and whether all hold for as long as they must. */
export async function sample(
  ground: Ground,
  checks: readonly Check[],
  watch: Watch,
  since: { actedAt: string | null; startedAt: string | null },
): Promise<{ readonly seen: readonly CheckSeen[]; readonly held: boolean }> {
  const seen: CheckSeen[] = []
  let held = true
  for (const [index, check] of checks.entries()) {
    const id = String(index + 1)
    const one = await evaluateCheck(ground, check, since)
    const hold = watch.holds.get(id) ?? { since: null }
    const now = clusterNow(ground.watched.clock)
    hold.since = one.verdict === 'pass' ? (hold.since ?? Date.parse(one.observedAt)) : null
    watch.holds.set(id, hold)
    if (hold.since === null || now - hold.since < forMs(check)) held = false
    seen.push({ id, ...one, holdsSince: hold.since === null ? null : new Date(hold.since).toISOString() })
  }
  return { seen, held }
}

/** Whether what was seen differs enough from what was last told to be worth an entry. */
export function isNews(watch: Watch, seen: readonly CheckSeen[]): boolean {
  if (watch.last.length !== seen.length) return true
  if (seen.some((one, i) => one.verdict !== watch.last[i]?.verdict || (one.holdsSince === null) !== (watch.last[i]?.holdsSince === null)))
    return true
  return Date.now() - watch.toldAt > 5_000 && seen.some((one, i) => one.value !== watch.last[i]?.value)
}

export function told(watch: Watch, seen: readonly CheckSeen[]): void {
  watch.last = seen
  watch.toldAt = Date.now()
}

/** How long until the next look: a second of the cluster's time, within what is sensible here. */
export function pause(ground: Ground): number {
  return Math.min(1_000, Math.max(100, wallMs(ground.watched.clock, 1_000)))
}

function whyNot(planned: PlannedStep, seen: readonly CheckSeen[], withinMs: number): string {
  const bad = seen.find((one) => one.verdict !== 'pass')
  if (!bad)
    return `“${planned.title}” did not hold long enough within ${readDuration(withinMs)}. Look why it comes and goes, then try again.`
  const word = bad.verdict === 'fail' ? 'does not hold' : `has no clear answer (${bad.verdict})`
  return `After ${readDuration(withinMs)} the check ${word}: ${bad.value}. Mend that and try again, or let the lead override it.`
}

/** Lets a wait pass; it runs on while nobody looks. True when it has passed and checks are next. */
async function driveWait(drive: Drive, planned: PlannedStep, waitMs: number): Promise<boolean> {
  let began: number | null = null
  while (!drive.signal.aborted) {
    const run = await drive.load()
    const step = stepOf(run, planned.id)
    if (run.stage === 'closed' || step.stage !== 'verifying') return false
    const ground = await drive.ground(run, null)
    const now = clusterNow(ground.watched.clock)
    began ??= step.since ? Math.min(now, Date.parse(step.since)) : now
    const left = waitMs - (now - began)
    if (left <= 0 && planned.checks.length > 0) return true
    if (left <= 0) {
      await finish(drive, planned.id)
      return false
    }
    await sleep(Math.min(pause(ground), wallMs(ground.watched.clock, left) + 5), drive.signal)
  }
  return false
}

/** Looks at a step's checks until all hold, its time is over, or it is no longer to be verified. */
export async function driveVerification(drive: Drive, planned: PlannedStep): Promise<void> {
  if (planned.waitMs !== null && !(await driveWait(drive, planned, planned.waitMs))) return
  const watch = newWatch()
  const hands = watchHands(drive, planned)
  let began: number | null = null
  let attempt = 0
  while (!drive.signal.aborted) {
    const run = await drive.load()
    const step = stepOf(run, planned.id)
    if (run.stage === 'closed' || step.stage !== 'verifying' || (attempt !== 0 && attempt !== step.attempt)) return
    attempt = step.attempt
    const ground = await drive.ground(run, step.act?.by ?? null)
    // The patience for checks counts only the time in which they were looked at.
    began ??= clusterNow(ground.watched.clock)
    if (step.byHand && (await hands.moved(ground, false))) continue
    const { seen, held } = await sample(ground, planned.checks, watch, {
      actedAt: step.act?.finished ? step.since : null,
      startedAt: step.since,
    })
    const blind = seen.some((one) => one.verdict === 'unreachable' || one.verdict === 'stale')
    const over = clusterNow(ground.watched.clock) - began > planned.withinMs + Math.max(0, ...planned.checks.map(forMs))
    if (held || (over && !blind) || isNews(watch, seen)) {
      told(watch, seen)
      await drive.append((at) =>
        stepOf(at, planned.id).stage === 'verifying' ? [{ kind: 'step.checks-seen', data: { step: planned.id, checks: seen } }] : [],
      )
    }
    // Hands may have gone on since the last look; what they left must be in the ledger before the step closes.
    if (held && step.byHand && (await hands.moved(ground, true))) continue
    if (held) return finish(drive, planned.id)
    if (over && !blind) return failStep(drive, planned.id, whyNot(planned, seen, planned.withinMs))
    await sleep(pause(ground), drive.signal)
  }
}

async function finish(drive: Drive, id: string): Promise<void> {
  await drive.append((run) => (stepOf(run, id).stage === 'verifying' ? [{ kind: 'step.verified', data: { step: id } }] : []))
}
