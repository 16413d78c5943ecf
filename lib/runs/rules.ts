import type { ActorRef } from '../audit/schema.ts'
import { type Plan, type PlanChanges, type PlannedStep, planOf } from '../runbooks/rules.ts'
import type { RunbookDocument } from '../runbooks/schema.ts'
import type { ActItem, CheckSeen, ItemState, Started } from './entry-schema.ts'
import type { RunOutcome, RunStage, StepOutcome, StepStage, WaitingFor } from './schema.ts'

export type ItemNow = {
  readonly item: ActItem
  readonly state: ItemState | 'intended'
  readonly note: string
  readonly act: string
  readonly uid?: string
}
export type ApprovalNow = {
  readonly requestedBy: string
  readonly requestedAt: string
  readonly digest: string
  readonly approvals: readonly { readonly by: string; readonly at: string; readonly alone: boolean }[]
}

export type StepState = {
  readonly stage: StepStage
  readonly outcome: StepOutcome | null
  readonly version: number
  readonly attempt: number
  readonly claimedBy: string | null
  readonly startedAt: string | null
  readonly closedAt: string | null
  readonly answer: string | null
  readonly values: Readonly<Record<string, string | number | boolean>>
  readonly reason: string
  readonly trouble: string
  readonly troubleFrom: 'cluster' | 'database' | null
  readonly approval: ApprovalNow | null
  /** The act under way or done in this attempt; `by` is the person as whom we act. */
  readonly act: {
    readonly id: string
    readonly by: string
    readonly digest: string
    readonly undo: boolean
    readonly finished: boolean
  } | null
  /** Recorded as done by hands outside in this attempt. */
  readonly byHand?: boolean
  readonly items: Readonly<Record<string, ItemNow>>
  readonly checks: readonly CheckSeen[]
  readonly alreadySo: string | null
  /** Cluster time since which its checks count: of the act's last answer, or of the start. */
  readonly since: string | null
  readonly regressed: { readonly at: string; readonly value: string } | null
}

/** A run as its entries tell it. The fold of the stored entries is exactly this. */
export type RunState = {
  readonly id: string
  readonly version: number
  readonly started: Started
  readonly startedAt: string
  readonly startedBy: string
  readonly stage: RunStage
  readonly outcome: RunOutcome | null
  readonly closedAt: string | null
  readonly closedReason: string
  /** The version of the last entry that touched the run as a whole. */
  readonly runVersion: number
  readonly held: { readonly by: string; readonly since: string; readonly reason: string } | null
  readonly lead: string
  readonly people: readonly { readonly person: string; readonly role: string; readonly since: string }[]
  readonly handover: { readonly from: string; readonly to: string; readonly at: string } | null
  readonly advance: { readonly by: string; readonly actor: ActorRef } | null
  readonly steps: Readonly<Record<string, StepState>>
  /** How the run's plan differs from its document; null as long as it does not. */
  readonly changes: PlanChanges | null
  /** Who added which step. */
  readonly addedBy: Readonly<Record<string, string>>
  readonly checks: readonly CheckSeen[]
  readonly recovered: Readonly<Record<string, string>>
}

export const FRESH_STEP: StepState = {
  stage: 'blocked',
  outcome: null,
  version: 0,
  attempt: 1,
  claimedBy: null,
  startedAt: null,
  closedAt: null,
  answer: null,
  values: {},
  reason: '',
  trouble: '',
  troubleFrom: null,
  approval: null,
  act: null,
  items: {},
  checks: [],
  alreadySo: null,
  since: null,
  regressed: null,
}

const plans = new WeakMap<object, Plan>()
export function planOfRun(run: Pick<RunState, 'started' | 'changes'>): Plan {
  const { document } = run.started
  // Changes are never mutated, so that they stand for their plan as the document does for one without.
  const by = run.changes ?? document
  const known = plans.get(by)
  if (known) return known
  const plan = planOf(document, run.changes)
  plans.set(by, plan)
  return plan
}

/** The run's document with the sets that came with added steps. */
export function documentOf(run: Pick<RunState, 'started' | 'changes'>): RunbookDocument {
  const { document } = run.started
  if (!run.changes) return document
  return { ...document, spec: { ...document.spec, sets: { ...document.spec.sets, ...run.changes.sets } } }
}

export function plannedStep(run: RunState, id: string): PlannedStep | undefined {
  return planOfRun(run).steps.find((step) => step.id === id)
}

export function isSatisfied(step: StepState | undefined): boolean {
  return step?.stage === 'closed' && step.outcome !== 'not-executed'
}

