import { parseDuration } from '../kernel/duration.ts'
import type { StepKind } from '../runs/schema.ts'
import type { ActionName, ActionSpec, Approval, Check, RunbookDocument, SetDefinition, Step } from './schema.ts'

/** One step as a run follows it: every default filled in, every need explicit. */
export type PlannedStep = {
  readonly id: string
  readonly phase: string
  readonly kind: StepKind
  readonly title: string
  /** What the author's order asks for; phases before come on top. */
  readonly needs: readonly string[]
  /** Everything that must be closed before it starts. */
  readonly waitsFor: readonly string[]
  readonly isGate: boolean
  readonly action: ActionName | null
  readonly reversible: 'reversible' | 'not-reversible' | null
  readonly typed: boolean
  readonly approval: Approval | null
  readonly checks: readonly Check[]
  readonly answers: readonly {
    readonly value: string
    readonly leadsTo: string | null
    readonly when: string | null
    readonly because: string
  }[]
  readonly fields: readonly {
    readonly name: string
    readonly label: string
    readonly type: 'string' | 'number' | 'boolean'
    readonly required: boolean
  }[]
  readonly takesMs: number | null
  readonly withinMs: number
  readonly waitMs: number | null
  /** Until when its checks are watched: a step's id, `run`, or null for once. */
  readonly holds: string | null
  readonly source: Step
}

export type Plan = {
  readonly phases: readonly { readonly id: string; readonly title: string; readonly steps: readonly string[] }[]
  readonly steps: readonly PlannedStep[]
}

/** Whether an act can be taken back follows from what it is, never from the author. */
const REVERSIBLE: Readonly<Record<ActionName, boolean>> = {
  'argocd.stop': true,
  'argocd.start': true,
  'argocd.freeze': true,
  'argocd.thaw': true,
  'argocd.sync': false,
  'argocd.refresh': true,
  setReclaimPolicy: true,
  removeFinalizers: false,
  finalizeNamespace: false,
  create: true,
  apply: false,
  patch: true,
  scale: true,
  delete: false,
  restore: true,
  reverse: true,
}
/** Acts that always need the cluster's name typed, whatever the author wrote. */
const TYPED: ReadonlySet<ActionName> = new Set<ActionName>(['finalizeNamespace', 'delete'])
const DEFAULT_WITHIN_MS = 5 * 60_000

/** Acts whose every change stands in the ledger, so that a step can be taken back. */
const IN_LEDGER: ReadonlySet<ActionName> = new Set<ActionName>(['argocd.stop', 'argocd.freeze', 'setReclaimPolicy', 'scale'])

export function isUndoable({ action, source }: Pick<PlannedStep, 'action' | 'source'>): boolean {
  return action !== null && (IN_LEDGER.has(action) || source.undo !== undefined)
}

export function actionOf(spec: ActionSpec): ActionName | null {
  return (Object.keys(spec) as ActionName[]).find((name) => spec[name] !== undefined) ?? null
}

export function stepKind(step: Step): StepKind | null {
  const kinds = (['do', 'check', 'ask', 'confirm', 'approve', 'wait', 'runbook'] as const).filter((key) => step[key] !== undefined)
  return kinds.length === 1 ? (kinds[0] ?? null) : null
}

function many(checks: Check | Check[] | undefined): Check[] {
  if (checks === undefined) return []
  return Array.isArray(checks) ? checks : [checks]
}

function checksOf(step: Step): Check[] {
  if (typeof step.wait === 'object') return [step.wait.until]
  return [...many(step.check), ...many(step.verify)]
}

/** A step that was added to a run: where it stands, and what it waits for or holds up beside its phase. */
export type Added = { readonly step: Step; readonly phase: string; readonly after: string | null; readonly before: string | null }
/** What a run has made of its document: steps added, sets that came with them, and steps whose act is another one now. */
export type PlanChanges = {
  readonly added: readonly Added[]
  readonly sets: Readonly<Record<string, SetDefinition>>
  readonly edits: Readonly<Record<string, { readonly do: ActionSpec; readonly emergency: boolean }>>
}

/** Forced finalizing and deletion of volumes are never approved alone. */
function approvalOf(step: Step, action: ActionName | null): Approval | null {
  if (action === 'finalizeNamespace') return { from: 'lead', count: 1, ...step.approval, alone: 'never' }
  return step.approval ?? null
}

