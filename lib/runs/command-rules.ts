import { no, type Result } from '../kernel/result.ts'
import type { PlannedStep } from '../runbooks/rules.ts'
import type { NewRunEntry } from './entry-schema.ts'
import type { RunState, StepState } from './rules.ts'

export type RunRefusal = {
  readonly code: 'stale-version' | 'run-closed' | 'not-now' | 'not-permitted' | 'changed-since-preview' | 'bad-input' | 'not-found'
  readonly message: string
  readonly yours?: number
  readonly current?: number
  readonly preview?: unknown
}
/** Who asks, when, and what the verb has looked up before: everything a decision may depend on. */
export type CommandContext = {
  readonly actor: { readonly id: string; readonly kind: 'person' | 'token' | 'bootstrap' | 'system'; readonly roles: readonly string[] }
  readonly now: string
  /** The identity of the act that an accepted `act` begins. */
  readonly act: string
  /** The digest that a preview taken now has; null when nothing was looked up. */
  readonly preview: { readonly digest: string; readonly refusal: string | null } | null
}
export type Decision = Result<readonly NewRunEntry[], RunRefusal>
/** A command of a step finds all of this. */
export type At = { readonly run: RunState; readonly planned: PlannedStep; readonly step: StepState; readonly context: CommandContext }

export const refuse = (code: RunRefusal['code'], message: string): { readonly ok: false; readonly error: RunRefusal } =>
  no({ code, message })
/** Stages in which a person's work is next. */
export const OPEN_WORK: ReadonlySet<string> = new Set(['ready', 'in-progress'])

export function has(context: CommandContext, ...roles: string[]): boolean {
  return context.actor.roles.includes('administrator') || roles.some((role) => context.actor.roles.includes(role))
}

export function isLead(run: RunState, context: CommandContext): boolean {
  return run.lead === context.actor.id || has(context, 'lead')
}

/** API tokens and the bootstrap account stand for no person: they excuse and approve in drills only. */
export function standsForNobody(run: RunState, context: CommandContext): boolean {
  return run.started.kind !== 'drill' && (context.actor.kind === 'token' || context.actor.kind === 'bootstrap')
}

export function mayOperate(run: RunState, context: CommandContext): boolean {
  return isLead(run, context) || has(context, 'operator')
}

/** Why a step cannot be worked on now. */
export function notReady(run: RunState, planned: PlannedStep, step: StepState): string {
  if (step.stage === 'blocked') {
    const open = planned.waitsFor.filter((need) => run.steps[need]?.stage !== 'closed')
    return `it waits for ${open.slice(0, 3).join(', ')}${open.length > 3 ? ` and ${open.length - 3} more` : ''}`
  }
  if (step.stage === 'awaiting-approval') return 'it waits for an approval'
  return step.stage === 'closed' ? `it is closed (${step.outcome})` : `it is ${step.stage}`
}
