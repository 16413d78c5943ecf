import type { PlanChanges } from '../runbooks/rules.ts'
import type { ActItem, RunEntry } from './entry-schema.ts'
import { FRESH_STEP, type ItemNow, plannedStep, planOfRun, type RunState, type StepState, settle } from './rules.ts'
import type { StepOutcome } from './schema.ts'

type StepEntry = Extract<RunEntry, { data: { readonly step: string } }>

function closed(step: StepState, outcome: StepOutcome, at: string, reason = ''): StepState {
  return { ...step, stage: 'closed', outcome, closedAt: at, reason, trouble: '', troubleFrom: null }
}

/** A new attempt forgets what the last one saw and did; who took the step and what was asked stay. */
function again(step: StepState): StepState {
  return { ...FRESH_STEP, stage: 'ready', attempt: step.attempt + 1, claimedBy: step.claimedBy, version: step.version }
}

/** What a step's stage becomes when its own work is done and its checks are next, if it has any. */
function afterWork(run: RunState, step: StepState, id: string, at: string, without: StepOutcome): StepState {
  return (plannedStep(run, id)?.checks.length ?? 0) > 0 ? { ...step, stage: 'verifying', checks: [] } : closed(step, without, at)
}

function approved(step: StepState, entry: Extract<RunEntry, { kind: 'step.approved' }>, run: RunState): StepState {
  const planned = plannedStep(run, entry.data.step)
  const was = step.approval ?? { requestedBy: '', requestedAt: entry.at, digest: '', approvals: [] }
  const approval = { ...was, approvals: [...was.approvals, { by: entry.actor.id, at: entry.at, alone: entry.data.alone }] }
  const enough = entry.data.alone || approval.approvals.length >= (planned?.approval?.count ?? 1)
  if (!enough) return { ...step, approval }
  if (planned?.kind === 'approve') return closed({ ...step, approval }, 'confirmed', entry.at)
  return { ...step, approval, stage: 'in-progress' }
}

function observed(step: StepState, entry: Extract<RunEntry, { kind: 'act.observed' }>): StepState {
  const items: Record<string, ItemNow> = { ...step.items }
  for (const seen of entry.data.items) {
    const was = items[seen.key]
    if (was) items[seen.key] = { ...was, state: seen.state, note: seen.note, ...(seen.uid ? { uid: seen.uid } : {}) }
  }
  return { ...step, items }
}

function recognized(step: StepState, item: ActItem): StepState {
  return { ...step, items: { ...step.items, [item.key]: { item, state: 'done', note: 'done by hand', act: 'by-hand' } } }
}

function takenBy(step: StepState, entry: StepEntry): Pick<StepState, 'startedAt' | 'claimedBy'> {
  return { startedAt: step.startedAt ?? entry.at, claimedBy: entry.actor.kind === 'system' ? step.claimedBy : entry.actor.id }
}

function started(run: RunState, step: StepState, entry: Extract<RunEntry, { kind: 'step.started' }>): StepState {
  const kind = plannedStep(run, entry.data.step)?.kind
  return { ...step, ...takenBy(step, entry), stage: kind === 'check' || kind === 'wait' ? 'verifying' : 'in-progress', checks: [] }
}

function actRequested(step: StepState, entry: Extract<RunEntry, { kind: 'step.act-requested' }>): StepState {
  const { act, digest, undo } = entry.data
  return {
    ...step,
    ...takenBy(step, entry),
    stage: 'acting',
    outcome: null,
    closedAt: null,
    trouble: '',
    troubleFrom: null,
    alreadySo: null,
    attempt: undo ? step.attempt + 1 : step.attempt,
    items: undo ? {} : step.items,
    checks: [],
    act: { id: act, by: entry.actor.id, digest, undo, finished: false },
  }
}

function intended(step: StepState, entry: Extract<RunEntry, { kind: 'act.intended' }>): StepState {
  const items: Record<string, ItemNow> = { ...step.items }
  for (const item of entry.data.items) items[item.key] = { item, state: 'intended', note: '', act: entry.data.act }
  return { ...step, items }
}

function actFinished(run: RunState, step: StepState, entry: Extract<RunEntry, { kind: 'act.finished' }>): StepState {
  const done: StepState = {
    ...step,
    since: entry.data.clusterAt ?? entry.at,
    act: step.act ? { ...step.act, finished: true } : null,
    trouble: '',
    troubleFrom: null,
  }
  if (step.act?.undo) return { ...closed(done, 'skipped', entry.at, 'undone'), regressed: null }
  return afterWork(run, done, entry.data.step, entry.at, 'unverified')
}

