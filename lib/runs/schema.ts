import { z } from 'zod'
import { ActionSpec, SetDefinition, Step } from '../runbooks/schema.ts'

export const RunKind = z.enum(['incident', 'drill', 'tabletop'])
export type RunKind = z.infer<typeof RunKind>
export const RunStage = z.enum(['running', 'stabilizing', 'cleanup', 'closed'])
export type RunStage = z.infer<typeof RunStage>
export const RunOutcome = z.enum(['completed', 'completed-with-exceptions', 'aborted'])
export type RunOutcome = z.infer<typeof RunOutcome>
export const WaitingFor = z.enum(['approval', 'person', 'cluster', 'database', 'failed-step'])
export type WaitingFor = z.infer<typeof WaitingFor>
export const StepStage = z.enum(['blocked', 'ready', 'in-progress', 'awaiting-approval', 'acting', 'verifying', 'closed', 'failed'])
export type StepStage = z.infer<typeof StepStage>
export const StepOutcome = z.enum(['verified', 'confirmed', 'unverified', 'skipped', 'failure-accepted', 'not-applicable', 'not-executed'])
export type StepOutcome = z.infer<typeof StepOutcome>
export const Verdict = z.enum(['pass', 'fail', 'inconclusive', 'stale', 'unreachable'])
export type Verdict = z.infer<typeof Verdict>
export const StepKind = z.enum(['do', 'check', 'ask', 'confirm', 'approve', 'wait', 'runbook'])
export type StepKind = z.infer<typeof StepKind>

const key = z.string().min(8).max(200)
const reason = z.string().trim().min(3, 'say why, in a few words').max(2000)
const step = z.string()
const version = z.int().nonnegative().optional()

/** POST /runs/{id}/commands. `key` makes a repeat harmless; `version` is the step's (step commands) or the run's, and is compared where it is given. */
export const RunCommand = z.discriminatedUnion('do', [
  z.object({ do: z.literal('pause'), key, version, reason: reason.optional() }),
  z.object({ do: z.literal('resume'), key, version }),
  z.object({ do: z.literal('abort'), key, version, reason }),
  z.object({ do: z.literal('comment'), key, step: step.optional(), text: z.string().trim().min(1).max(4000) }),
  z.object({ do: z.literal('note'), key, at: z.iso.datetime(), text: z.string().trim().min(1).max(4000) }),
  z.object({ do: z.literal('assign-role'), key, role: z.enum(['lead', 'operator', 'approver', 'observer']), person: z.string() }),
  z.object({ do: z.literal('offer-handover'), key, to: z.string(), text: z.string().max(4000).optional() }),
  z.object({ do: z.literal('accept-handover'), key }),
  z.object({
    do: z.literal('add-step'),
    key,
    version,
    /** A check, a confirm or an act; its id is made from its title where none is given. */
    step: Step.partial({ id: true }),
    /** Sets that it brings along, under names of their own. */
    sets: z.record(z.string(), SetDefinition).optional(),
    phase: z.string().optional(),
    after: z.string().optional(),
    before: z.string().optional(),
    reason: reason.optional(),
  }),
  z.object({ do: z.literal('advance'), key, version }),
  z.object({ do: z.literal('cleanup'), key }),
  z.object({ do: z.literal('claim'), key, step, version }),
  z.object({ do: z.literal('release'), key, step, version }),
  z.object({ do: z.literal('start'), key, step, version }),
  z.object({ do: z.literal('act'), key, step, version, digest: z.string(), typed: z.string().optional(), reason: reason.optional() }),
  z.object({
    do: z.literal('confirm'),
    key,
    step,
    version,
    values: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
    /** Ids of evidence files of this run. */
    evidence: z.array(z.string()).max(50).optional(),
  }),
  z.object({ do: z.literal('answer'), key, step, version, answer: z.string(), reason: reason.optional() }),
  z.object({ do: z.literal('request-approval'), key, step, version, digest: z.string().optional() }),
  z.object({ do: z.literal('approve'), key, step, version }),
  z.object({ do: z.literal('decline'), key, step, version, reason }),
  z.object({ do: z.literal('approve-alone'), key, step, version, typed: z.string(), reason }),
  z.object({ do: z.literal('record-done'), key, step, version, reason: reason.optional() }),
  /** `input`: the same act with other input; then a reason is needed. */
  z.object({ do: z.literal('retry'), key, step, version, input: ActionSpec.optional(), reason: reason.optional() }),
  z.object({ do: z.literal('skip'), key, step, version, reason }),
  z.object({ do: z.literal('accept-failure'), key, step, version, reason }),
  z.object({ do: z.literal('override'), key, step, version, typed: z.string(), reason }),
  z.object({ do: z.literal('undo'), key, step, version, reason }),
  z.object({ do: z.literal('emergency'), key, step, version, typed: z.string(), reason }),
  z.object({ do: z.literal('reopen'), key, step, version, reason }),
])
export type RunCommand = z.infer<typeof RunCommand>

/** POST /runs */
export const StartRun = z.object({
  runbook: z.string(),
  kind: RunKind,
  clusters: z.array(z.string()).min(1),
  parameters: z.record(z.string(), z.unknown()).default({}),
  incident: z.string().optional(),
  signal: z.string().optional(),
  drill: z.string().optional(),
  hash: z.string().optional(),
  key,
})
export type StartRun = z.infer<typeof StartRun>
