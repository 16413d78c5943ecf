import { namesOf, readStream } from '../audit/store.ts'
import type { Permit } from '../auth/schema.ts'
import { type ClusterClock, clusterNow, WALL } from '../cluster/rules.ts'
import { parseDuration } from '../kernel/duration.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import { text } from '../kernel/wire.ts'
import { evaluate, fillText } from '../runbooks/evaluate-expression.ts'
import { kubectlTemplate } from '../runbooks/kubectl-rules.ts'
import { isUndoable, type PlannedStep } from '../runbooks/rules.ts'
import { actingForbidden } from './acting-rules.ts'
import { tellCheck } from './checks/evaluate-check.ts'
import { isApproved, UNDO_FROM } from './command-machine.ts'
import { isLead } from './command-rules.ts'
import { EMERGENCY_FROM } from './deviation-machine.ts'
import { listFiles } from './evidence-store.ts'
import { bindingsOf } from './ground.ts'
import { documentOf, FRESH_STEP, isHeld, noteOnT0, planOfRun, type RunState, type StepState, waitingFor } from './rules.ts'
import type { StepStage } from './schema.ts'
import { loadRun, type RunningContext, readLedger, streamOf } from './store.ts'
import { tellEntry } from './tell-entry.ts'
import type { ApprovalView, Clocks, RunView, StepView } from './view.ts'

const TIMELINE = 300
type Viewer = { readonly id: string; readonly kind: 'person' | 'token' | 'bootstrap' | 'system'; readonly roles: readonly string[] }

type Standing = {
  readonly run: RunState
  readonly planned: PlannedStep
  readonly step: StepState
  readonly viewer: Viewer
  readonly lead: boolean
  readonly operator: boolean
  readonly approver: boolean
}

function whileOpen({ planned, step, viewer, operator, approver }: Standing): string[] {
  const next: string[] = []
  if (planned.kind === 'do' && operator) {
    const needsApproval = planned.approval !== null && !isApproved(planned.approval, step)
    next.push(needsApproval ? 'request-approval' : 'act', 'record-done', 'skip')
  }
  if (operator && planned.kind === 'confirm') next.push('confirm', 'skip')
  if (operator && planned.kind === 'ask') next.push('answer', 'skip')
  if (approver && planned.kind === 'approve') next.push('approve', 'decline')
  if (operator) next.push(step.claimedBy === viewer.id ? 'release' : 'claim')
  return next
}

const BY_STAGE: Partial<Record<StepStage, (standing: Standing) => string[]>> = {
  ready: whileOpen,
  'in-progress': whileOpen,
  'awaiting-approval': ({ planned, step, viewer, lead, approver }) => [
    ...(approver && step.approval?.requestedBy !== viewer.id ? ['approve', 'decline'] : []),
    ...(lead && planned.approval?.alone !== 'never' ? ['approve-alone'] : []),
  ],
  failed: ({ operator, lead }) => (operator ? ['retry', 'record-done', ...(lead ? ['accept-failure', 'override'] : []), 'skip'] : []),
  verifying: ({ planned, lead, operator }) => [...(lead ? ['override'] : []), ...(operator && (!planned.isGate || lead) ? ['skip'] : [])],
  closed: ({ planned, lead }) => (lead && planned.kind !== 'ask' ? ['reopen'] : []),
}

/** Ways that no plan takes by itself: back, and the emergency way. */
function otherWays({ run, planned, step, lead, operator }: Standing): string[] {
  const undo = operator && isUndoable(planned) && step.act?.finished === true && !step.act.undo && UNDO_FROM.has(step.stage)
  const urgent =
    lead && planned.source.emergency !== undefined && !run.changes?.edits[planned.id]?.emergency && EMERGENCY_FROM.has(step.stage)
  return [...(undo ? ['undo'] : []), ...(urgent ? ['emergency'] : [])]
}