function stepAfter(run: RunState, step: StepState, entry: StepEntry): StepState {
  const { at, actor } = entry
  const id = entry.data.step
  switch (entry.kind) {
    case 'step.claimed':
      return { ...step, claimedBy: actor.id }
    case 'step.released':
      return { ...step, claimedBy: null }
    case 'step.started':
      return { ...started(run, step, entry), since: entry.data.clusterAt ?? at }
    case 'step.act-requested':
      return actRequested(step, entry)
    case 'step.confirmed':
      return afterWork(
        run,
        { ...step, values: entry.data.values, claimedBy: actor.id, startedAt: step.startedAt ?? at },
        id,
        at,
        'confirmed',
      )
    case 'step.answered':
      return closed(
        { ...step, answer: entry.data.answer, claimedBy: actor.id, startedAt: step.startedAt ?? at },
        'confirmed',
        at,
        entry.data.reason,
      )
    case 'step.approval-requested':
      return {
        ...step,
        stage: 'awaiting-approval',
        startedAt: step.startedAt ?? at,
        approval: { requestedBy: actor.id, requestedAt: at, digest: entry.data.digest, approvals: [] },
      }
    case 'step.approved':
      return approved(step, entry, run)
    case 'step.declined':
      return { ...step, stage: 'in-progress', approval: null, trouble: `declined: ${entry.data.reason}` }
    case 'step.recorded-done': {
      const recorded: StepState = {
        ...step,
        byHand: true,
        claimedBy: actor.id,
        startedAt: step.startedAt ?? at,
        trouble: '',
        troubleFrom: null,
        alreadySo: null,
      }
      const next = afterWork(run, recorded, id, at, 'confirmed')
      return { ...next, reason: entry.data.reason || 'done outside Blackstart' }
    }
    case 'step.retried':
    case 'step.emergency':
      return entry.data.reason === undefined ? again(step) : { ...again(step), reason: entry.data.reason }
    case 'step.reopened':
      return { ...again(step), reason: entry.data.reason }
    case 'step.skipped':
      return closed(step, 'skipped', at, entry.data.reason)
    case 'step.failure-accepted':
      return closed(step, 'failure-accepted', at, entry.data.reason)
    case 'step.overridden':
      return closed(step, 'unverified', at, entry.data.reason)
    case 'act.intended':
      return intended(step, entry)
    case 'act.observed':
      return observed(step, entry)
    case 'act.recognized':
      return entry.data.items.reduce(recognized, step)
    case 'act.finished':
      return actFinished(run, step, entry)
    case 'step.checks-seen':
      return { ...step, checks: entry.data.checks, trouble: step.troubleFrom ? '' : step.trouble, troubleFrom: null }
    case 'step.already-so':
      return { ...step, alreadySo: entry.data.value || null }
    case 'step.verified':
      return { ...closed(step, 'verified', at, step.reason), regressed: null }
    case 'step.failed':
      return { ...step, stage: 'failed', trouble: entry.data.trouble, troubleFrom: null }
    case 'step.troubled':
      return { ...step, trouble: entry.data.trouble, troubleFrom: entry.data.waitingFor }
    case 'step.regressed':
      return { ...step, regressed: { at, value: entry.data.value } }
    case 'step.held-again':
      return { ...step, regressed: null }
  }
}

function withRole(run: RunState, person: string, role: string, since: string): RunState {
  const people = [...run.people.filter((one) => one.person !== person), { person, role, since }]
  const demoted =
    role === 'lead' && run.lead !== person ? people.map((one) => (one.person === run.lead ? { ...one, role: 'operator' } : one)) : people
  return { ...run, people: demoted, lead: role === 'lead' ? person : run.lead }
}

/** The run that its first entry makes. */
export function begin(id: string, entry: Extract<RunEntry, { kind: 'run.started' }>): RunState {
  const data = entry.data
  const empty: RunState = {
    id,
    version: entry.version,
    started: data,
    startedAt: entry.at,
    startedBy: entry.actor.id,
    stage: 'running',
    outcome: null,
    closedAt: null,
    closedReason: '',
    runVersion: entry.version,
    held: null,
    lead: data.lead,
    people: [{ person: data.lead, role: 'lead', since: entry.at }],
    handover: null,
    advance: null,
    steps: {},
    changes: null,
    addedBy: {},
    checks: [],
    recovered: {},
  }
  const steps = Object.fromEntries(planOfRun(empty).steps.map((step) => [step.id, { ...FRESH_STEP, version: entry.version }]))
  return settle({ ...empty, steps }, entry.at)
}

const UNCHANGED: PlanChanges = { added: [], sets: {}, edits: {} }

