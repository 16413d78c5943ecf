import { permit } from '../auth/rules.ts'
import type { Actor, Deed, Permit, Role } from '../auth/schema.ts'
import { acknowledgeSignal } from '../impact/acknowledge-signal.ts'
import type { SignalWatch } from '../impact/watch-signals.ts'
import { newId } from '../kernel/id.ts'
import { sleep } from '../kernel/pace.ts'
import { ok, type Result } from '../kernel/result.ts'
import { commandRun } from '../runs/command-run.ts'
import { previewStep } from '../runs/preview-step.ts'
import type { RunCommand } from '../runs/schema.ts'
import { showRun } from '../runs/show-run.ts'
import { startRun } from '../runs/start-run.ts'
import type { RunsContext } from '../runs/store.ts'
import type { RunView, StepView } from '../runs/view.ts'
import type { Played } from './play-rules.ts'
import { showDrill } from './show-drill.ts'
import { type DrillCtx, startDrill } from './start-drill.ts'
import type { DrillView, StartDrill } from './view.ts'

export type PlayContext = RunsContext & DrillCtx & { readonly impacts: SignalWatch }
export type PlayOptions = Omit<StartDrill, 'key'> & {
  /** Confirms what a person would have to confirm; without it the play ends at the first such step. */
  readonly confirmManual: boolean
  /** How long all of it may take, in ms of the wall's time. */
  readonly withinMs: number
  readonly say?: (line: string) => void
}
/** Nobody: their kind is token and their names say so, wherever a person would stand. */
function machine(id: string, name: string, ...roles: Role[]): Actor {
  return { kind: 'token', id, name, email: null, roles }
}
export const PLAYERS = {
  operator: machine('machine-operator', 'Machine operator (synthetic)', 'operator', 'lead'),
  approver: machine('machine-approver', 'Machine approver (synthetic)', 'approver', 'lead'),
} as const

function may<D extends Deed>(who: Actor, deed: D): Permit<D> {
  const said = permit(who, deed)
  if (!said.ok) throw new Error(said.error.message)
  return said.value
}

const PAUSE = 150

/** Plays a drill from its scenario to its end with synthetic people, by the same commands that people give. */
export async function playDrill(ctx: PlayContext, options: PlayOptions): Promise<Result<Played, { code: string; message: string }>> {
  const { confirmManual, withinMs, say = () => {}, ...wanted } = options
  const until = Date.now() + withinMs
  const started = await startDrill(ctx, may(PLAYERS.operator, 'drill.start'), { ...wanted, key: newId() })
  if (!started.ok) return started
  const { id } = started.value
  const drill = async (): Promise<DrillView> => {
    const shown = await showDrill(ctx, may(PLAYERS.operator, 'drill.read'), { drill: id })
    return shown.ok ? shown.value : started.value
  }
  say(`drill ${id} on ${started.value.cluster}`)
  const broken = await waitFor(drill, (now) => (now.stage === 'running' && now.detectedAt !== null) || now.stage === 'closed', until)
  if (broken.stage === 'closed' || broken.detectedAt === null)
    return ok({ drill: broken, run: null, trouble: broken.note || 'no signal told of the fault in time' })
  for (const signal of ctx.impacts.signals())
    if (signal.cluster === broken.cluster && signal.closedAt === null)
      await acknowledgeSignal(ctx, may(PLAYERS.operator, 'signal.acknowledge'), { id: signal.id })
  const began = await startRun(ctx, may(PLAYERS.operator, 'run.start'), {
    runbook: broken.runbook,
    kind: 'drill',
    clusters: [broken.cluster],
    parameters: {},
    drill: id,
    key: newId(),
  })
  if (!began.ok) return ok({ drill: broken, run: null, trouble: began.error.message })
  say(`run ${began.value.id} of ${broken.runbook}`)
  const { run, trouble } = await playRun(ctx, began.value.id, { confirmManual, until, say })
  if (trouble && run.stage !== 'closed') await command(ctx, run.id, PLAYERS.operator, { do: 'abort', reason: trouble.slice(0, 1_900) })
  const ended = await waitFor(drill, (now) => now.stage === 'closed', Math.max(until, Date.now() + 15_000))
  const last = await showRun(ctx, may(PLAYERS.operator, 'run.read'), { id: run.id })
  return ok({ drill: ended, run: last.ok ? last.value : run, trouble })
}

