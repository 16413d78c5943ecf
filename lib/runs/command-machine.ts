import { parseDuration, readDuration } from '../kernel/duration.ts'
import { no, ok } from '../kernel/result.ts'
import { isUndoable, type PlannedStep } from '../runbooks/rules.ts'
import type { Approval } from '../runbooks/schema.ts'
import {
  type At,
  type CommandContext,
  type Decision,
  has,
  isLead,
  mayOperate,
  notReady,
  OPEN_WORK,
  refuse,
  standsForNobody,
} from './command-rules.ts'
import { addStep, emergency, retry } from './deviation-machine.ts'
import { plannedStep, type RunState, type StepState } from './rules.ts'
import type { RunCommand } from './schema.ts'

const EXCUSES: ReadonlySet<RunCommand['do']> = new Set<RunCommand['do']>(['accept-failure', 'override', 'reopen'])
type StepCommand = Extract<RunCommand, { step: string; version?: number | undefined }>
type RunHandlers = {
  readonly [D in RunCommand['do']]?: (run: RunState, command: Extract<RunCommand, { do: D }>, context: CommandContext) => Decision
}

function abort(run: RunState, command: Extract<RunCommand, { do: 'abort' }>, context: CommandContext): Decision {
  if (!isLead(run, context)) return refuse('not-permitted', 'only the incident lead ends a run')
  const acting = Object.values(run.steps).some(
    (step) => step.stage === 'acting' && Object.values(step.items).some((item) => item.state === 'intended'),
  )
  return acting
    ? refuse('not-now', 'acts are under way; pause first and wait for their answers')
    : ok([{ kind: 'run.closed', data: { outcome: 'aborted', reason: command.reason } }])
}

function advance(run: RunState): Decision {
  if (run.held) return refuse('not-now', `the run is held: ${run.held.reason || 'no reason given'}`)
  return run.advance ? refuse('not-now', 'the run is advancing already') : ok([{ kind: 'run.advance-requested', data: {} }])
}

function cleanup(run: RunState, context: CommandContext): Decision {
  if (run.stage !== 'stabilizing') return refuse('not-now', 'cleanup comes after the last step')
  return isLead(run, context)
    ? ok([{ kind: 'run.cleanup-started', data: {} }])
    : refuse('not-permitted', 'only the incident lead begins the cleanup')
}

const OF_RUN: RunHandlers = {
  pause: (run, command) =>
    run.held ? refuse('not-now', 'the run is already held') : ok([{ kind: 'run.held', data: { reason: command.reason ?? '' } }]),
  resume: (run) => (run.held ? ok([{ kind: 'run.resumed', data: {} }]) : refuse('not-now', 'the run is not held')),
  abort,
  'assign-role': (run, command, context) =>
    command.role === 'lead' && !isLead(run, context)
      ? refuse('not-permitted', 'only the incident lead names another lead')
      : ok([{ kind: 'run.role-assigned', data: { role: command.role, person: command.person } }]),
  'offer-handover': (run, command, context) =>
    run.lead === context.actor.id
      ? ok([{ kind: 'run.handover-offered', data: { to: command.to, text: command.text ?? '' } }])
      : refuse('not-permitted', 'only the incident lead offers a handover'),
  'accept-handover': (run, _command, context) =>
    run.handover?.to === context.actor.id
      ? ok([{ kind: 'run.handover-accepted', data: { from: run.handover.from } }])
      : refuse('not-now', 'no handover was offered to you'),
  'add-step': addStep,
  advance,
  cleanup: (run, _command, context) => cleanup(run, context),
}

function runCommand(run: RunState, command: RunCommand, context: CommandContext): Decision {
  const version = 'version' in command ? command.version : undefined
  if (version !== undefined && version !== run.runVersion)
    return no({ code: 'stale-version', message: 'somebody changed the run meanwhile', yours: version, current: run.runVersion })
  const handler = OF_RUN[command.do] as ((run: RunState, command: RunCommand, context: CommandContext) => Decision) | undefined
  return handler ? handler(run, command, context) : refuse('bad-input', `${command.do} is not a command of a run`)
}