/** A step whose act is another one from now on. */
function withEdit(run: RunState, entry: StepEntry): RunState {
  if (entry.kind !== 'step.emergency' && entry.kind !== 'step.retried') return run
  if (!entry.data.do) return run
  const was = run.changes ?? UNCHANGED
  const edit = { do: entry.data.do, emergency: entry.kind === 'step.emergency' || (was.edits[entry.data.step]?.emergency ?? false) }
  return { ...run, changes: { ...was, edits: { ...was.edits, [entry.data.step]: edit } } }
}

function runAfter(run: RunState, entry: RunEntry): RunState {
  switch (entry.kind) {
    case 'run.held':
      return { ...run, held: { by: entry.actor.id, since: entry.at, reason: entry.data.reason }, advance: null }
    case 'run.resumed':
      return { ...run, held: null }
    case 'run.role-assigned':
      return withRole(run, entry.data.person, entry.data.role, entry.at)
    case 'run.handover-offered':
      return { ...run, handover: { from: entry.actor.id, to: entry.data.to, at: entry.at } }
    case 'run.handover-accepted':
      return { ...withRole(run, entry.actor.id, 'lead', entry.at), handover: null }
    case 'run.advance-requested':
      return { ...run, advance: { by: entry.actor.id, actor: entry.actor } }
    case 'run.advance-stopped':
      return { ...run, advance: null }
    case 'run.step-added': {
      const { step, phase, after, before, sets } = entry.data
      const was = run.changes ?? UNCHANGED
      return {
        ...run,
        changes: { ...was, added: [...was.added, { step, phase, after, before }], sets: { ...was.sets, ...sets } },
        addedBy: { ...run.addedBy, [step.id]: entry.actor.id },
        steps: { ...run.steps, [step.id]: { ...FRESH_STEP, version: entry.version } },
        stage: run.stage === 'stabilizing' ? 'running' : run.stage,
      }
    }
    case 'run.stabilizing':
      return { ...run, stage: 'stabilizing', advance: null }
    case 'run.checks-seen':
      return { ...run, checks: entry.data.checks }
    case 'run.cleanup-started':
      return { ...run, stage: 'cleanup' }
    case 'run.service-recovered':
      return { ...run, recovered: { ...run.recovered, ...Object.fromEntries(entry.data.services.map((id) => [id, entry.at])) } }
    case 'run.closed': {
      const steps = Object.fromEntries(
        Object.entries(run.steps).map(([id, step]) => [
          id,
          step.stage === 'closed' ? step : closed(step, 'not-executed', entry.at, entry.data.reason),
        ]),
      )
      return {
        ...run,
        stage: 'closed',
        outcome: entry.data.outcome,
        closedAt: entry.at,
        closedReason: entry.data.reason,
        advance: null,
        steps,
      }
    }
    default:
      return run
  }
}

/** What was merely seen leaves a step's version alone: nobody's command becomes stale by it. */
const SEEN: ReadonlySet<string> = new Set(['step.already-so', 'step.checks-seen', 'step.regressed', 'step.held-again', 'step.troubled'])

function isOfStep(entry: RunEntry): entry is StepEntry {
  return entry.kind.startsWith('step.') || entry.kind.startsWith('act.')
}

/** What the run is after one more of its entries. Total: every stored entry folds. */
export function evolve(run: RunState, entry: RunEntry): RunState {
  const counted: RunState = isOfStep(entry) ? withEdit({ ...run, version: entry.version }, entry) : { ...run, version: entry.version }
  if (isOfStep(entry)) {
    const step = stepAfter(counted, run.steps[entry.data.step] ?? FRESH_STEP, entry)
    const back = run.stage === 'stabilizing' && step.stage !== 'closed' ? 'running' : run.stage
    return settle(
      {
        ...counted,
        stage: back,
        steps: { ...run.steps, [entry.data.step]: { ...step, version: SEEN.has(entry.kind) ? step.version : entry.version } },
      },
      entry.at,
    )
  }
  const touches =
    entry.kind !== 'run.commented' &&
    entry.kind !== 'run.noted' &&
    entry.kind !== 'run.evidence-added' &&
    entry.kind !== 'run.checks-seen' &&
    entry.kind !== 'run.service-recovered'
  const next = runAfter({ ...counted, runVersion: touches ? entry.version : run.runVersion }, entry)
  return next.stage === 'closed' ? next : settle(next, entry.at)
}

/** The fold of a run's whole stream. */
export function fold(id: string, entries: readonly RunEntry[]): RunState | null {
  const [first, ...rest] = entries
  if (first?.kind !== 'run.started') return null
  return rest.reduce(evolve, begin(id, first))
}