/** What this person may send next, the most useful first. */
export function nextCommands(run: RunState, planned: PlannedStep, step: StepState, viewer: Viewer): string[] {
  if (run.stage === 'closed' || run.held) return []
  const lead = isLead(run, { actor: viewer, now: '', act: '', preview: null })
  const has = (role: string) => lead || viewer.roles.includes(role) || viewer.roles.includes('administrator')
  const standing: Standing = { run, planned, step, viewer, lead, operator: has('operator'), approver: has('approver') }
  return [...(BY_STAGE[step.stage]?.(standing) ?? []), ...otherWays(standing)]
}

function approvalView(planned: PlannedStep, step: StepState): ApprovalView | null {
  const rule = planned.approval ?? (planned.kind === 'approve' ? { from: 'approver', count: 1, alone: { after: '5m' } } : null)
  if (!rule) return null
  const after = rule.alone === 'never' ? null : (parseDuration((rule.alone as { after: string }).after) ?? 0)
  return {
    from: rule.from,
    count: rule.count,
    requestedBy: step.approval?.requestedBy ?? null,
    requestedAt: step.approval?.requestedAt ?? null,
    approvals: [...(step.approval?.approvals ?? [])],
    aloneAfter: step.approval && after !== null ? new Date(Date.parse(step.approval.requestedAt) + after).toISOString() : null,
    aloneNever: after === null,
  }
}

async function answersOf(run: RunState, planned: PlannedStep, bindings: Readonly<Record<string, unknown>>): Promise<StepView['answers']> {
  const out: StepView['answers'] = []
  for (const answer of planned.answers) {
    const fits = answer.when === null ? null : await evaluate(answer.when, bindings)
    out.push({
      value: answer.value,
      leadsTo: answer.leadsTo,
      proposed: fits?.ok === true && fits.value === true && run.steps[planned.id]?.answer === null,
      because: await fillText(answer.because, bindings),
    })
  }
  return out
}

/** What expressions on the screen see beside what a run knows: the figures of this moment. */
function figures(ctx: Pick<RunningContext, 'impacts'>, run: RunState): Readonly<Record<string, unknown>> {
  const counts = ctx.impacts.of(run.started.clusters[0]?.name ?? '')?.counts()
  return { ...bindingsOf(run), impact: counts ?? {} }
}

/** What ends in a write to a cluster; not offered where nothing may be written. */
const WRITING: ReadonlySet<string> = new Set(['act', 'request-approval', 'undo'])

async function stepView(
  run: RunState,
  planned: PlannedStep,
  bindings: Readonly<Record<string, unknown>>,
  viewer: Viewer,
  clock: ClusterClock,
  acts: boolean,
): Promise<StepView> {
  const step = run.steps[planned.id] ?? FRESH_STEP
  const items = Object.values(step.items)
  const count = (...states: string[]) => items.filter((one) => states.includes(one.state)).length
  const { source } = planned
  return {
    id: planned.id,
    title: await fillText(planned.title, bindings),
    kind: planned.kind,
    stage: step.stage,
    outcome: step.outcome,
    version: step.version,
    attempt: step.attempt,
    claimedBy: step.claimedBy,
    needs: [...planned.needs],
    why: await fillText(source.why ?? '', bindings),
    danger: await fillText(source.danger ?? '', bindings),
    text: await fillText(source.text ?? source.confirm ?? source.approve ?? '', bindings),
    isGate: planned.isGate,
    reversible: planned.reversible,
    reversibleUntil: null,
    action: planned.action,
    ask: source.ask ?? null,
    answers: await answersOf(run, planned, bindings),
    answer: step.answer,
    fields: [...planned.fields],
    checks: await Promise.all(
      planned.checks.map(async (check, i) => {
        const seen = step.checks[i]
        return {
          id: String(i + 1),
          title: await fillText(tellCheck(check), bindings),
          verdict: seen?.verdict ?? null,
          value: seen?.value ?? '',
          observedAt: seen?.observedAt ?? null,
          object: seen?.object ?? null,
          holdsSince: seen?.holdsSince ?? null,
          forMs: check.for ? parseDuration(check.for) : null,
        }
      }),
    ),
    items: items.map((one) => ({ object: one.item.object, state: one.state, note: one.note })),
    itemCounts: {
      total: items.length,
      done: count('done', 'already-so'),
      failed: count('failed', 'foreign', 'conflict'),
      inDoubt: count('intended', 'in-doubt'),
    },
    approval: approvalView(planned, step),
    takes: source.takes ?? null,
    takesMs: planned.takesMs,
    startedAt: inClusterTime(clock, step.startedAt),
    closedAt: inClusterTime(clock, step.closedAt),
    trouble: step.trouble || (step.alreadySo ? `Already so: ${step.alreadySo}. Record it, or act all the same.` : ''),
    reason: step.reason,
    addedBy: run.addedBy[planned.id] ?? null,
    deviates: run.changes?.edits[planned.id] ? (run.changes.edits[planned.id]?.emergency ? 'emergency' : 'edited') : null,
    emergency: source.emergency ? await fillText(source.emergency.why, bindings) : null,
    regressed:
      step.regressed && isHeld(run, planned)
        ? { ...step.regressed, at: inClusterTime(clock, step.regressed.at) ?? step.regressed.at }
        : null,
    kubectl: await Promise.all(kubectlTemplate(source, documentOf(run)).map((line) => fillText(line, bindings))),
    next: [
      ...(step.alreadySo && step.stage === 'ready' ? ['record-done'] : []),
      ...nextCommands(run, planned, step, viewer).filter((one) => acts || !WRITING.has(one)),
    ].filter((one, i, all) => all.indexOf(one) === i),
    typed: planned.typed,
  }
}

