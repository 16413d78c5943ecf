import type { PlannedStep } from '../runbooks/rules.ts'
import { planAct } from './actions/plan-act.ts'
import { evaluateCheck } from './checks/evaluate-check.ts'
import type { Drive } from './drive-step.ts'
import type { NewRunEntry } from './entry-schema.ts'
import type { Ground } from './ground.ts'
import { isHeld, planOfRun, type RunState } from './rules.ts'
import type { RunsContext } from './store.ts'

export type HeldWatches = { readonly watches: Map<string, { broken: number }>; lookedAt: number; readonly bad: Set<string> }

const EVERY_MS = 4_000
const BAD: ReadonlySet<string> = new Set(['deletion-pending', 'data-at-risk', 'lost', 'degraded', 'unmanaged', 'recovering'])

/** The value of the first check that fails now; null while all pass or nothing can be said. */
async function broken(
  ground: Ground,
  planned: PlannedStep,
  startedAt: string | null,
): Promise<{ readonly value: string | null; readonly clear: boolean }> {
  let clear = true
  for (const check of planned.checks) {
    const seen = await evaluateCheck(ground, check, { actedAt: startedAt, startedAt })
    if (seen.verdict === 'fail') return { value: seen.value, clear: true }
    if (seen.verdict !== 'pass') clear = false
  }
  return { value: null, clear }
}

async function watchOne(drive: Drive, ground: Ground, run: RunState, planned: PlannedStep, held: HeldWatches): Promise<void> {
  const step = run.steps[planned.id]
  const watch = held.watches.get(planned.id) ?? { broken: 0 }
  held.watches.set(planned.id, watch)
  const { value, clear } = await broken(ground, planned, step?.since ?? null)
  watch.broken = value === null ? 0 : watch.broken + 1
  // Seen twice, by two fresh reads, before anybody is told.
  if (value !== null && watch.broken >= 2 && !step?.regressed)
    await drive.append((now) => (isHeld(now, planned) ? [{ kind: 'step.regressed', data: { step: planned.id, value } }] : []))
  if (value === null && clear && step?.regressed)
    await drive.append((now) => (now.steps[planned.id]?.regressed ? [{ kind: 'step.held-again', data: { step: planned.id } }] : []))
}

/** Whether acting would take something out of the ledger: such a step is never so already, whatever its checks say. */
async function wouldReverse(ground: Ground, planned: PlannedStep): Promise<boolean> {
  try {
    const { items } = await planAct(ground, planned.source.do ?? {}, 'look', planned.id)
    return items.some((one) => one.state === 'conflict' || one.item.ledger.some((note) => note.does === 'close'))
  } catch {
    // What cannot be told is not offered.
    return true
  }
}

/** A step that holds before anybody acted on it can be recorded as already so. */
async function offer(drive: Drive, ground: Ground, run: RunState, planned: PlannedStep): Promise<void> {
  const step = run.steps[planned.id]
  if (!step || planned.kind !== 'do' || planned.checks.length === 0 || step.stage !== 'ready') return
  const { value, clear } = await broken(ground, planned, null)
  const so = value === null && clear && !(await wouldReverse(ground, planned))
  if (so === (step.alreadySo !== null)) return
  await drive.append((now): readonly NewRunEntry[] =>
    now.steps[planned.id]?.stage === 'ready'
      ? [{ kind: 'step.already-so', data: { step: planned.id, value: so ? 'its checks hold already' : '' } }]
      : [],
  )
}

/** Looks every few seconds at what must go on holding, at what already holds, and at which services came back. */
export async function watchHeld(ctx: Pick<RunsContext, 'impacts'>, drive: Drive, run: RunState, held: HeldWatches): Promise<void> {
  if (Date.now() - held.lookedAt < EVERY_MS) return
  held.lookedAt = Date.now()
  const ground = await drive.ground(run, null)
  for (const planned of planOfRun(run).steps) {
    if (drive.signal.aborted) return
    if (isHeld(run, planned)) await watchOne(drive, ground, run, planned, held)
    else await offer(drive, ground, run, planned)
  }
  const rows = ctx.impacts.of(run.started.clusters[0]?.name ?? '')?.rows() ?? []
  const back: string[] = []
  for (const row of rows) {
    if (BAD.has(row.impact)) held.bad.add(row.id)
    else if (row.impact === 'healthy' && held.bad.delete(row.id)) back.push(row.id)
  }
  if (back.length > 0) await drive.append(() => [{ kind: 'run.service-recovered', data: { services: back } }])
}