function act(
  run: RunState,
  planned: PlannedStep,
  step: StepState,
  command: Extract<RunCommand, { do: 'act' }>,
  context: CommandContext,
): Decision {
  if (planned.kind !== 'do') return refuse('not-now', 'this step does nothing to a cluster')
  if (!OPEN_WORK.has(step.stage)) return refuse('not-now', notReady(run, planned, step))
  const cluster = run.started.clusters[0]?.name ?? ''
  if (planned.typed && command.typed !== cluster) return refuse('bad-input', `type the cluster's name, ${cluster}, to go on`)
  if (context.preview?.refusal) return refuse('not-now', context.preview.refusal)
  if (planned.approval && !isApproved(planned.approval, step))
    return refuse('not-now', 'this step needs an approval first: request it, and let somebody else approve')
  if (context.preview && context.preview.digest !== command.digest)
    return refuse('changed-since-preview', 'what this would do has changed since you looked; look again')
  if (planned.approval && step.approval && step.approval.digest !== '' && step.approval.digest !== command.digest)
    return refuse('changed-since-preview', 'what was approved is not what this would do now; request the approval again')
  return ok([
    {
      kind: 'step.act-requested',
      data: { step: planned.id, digest: command.digest, act: context.act, undo: false, reason: command.reason ?? '' },
    },
  ])
}

export function isApproved(approval: Approval, step: StepState): boolean {
  const given = step.approval?.approvals ?? []
  return given.some((one) => one.alone) || given.length >= approval.count
}

/** After the time that the step gives, the incident lead goes on alone, openly: with the cluster's name typed and a reason. */
function approveAlone(
  run: RunState,
  planned: PlannedStep,
  step: StepState,
  rule: Approval,
  command: Extract<RunCommand, { do: 'approve-alone' }>,
  context: CommandContext,
): Decision {
  if (rule.alone === 'never') return refuse('not-permitted', 'this is never approved alone: wake somebody')
  if (!isLead(run, context)) return refuse('not-permitted', 'only the incident lead goes on alone')
  const after = parseDuration(rule.alone.after) ?? 0
  const waited = Date.parse(context.now) - Date.parse(step.approval?.requestedAt ?? context.now)
  if (!step.approval || waited < after)
    return refuse('not-now', `going on alone is possible ${readDuration(after)} after the approval was requested`)
  const cluster = run.started.clusters[0]?.name ?? ''
  if (command.typed !== cluster) return refuse('bad-input', `type the cluster's name, ${cluster}, to go on alone`)
  return ok([{ kind: 'step.approved', data: { step: planned.id, alone: true, reason: command.reason } }])
}

function approve(
  run: RunState,
  planned: PlannedStep,
  step: StepState,
  command: Extract<RunCommand, { do: 'approve' | 'decline' | 'approve-alone' }>,
  context: CommandContext,
): Decision {
  const isApproveStep = planned.kind === 'approve' && OPEN_WORK.has(step.stage)
  if (step.stage !== 'awaiting-approval' && !isApproveStep) return refuse('not-now', 'nobody has asked for an approval here')
  if (standsForNobody(run, context)) return refuse('not-permitted', 'tokens approve in drills only; a person has to')
  const rule = planned.approval ?? { from: 'approver' as const, count: 1, alone: { after: '5m' } }
  if (command.do === 'approve-alone') return approveAlone(run, planned, step, rule, command, context)
  const asked = step.approval?.requestedBy ?? run.startedBy
  const entitled = rule.from === 'lead' ? isLead(run, context) : has(context, 'approver', 'lead')
  if (!entitled) return refuse('not-permitted', `an approval comes from ${rule.from === 'lead' ? 'a lead' : 'an approver'}`)
  if (command.do === 'decline') return ok([{ kind: 'step.declined', data: { step: planned.id, reason: command.reason } }])
  if (asked === context.actor.id) return refuse('not-permitted', 'four eyes: whoever asked cannot approve')
  if (step.approval?.approvals.some((one) => one.by === context.actor.id)) return refuse('not-now', 'you have approved already')
  return ok([{ kind: 'step.approved', data: { step: planned.id, alone: false, reason: '' } }])
}

function confirm(planned: PlannedStep, step: StepState, command: Extract<RunCommand, { do: 'confirm' }>): Decision {
  if (planned.kind !== 'confirm') return refuse('not-now', 'this step is not a confirmation')
  if (!OPEN_WORK.has(step.stage)) return refuse('not-now', `it is ${step.stage}`)
  for (const field of planned.fields) {
    const value = command.values[field.name]
    if (value === undefined || value === '') {
      if (field.required) return refuse('bad-input', `${field.label} is missing`)
    } else if (typeof value !== field.type) return refuse('bad-input', `${field.label} must be a ${field.type}`)
  }
  const unknown = Object.keys(command.values).find((name) => !planned.fields.some((field) => field.name === name))
  if (unknown !== undefined) return refuse('bad-input', `${unknown} is not asked for here`)
  const evidence = command.evidence && command.evidence.length > 0 ? { evidence: command.evidence } : {}
  return ok([{ kind: 'step.confirmed', data: { step: planned.id, values: command.values, ...evidence } }])
}