/** The clock of the cluster that a run began on: its own while it is here, else as it ran at the start. */
export function clockOf(clusters: RunningContext['clusters'], run: RunState): ClusterClock {
  const [began] = run.started.clusters
  const watched = began ? clusters.get(began.name) : undefined
  const isSame = watched && (!began?.incarnation || watched.inventory.facts().incarnation === began.incarnation)
  return isSame ? watched.clock : (run.started.clock ?? WALL)
}

/** An instant of the wall as the cluster's clock shows it. */
function inClusterTime(clock: ClusterClock, at: string | null): string | null {
  return at === null ? null : new Date(clusterNow(clock, Date.parse(at))).toISOString()
}

/** Elapsed and expected, all in the cluster's time: the sum of what is left on the longest way through the open steps. */
export function clocksOf(run: RunState, clock: ClusterClock): Clocks {
  const now = clusterNow(clock)
  const begun = inClusterTime(clock, run.startedAt) ?? run.startedAt
  const { started } = run
  const rto = started.document.spec.rto ? parseDuration(started.document.spec.rto) : null
  const from = started.disruptedAt ?? begun
  const left = new Map<string, number>()
  const plan = planOfRun(run)
  for (const step of plan.steps) {
    const state = run.steps[step.id]
    const before = Math.max(0, ...step.waitsFor.map((need) => left.get(need) ?? 0))
    const own =
      state?.stage === 'closed'
        ? 0
        : Math.max(0, (step.takesMs ?? 60_000) - (state?.startedAt ? now - clusterNow(clock, Date.parse(state.startedAt)) : 0))
    left.set(step.id, before + own)
  }
  const longest = Math.max(0, ...left.values())
  return {
    disruptedAt: started.disruptedAt,
    detectedAt: started.detectedAt,
    acknowledgedAt: started.acknowledgedAt,
    startedAt: begun,
    closedAt: inClusterTime(clock, run.closedAt),
    rtoAt: rto === null ? null : new Date(Date.parse(from) + rto).toISOString(),
    projectedFinishAt: run.stage === 'closed' ? null : new Date(now + longest).toISOString(),
  }
}

/** GET /runs/{id}: the run as this person sees it. */
export async function showRun(
  ctx: RunningContext,
  permit: Permit,
  input: { readonly id: string },
): Promise<Result<RunView, { readonly code: 'not-found'; readonly message: string }>> {
  const run = await loadRun(ctx.db, input.id)
  if (!run) return no({ code: 'not-found', message: `there is no run ${input.id}` })
  return ok(await viewOfRun(ctx, run, permit.by))
}

/** How actors are called who are no people. */
export const BY_NOBODY: Readonly<Record<string, string>> = { system: 'Blackstart', bootstrap: 'Bootstrap token' }