/** Steps that wait for nothing become ready; the branch that an answer leaves out is not applicable. */
export function settle(run: RunState, at: string): RunState {
  const plan = planOfRun(run)
  const steps: Record<string, StepState> = { ...run.steps }
  let moved = false
  const leftOut = new Set<string>()
  for (const planned of plan.steps) {
    const chosen = steps[planned.id]?.answer
    if (planned.kind !== 'ask' || !chosen) continue
    const to = planned.answers.find((answer) => answer.value === chosen)?.leadsTo
    for (const other of planned.answers) if (other.value !== chosen && other.leadsTo && other.leadsTo !== to) leftOut.add(other.leadsTo)
  }
  for (const planned of plan.steps) {
    const step = steps[planned.id] ?? FRESH_STEP
    if (leftOut.has(planned.id) && (step.stage === 'blocked' || step.stage === 'ready')) {
      steps[planned.id] = {
        ...step,
        stage: 'closed',
        outcome: 'not-applicable',
        closedAt: at,
        reason: 'another answer was given',
        version: run.version,
      }
      moved = true
    } else if (step.stage === 'blocked' && planned.waitsFor.every((need) => isSatisfied(steps[need]))) {
      steps[planned.id] = { ...step, stage: 'ready' }
      moved = true
    } else if (step.stage === 'ready' && !planned.waitsFor.every((need) => isSatisfied(steps[need]))) {
      steps[planned.id] = { ...step, stage: 'blocked' }
      moved = true
    }
  }
  return moved ? settle({ ...run, steps }, at) : run
}

/**
 * Whether a verified step is still meant to hold. A hold ends when the step it lasts until begins to act, and stays ended
 * whatever becomes of that act.
 */
export function isHeld(run: RunState, planned: PlannedStep): boolean {
  const step = run.steps[planned.id]
  if (step?.stage !== 'closed' || step.outcome !== 'verified' || planned.holds === null) return false
  if (planned.holds === 'run') return true
  const until = run.steps[planned.holds]
  return until !== undefined && until.act === null && until.attempt === 1 && !ENDS_A_HOLD.has(until.stage)
}

const ENDS_A_HOLD: ReadonlySet<StepStage> = new Set<StepStage>(['acting', 'verifying', 'failed', 'closed'])

export function allClosed(run: RunState): boolean {
  return planOfRun(run).steps.every((step) => run.steps[step.id]?.stage === 'closed')
}

/** Excused steps make an end with exceptions. */
export function outcomeOf(run: RunState, openLedger: number): RunOutcome {
  const excused = Object.values(run.steps).some(
    (step) => step.outcome === 'skipped' || step.outcome === 'unverified' || step.outcome === 'failure-accepted',
  )
  return excused || openLedger > 0 ? 'completed-with-exceptions' : 'completed'
}

/** What the run waits for, derived and never stored; the first that applies in order of urgency. */
export function waitingFor(run: RunState): { readonly what: WaitingFor | null; readonly text: string; readonly step: string | null } {
  if (run.stage === 'closed') return { what: null, text: '', step: null }
  if (run.stage === 'stabilizing') return { what: null, text: run.checks.map((check) => check.value).join('; '), step: null }
  const order = planOfRun(run).steps.map((planned) => ({ planned, step: run.steps[planned.id] ?? FRESH_STEP }))
  const found = (test: (one: (typeof order)[number]) => boolean) => order.find(test)
  const failed = found(({ step }) => step.stage === 'failed')
  const troubled = found(({ step }) => step.troubleFrom !== null && step.stage !== 'closed')
  if (troubled) return { what: troubled.step.troubleFrom, text: troubled.step.trouble, step: troubled.planned.id }
  if (failed) return { what: 'failed-step', text: failed.step.trouble, step: failed.planned.id }
  const approval = found(({ step }) => step.stage === 'awaiting-approval')
  if (approval)
    return { what: 'approval', text: `“${approval.planned.title}” waits for somebody else's approval`, step: approval.planned.id }
  const busy = found(({ step }) => step.stage === 'acting' || step.stage === 'verifying')
  const person = found(
    ({ planned, step }) => (step.stage === 'ready' || step.stage === 'in-progress') && planned.kind !== 'check' && planned.kind !== 'wait',
  )
  if (person && (!busy || !run.advance)) return { what: 'person', text: `“${person.planned.title}” is ready`, step: person.planned.id }
  return { what: null, text: '', step: busy?.planned.id ?? null }
}

/** What T0 cannot tell, because recording began too late for it; '' when it is a moment before the disruption, wholly recorded. */
export function noteOnT0({ recordedSince, t0, disruptedAt }: Pick<Started, 'recordedSince' | 't0' | 'disruptedAt'>): string {
  if (!recordedSince) return 'Nothing of this cluster was recorded: there is nothing to restore from.'
  if (Date.parse(recordedSince) < Date.parse(disruptedAt ?? t0)) return ''
  const say = (at: string) => `${at.slice(0, 10)} ${at.slice(11, 19)} UTC`
  const began = disruptedAt ? `, after it began (${say(disruptedAt)})` : ''
  return `Recorded only since ${say(recordedSince)}${began}: what was gone by then is not known.`
}