function excuse(
  run: RunState,
  planned: PlannedStep,
  step: StepState,
  command: Extract<RunCommand, { do: 'skip' | 'accept-failure' | 'override' | 'reopen' }>,
  context: CommandContext,
): Decision {
  const needsLead = EXCUSES.has(command.do) || (command.do === 'skip' && planned.isGate)
  if (needsLead && !isLead(run, context)) return refuse('not-permitted', `only the incident lead may ${command.do} here`)
  if (standsForNobody(run, context) && command.do === 'override')
    return refuse('not-permitted', 'tokens override in drills only; a person has to')
  const { step: id, reason } = { step: planned.id, reason: command.reason }
  const busy = step.stage === 'acting'
  switch (command.do) {
    case 'skip':
      return step.stage === 'closed' || busy
        ? refuse('not-now', notReady(run, planned, step))
        : ok([{ kind: 'step.skipped', data: { step: id, reason } }])
    case 'accept-failure':
      return step.stage === 'failed'
        ? ok([{ kind: 'step.failure-accepted', data: { step: id, reason } }])
        : refuse('not-now', 'it has not failed')
    case 'override':
      if (planned.checks.length === 0) return refuse('not-now', 'there is no check to override')
      if (command.typed !== run.started.clusters[0]?.name)
        return refuse('bad-input', `type the cluster's name, ${run.started.clusters[0]?.name ?? ''}, to override`)
      if (step.stage !== 'verifying' && step.stage !== 'failed') return refuse('not-now', 'its checks are not what it waits for')
      return ok([{ kind: 'step.overridden', data: { step: id, reason } }])
    case 'reopen':
      return step.stage === 'closed' && planned.kind !== 'ask'
        ? ok([{ kind: 'step.reopened', data: { step: id, reason } }])
        : refuse('not-now', 'only a closed step is reopened, and an answer stays')
  }
}

type StepHandlers = { readonly [D in StepCommand['do']]: (at: At, command: Extract<StepCommand, { do: D }>) => Decision }

function answer({ run, planned, step }: At, command: Extract<RunCommand, { do: 'answer' }>): Decision {
  if (planned.kind !== 'ask') return refuse('not-now', 'this step asks nothing')
  if (!OPEN_WORK.has(step.stage)) return refuse('not-now', notReady(run, planned, step))
  if (!planned.answers.some((one) => one.value === command.answer))
    return refuse('bad-input', `answer one of ${planned.answers.map((one) => one.value).join(', ')}`)
  return ok([{ kind: 'step.answered', data: { step: planned.id, answer: command.answer, reason: command.reason ?? '' } }])
}

function requestApproval({ run, planned, step, context }: At, command: Extract<RunCommand, { do: 'request-approval' }>): Decision {
  if (!planned.approval && planned.kind !== 'approve') return refuse('not-now', 'this step needs no approval')
  if (!OPEN_WORK.has(step.stage)) return refuse('not-now', notReady(run, planned, step))
  if (command.digest && context.preview && command.digest !== context.preview.digest)
    return refuse('changed-since-preview', 'what this would do has changed since you looked; look again')
  return ok([{ kind: 'step.approval-requested', data: { step: planned.id, digest: context.preview?.digest ?? command.digest ?? '' } }])
}

const NOT_RECORDABLE: ReadonlySet<string> = new Set(['acting', 'closed', 'blocked'])

function recordDone({ run, planned, step }: At, command: Extract<RunCommand, { do: 'record-done' }>): Decision {
  if (planned.kind === 'ask' || planned.kind === 'approve')
    return refuse('not-now', 'an answer or an approval cannot be recorded as done elsewhere')
  if (NOT_RECORDABLE.has(step.stage)) return refuse('not-now', notReady(run, planned, step))
  return ok([{ kind: 'step.recorded-done', data: { step: planned.id, reason: command.reason ?? '' } }])
}