/** Everybody whose id stands somewhere in a run. */
function peopleOf(run: RunState): string[] {
  const inSteps = Object.values(run.steps).flatMap((step) => [
    step.claimedBy,
    step.approval?.requestedBy,
    ...(step.approval?.approvals ?? []).map((one) => one.by),
  ])
  inSteps.push(...Object.values(run.addedBy))
  return [run.lead, run.held?.by, run.handover?.from, run.handover?.to, ...run.people.map((one) => one.person), ...inSteps].filter(
    (id) => typeof id === 'string',
  )
}

async function viewOfRun(ctx: RunningContext, run: RunState, viewer: Viewer): Promise<RunView> {
  const plan = planOfRun(run)
  const bindings = figures(ctx, run)
  const waiting = waitingFor(run)
  const entries = (await readStream(ctx.db, streamOf(run.id), Math.max(1, run.version - TIMELINE + 1))).reverse()
  const clock = clockOf(ctx.clusters, run)
  const ledger = await readLedger(ctx.db, { run: run.id, limit: 500 })
  const evidence = await listFiles(ctx.db, run.id)
  const names = await namesOf(ctx.db, [
    ...evidence.map((file) => file.by),
    ...entries.flatMap((entry) => [entry.actor.id, text(entry.data.person), text(entry.data.to)]),
    ...peopleOf(run),
    ...ledger.map((row) => row.by),
  ])
  const cluster = run.started.clusters[0]?.name ?? ''
  const watched = ctx.clusters.get(cluster)
  const entry = watched?.entry
  const facts = watched?.inventory.facts()
  const acts = entry !== undefined && actingForbidden(entry, run.started.kind) === ''
  const titles = new Map(await Promise.all(plan.steps.map(async (one) => [one.id, await fillText(one.title, bindings)] as const)))
  const views = new Map(
    await Promise.all(
      plan.steps.map(async (planned) => [planned.id, await stepView(run, planned, bindings, viewer, clock, acts)] as const),
    ),
  )
  const open = plan.steps.find((planned) =>
    ['ready', 'in-progress', 'failed', 'awaiting-approval', 'acting', 'verifying'].includes(run.steps[planned.id]?.stage ?? ''),
  )
  return {
    id: run.id,
    version: run.runVersion,
    runbook: run.started.runbook,
    title: run.started.document.spec.title,
    hash: run.started.hash,
    kind: run.started.kind,
    clusters: run.started.clusters.map((one) => one.name),
    incident: run.started.incident,
    drill: run.started.drill,
    stage: run.stage,
    outcome: run.outcome,
    held: run.held,
    waitingFor: waiting.what,
    waitingText: await fillText(waiting.text, bindings),
    lead: run.lead,
    names: Object.fromEntries(names),
    people: run.people.map((one) => ({ ...one, name: names.get(one.person) ?? one.person })),
    handover: run.handover,
    t0: run.started.t0,
    t0Note: run.started.recordedSince === undefined ? '' : noteOnT0(run.started),
    clocks: clocksOf(run, clock),
    phases: plan.phases.map((phase) => ({ id: phase.id, title: phase.title, steps: phase.steps.flatMap((id) => views.get(id) ?? []) })),
    current: waiting.step ?? open?.id ?? null,
    services: (ctx.impacts.of(cluster)?.rows() ?? []).map((row) => ({
      id: row.id,
      name: row.name,
      tier: row.tier,
      impact: row.impact,
      recoveredAt: inClusterTime(clock, run.recovered[row.id] ?? null),
      badAtT0: run.started.badAtT0.includes(row.id),
    })),
    ledger,
    evidence,
    timeline: entries.map((one) => ({
      seq: one.seq,
      at: new Date(one.at).toISOString(),
      clusterAt: inClusterTime(clock, one.at) ?? one.at,
      by: names.get(one.actor.id) ?? BY_NOBODY[one.actor.kind] ?? one.actor.id,
      kind: one.kind,
      step: typeof one.data.step === 'string' ? one.data.step : null,
      text: tellEntry(one, { titles, names }),
    })),
    actions: acts ? 'on' : 'off',
    observedAt: facts?.observedAt ?? null,
    freshness: facts?.freshness ?? 'unreachable',
  }
}
