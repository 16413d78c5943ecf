import { ok } from '../kernel/result.ts'
import { lintOne, neverStart } from '../runbooks/lint-rules.ts'
import { actionOf, stepKind } from '../runbooks/rules.ts'
import type { Step } from '../runbooks/schema.ts'
import { type At, type Decision, isLead, notReady, refuse, standsForNobody } from './command-rules.ts'
import { documentOf, planOfRun, type RunState } from './rules.ts'
import type { RunCommand } from './schema.ts'

const ADDABLE: ReadonlySet<string> = new Set(['check', 'confirm', 'do'])
const BEGUN: ReadonlySet<string> = new Set(['acting', 'verifying', 'closed', 'failed', 'in-progress', 'awaiting-approval'])

function idsOf(run: RunState): ReadonlySet<string> {
  return new Set(planOfRun(run).steps.map((step) => step.id))
}

function idFor(title: string, taken: ReadonlySet<string>): string {
  const slug =
    title
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .slice(0, 50)
      .replace(/^-+|-+$/g, '') || 'added'
  for (let n = 1; ; n++) {
    const id = n === 1 ? slug : `${slug}-${n}`
    if (!taken.has(id)) return id
  }
}

/** A step that nobody planned: beside what is going on, unless it is told its place. */
export function addStep(run: RunState, command: Extract<RunCommand, { do: 'add-step' }>): Decision {
  const plan = planOfRun(run)
  const ids = idsOf(run)
  const { after = null, before = null, sets = {} } = command
  const kind = stepKind(command.step as Step)
  if (kind === null || !ADDABLE.has(kind)) return refuse('bad-input', 'step: give exactly one of check, confirm and do')
  if (run.stage === 'cleanup') return refuse('not-now', 'the cleanup has begun')
  const step: Step = { ...command.step, id: command.step.id ?? idFor(command.step.title ?? command.step.confirm ?? kind, ids) }
  if (ids.has(step.id)) return refuse('bad-input', `step.id: there is a step ${step.id} already`)
  const unknown = [after, before].find((id) => id !== null && !ids.has(id))
  if (unknown) return refuse('bad-input', `there is no step ${unknown}`)
  if (before && BEGUN.has(run.steps[before]?.stage ?? ''))
    return refuse('not-now', `${before} has begun: nothing can come before it any more`)
  const open = plan.steps.find((one) => run.steps[one.id]?.stage !== 'closed')
  const wanted = plan.steps.find((one) => one.id === (before ?? after))?.phase ?? command.phase ?? open?.phase ?? plan.phases.at(-1)?.id
  if (!plan.phases.some((one) => one.id === wanted)) return refuse('bad-input', `phase: there is no phase ${command.phase}`)
  const clash = Object.keys(sets).find((name) => documentOf(run).spec.sets?.[name])
  if (clash) return refuse('bad-input', `sets: there is a set ${clash} already`)
  const changes = run.changes ?? { added: [], sets: {}, edits: {} }
  const added = { step, phase: wanted ?? '', after, before }
  const next = { started: run.started, changes: { ...changes, added: [...changes.added, added], sets: { ...changes.sets, ...sets } } }
  const wrong = lintOne(step, documentOf(next), new Set([...ids, step.id]))[0]
  if (wrong) return refuse('bad-input', wrong.message)
  if (neverStart(planOfRun(next)).length > 0) return refuse('bad-input', 'there it would wait for what waits for it')
  return ok([{ kind: 'run.step-added', data: { ...added, sets, reason: command.reason ?? '' } }])
}

/** Tried again as it was, or with other input of the same kind of act, which is a deviation. */
export function retry({ run, planned, step }: At, command: Extract<RunCommand, { do: 'retry' }>): Decision {
  if (step.stage !== 'failed') return refuse('not-now', 'only a failed step is tried again')
  if (!command.input) return ok([{ kind: 'step.retried', data: { step: planned.id } }])
  if (planned.action === null || actionOf(command.input) !== planned.action)
    return refuse('bad-input', `input: it stays ${planned.action ?? 'a step without an act'}; for another act add a step`)
  if (!command.reason) return refuse('bad-input', 'reason: say why it is tried with other input')
  const wrong = lintOne({ ...planned.source, do: command.input }, documentOf(run), idsOf(run))[0]
  if (wrong) return refuse('bad-input', wrong.message)
  return ok([{ kind: 'step.retried', data: { step: planned.id, do: command.input, reason: command.reason } }])
}

/** Stages from which a step can still go another way. */
export const EMERGENCY_FROM: ReadonlySet<string> = new Set(['ready', 'in-progress', 'awaiting-approval', 'verifying', 'failed'])

export function emergency({ run, planned, step, context }: At, command: Extract<RunCommand, { do: 'emergency' }>): Decision {
  const other = planned.source.emergency
  if (!other) return refuse('not-now', 'this step has no emergency way')
  if (!isLead(run, context)) return refuse('not-permitted', 'only the incident lead chooses the emergency way')
  if (standsForNobody(run, context)) return refuse('not-permitted', 'tokens choose an emergency way in drills only; a person has to')
  if (run.changes?.edits[planned.id]?.emergency) return refuse('not-now', 'it goes its emergency way already')
  if (!EMERGENCY_FROM.has(step.stage)) return refuse('not-now', notReady(run, planned, step))
  const cluster = run.started.clusters[0]?.name ?? ''
  if (command.typed !== cluster) return refuse('bad-input', `type the cluster's name, ${cluster}, to go the emergency way`)
  return ok([{ kind: 'step.emergency', data: { step: planned.id, do: other.do, reason: command.reason } }])
}