/** Stages from which an act that was carried out can be taken back. */
export const UNDO_FROM: ReadonlySet<string> = new Set(['closed', 'failed', 'verifying'])

function undo({ run, planned, step, context }: At, command: Extract<RunCommand, { do: 'undo' }>): Decision {
  if (!isUndoable(planned) || step.act?.finished !== true || step.act.undo)
    return refuse('not-now', 'there is nothing here that can be taken back')
  if (!UNDO_FROM.has(step.stage)) return refuse('not-now', notReady(run, planned, step))
  return ok([
    { kind: 'step.act-requested', data: { step: planned.id, digest: 'undo', act: context.act, undo: true, reason: command.reason } },
  ])
}

const approving = (at: At, command: Extract<RunCommand, { do: 'approve' | 'decline' | 'approve-alone' }>): Decision =>
  approve(at.run, at.planned, at.step, command, at.context)
const excusing = (at: At, command: Extract<RunCommand, { do: 'skip' | 'accept-failure' | 'override' | 'reopen' }>): Decision =>
  excuse(at.run, at.planned, at.step, command, at.context)

const OF_STEP: StepHandlers = {
  claim: ({ planned, step }) =>
    step.stage === 'closed' ? refuse('not-now', 'it is closed') : ok([{ kind: 'step.claimed', data: { step: planned.id } }]),
  release: ({ planned, step, context }) =>
    step.claimedBy === context.actor.id
      ? ok([{ kind: 'step.released', data: { step: planned.id } }])
      : refuse('not-now', 'you have not claimed it'),
  start: ({ run, planned, step }) =>
    step.stage === 'ready' ? ok([{ kind: 'step.started', data: { step: planned.id } }]) : refuse('not-now', notReady(run, planned, step)),
  act: ({ run, planned, step, context }, command) => act(run, planned, step, command, context),
  confirm: ({ run, planned, step }, command) =>
    step.stage === 'blocked' ? refuse('not-now', notReady(run, planned, step)) : confirm(planned, step, command),
  answer,
  'request-approval': requestApproval,
  approve: approving,
  decline: approving,
  'approve-alone': approving,
  'record-done': recordDone,
  retry,
  emergency,
  undo,
  skip: excusing,
  'accept-failure': excusing,
  override: excusing,
  reopen: excusing,
}

function stepCommand(run: RunState, planned: PlannedStep, command: StepCommand, context: CommandContext): Decision {
  const step = run.steps[planned.id]
  if (!step) return refuse('not-found', `there is no step ${planned.id}`)
  if (command.version !== undefined && command.do !== 'claim' && command.do !== 'release' && command.version !== step.version)
    return no({ code: 'stale-version', message: `“${planned.title}” changed meanwhile`, yours: command.version, current: step.version })
  const handler = OF_STEP[command.do] as (at: At, command: StepCommand) => Decision
  return handler({ run, planned, step, context }, command)
}

/** Holding stops what is new; talk, claims, approvals and resuming go on. */
const WHILE_HELD: ReadonlySet<RunCommand['do']> = new Set<RunCommand['do']>([
  'resume',
  'abort',
  'claim',
  'release',
  'approve',
  'decline',
  'assign-role',
  'offer-handover',
  'accept-handover',
  'skip',
  'accept-failure',
])

/** May it, and then what: the entries that a command leaves, or why it leaves none. */
export function decide(run: RunState, command: RunCommand, context: CommandContext): Decision {
  if (command.do === 'comment')
    return ok([
      { kind: 'run.commented', data: command.step === undefined ? { text: command.text } : { step: command.step, text: command.text } },
    ])
  if (command.do === 'note') return ok([{ kind: 'run.noted', data: { at: command.at, text: command.text } }])
  if (run.stage === 'closed') return refuse('run-closed', `the run is closed (${run.outcome})`)
  if (!mayOperate(run, context) && !['approve', 'decline', 'accept-handover'].includes(command.do))
    return refuse('not-permitted', 'operators and the incident lead give commands to a run')
  if (!('step' in command) || typeof command.step !== 'string') return runCommand(run, command, context)
  if (run.held && !WHILE_HELD.has(command.do)) return refuse('not-now', `the run is held${run.held.reason ? `: ${run.held.reason}` : ''}`)
  const planned = plannedStep(run, command.step)
  if (!planned) return refuse('not-found', `there is no step ${command.step} in this run`)
  return stepCommand(run, planned, command as StepCommand, context)
}