async function waitFor<T>(look: () => Promise<T>, enough: (seen: T) => boolean, until: number): Promise<T> {
  for (;;) {
    const seen = await look()
    if (enough(seen) || Date.now() > until) return seen
    await sleep(PAUSE)
  }
}

type Playing = { readonly confirmManual: boolean; readonly until: number; readonly say: (line: string) => void }

async function playRun(ctx: PlayContext, id: string, playing: Playing): Promise<{ run: RunView; trouble: string }> {
  const told = new Map<string, string>()
  for (;;) {
    const shown = await showRun(ctx, may(PLAYERS.operator, 'run.read'), { id })
    if (!shown.ok) throw new Error(shown.error.message)
    const run = shown.value
    const steps = run.phases.flatMap((phase) => phase.steps)
    for (const step of steps) {
      const word = step.outcome ?? step.stage
      if (word !== 'blocked' && told.get(step.id) !== word) playing.say(`${step.id}: ${word}`)
      told.set(step.id, word)
    }
    if (run.stage === 'closed') return { run, trouble: '' }
    const failed = steps.find((step) => step.stage === 'failed')
    if (failed) return { run, trouble: `${failed.id} failed: ${failed.trouble}` }
    if (Date.now() > playing.until) return { run, trouble: `it took too long; it waits: ${run.waitingText || run.stage}` }
    for (const step of steps) {
      const stuck = await playStep(ctx, run, step, playing)
      if (stuck) return { run, trouble: stuck }
    }
    await sleep(PAUSE)
  }
}

type Wanted = { readonly who: Actor; readonly command: Record<string, unknown> }

/** Gives a step the command that it waits for; answers why nobody here can. */
async function playStep(ctx: PlayContext, run: RunView, step: StepView, playing: Playing): Promise<string> {
  if (step.kind === 'confirm' && isOpen(step) && !playing.confirmManual)
    return `${step.id} wants a person's word: play with --confirm-manual, or let people play it`
  const wanted = await wantedOf(ctx, run, step)
  if (typeof wanted === 'string' || wanted === null) return wanted ?? ''
  const said = await command(ctx, run.id, wanted.who, { ...wanted.command, step: step.id, version: step.version })
  // What changed meanwhile is looked at again.
  return said.ok || ['stale-version', 'not-now', 'changed-since-preview'].includes(said.error.code)
    ? ''
    : `${step.id}: ${said.error.message}`
}

function isOpen(step: StepView): boolean {
  return step.stage === 'ready' || step.stage === 'in-progress'
}

async function wantedOf(ctx: PlayContext, run: RunView, step: StepView): Promise<Wanted | string | null> {
  if (step.stage === 'awaiting-approval') return { who: PLAYERS.approver, command: { do: 'approve' } }
  if (!isOpen(step)) return null
  switch (step.kind) {
    case 'confirm': {
      const value = { string: 'by machine', number: 1, boolean: true }
      return {
        who: PLAYERS.operator,
        command: { do: 'confirm', values: Object.fromEntries(step.fields.map((field) => [field.name, value[field.type]])) },
      }
    }
    case 'ask':
      return {
        who: PLAYERS.operator,
        command: { do: 'answer', answer: (step.answers.find((one) => one.proposed) ?? step.answers[0])?.value },
      }
    case 'approve':
      return { who: PLAYERS.approver, command: { do: 'approve' } }
    case 'do':
      return actOf(ctx, run, step)
    default:
      return null
  }
}

async function actOf(ctx: PlayContext, run: RunView, step: StepView): Promise<Wanted | string> {
  const looked = await previewStep(ctx, may(PLAYERS.operator, 'run.read'), { id: run.id, step: step.id })
  if (!looked.ok) return looked.error.message
  const { digest, refusal } = looked.value
  if (refusal) return `${step.id}: ${refusal.message}`
  const approved = (step.approval?.approvals.length ?? 0) >= (step.approval?.count ?? 0)
  if (!approved) return { who: PLAYERS.operator, command: { do: 'request-approval', digest } }
  return { who: PLAYERS.operator, command: { do: 'act', digest, typed: run.clusters[0] } }
}

function command(ctx: PlayContext, id: string, who: Actor, body: Record<string, unknown>) {
  return commandRun(ctx, may(who, 'run.command'), { id, command: { key: newId(), ...body } as RunCommand })
}