function planStep(step: Step, phase: string, needs: readonly string[], barrier: readonly string[], isGate: boolean): PlannedStep {
  const kind = stepKind(step) ?? 'confirm'
  const action = step.do ? actionOf(step.do) : null
  return {
    id: step.id,
    phase,
    kind,
    title: step.title ?? step.ask ?? step.confirm ?? step.approve ?? step.id,
    needs,
    waitsFor: [...new Set([...needs, ...barrier])],
    isGate,
    action,
    reversible: action === null ? null : REVERSIBLE[action] ? 'reversible' : 'not-reversible',
    typed: step.typed ?? (action !== null && TYPED.has(action)),
    approval: approvalOf(step, action),
    checks: checksOf(step),
    answers: Object.entries(step.answers ?? {}).map(([value, to]) =>
      to === null || typeof to === 'string'
        ? { value, leadsTo: to, when: null, because: '' }
        : { value, leadsTo: to.to, when: to.when ?? null, because: to.because ?? '' },
    ),
    fields: (step.fields ?? []).map((field) => ({
      name: field.name,
      label: field.label ?? field.name,
      type: field.type,
      required: field.required,
    })),
    takesMs: step.takes ? parseDuration(step.takes) : null,
    withinMs:
      Math.max(...[step.within, ...checksOf(step).map((check) => check.within)].map((text) => (text ? (parseDuration(text) ?? 0) : 0))) ||
      DEFAULT_WITHIN_MS,
    waitMs: typeof step.wait === 'string' ? parseDuration(step.wait) : null,
    holds: !step.holds || step.holds === 'once' ? null : step.holds === 'run' ? 'run' : step.holds.slice('until:'.length),
    source: step,
  }
}

/** A step as it is once its act is another one: by its emergency way, with its checks and an approval of two, or edited for a retry. */
function edited(step: Step, changes: PlanChanges | null): Step {
  const edit = changes?.edits[step.id]
  if (!edit) return step
  if (!edit.emergency) return { ...step, do: edit.do }
  const { check: _check, wait: _wait, ask: _ask, confirm: _confirm, undo: _undo, ...rest } = step
  const verify = step.emergency?.verify ?? step.verify ?? step.check
  return { ...rest, do: edit.do, ...(verify ? { verify } : {}), approval: { from: 'approver', count: 1, ...step.approval, alone: 'never' } }
}

/** An added step is beside everything of its phase but what it is told to come after or before; what it brings in stays a deviation. */
function withAdded(plan: Plan, { step, phase, after, before }: Added): Plan {
  const order = plan.phases.map((one) => one.id)
  const at = order.indexOf(phase)
  const barrier = plan.steps
    .filter((one) => order.indexOf(one.phase) < at || (one.phase === phase && one.isGate && one.id !== before))
    .map((one) => one.id)
  const needed = planStep(step, phase, after ? [after] : [], barrier, false)
  // What cannot be taken back has four eyes even where nobody wrote so.
  const added = needed.reversible === 'not-reversible' ? { ...needed, approval: needed.approval ?? FOUR_EYES } : needed
  const steps = plan.steps.map((one) => {
    if (one.id === before) return { ...one, needs: [...one.needs, step.id], waitsFor: [...one.waitsFor, step.id] }
    return order.indexOf(one.phase) > at ? { ...one, waitsFor: [...one.waitsFor, step.id] } : one
  })
  const place = before === null ? steps.findIndex((one) => one.id === after) + 1 : steps.findIndex((one) => one.id === before)
  const end = steps.findLastIndex((one) => one.phase === phase) + 1
  const index = place > 0 || before !== null ? place : end
  const all = [...steps.slice(0, index), added, ...steps.slice(index)]
  const phases = plan.phases.map((one) =>
    one.id === phase ? { ...one, steps: all.filter((inside) => inside.phase === phase).map((inside) => inside.id) } : one,
  )
  return { phases, steps: all }
}

const FOUR_EYES: Approval = { from: 'approver', count: 1, alone: { after: '5m' } }

/** Phases and steps in order; a phase waits for all of the one before, its gates open it. */
export function planOf(document: RunbookDocument, changes: PlanChanges | null = null): Plan {
  return (changes?.added ?? []).reduce(
    (plan, added) => withAdded(plan, { ...added, step: edited(added.step, changes) }),
    planWritten(document, changes),
  )
}

function planWritten(document: RunbookDocument, changes: PlanChanges | null): Plan {
  const phases = document.spec.phases ?? [{ id: 'steps', title: 'Steps', steps: document.spec.steps ?? [] }]
  const steps: PlannedStep[] = []
  const told: { id: string; title: string; steps: string[] }[] = []
  let barrier: string[] = []
  for (const phase of phases) {
    const first = steps.length
    for (const gate of phase.gates ?? []) steps.push(planStep({ ...gate }, phase.id, [], barrier, true))
    const gates = steps.slice(first).map((gate) => gate.id)
    let previous: PlannedStep | null = null
    for (const written of phase.steps) {
      const step = edited(written, changes)
      const needs: readonly string[] = step.needs ?? (step.beside && previous ? previous.needs : previous ? [previous.id] : [])
      previous = planStep(step, phase.id, needs, [...barrier, ...gates], false)
      steps.push(previous)
    }
    const ids = steps.slice(first).map((step) => step.id)
    told.push({ id: phase.id, title: phase.title ?? phase.id, steps: ids })
    barrier = [...barrier, ...ids]
  }
  return { phases: told, steps }
}
