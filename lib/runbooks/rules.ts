import { parseDuration } from '../kernel/duration.ts'
import type { StepKind } from '../runs/schema.ts'
import type { ActionName, ActionSpec, Approval, Check, RunbookDocument, Step } from './schema.ts'

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

export function isUndoable(action: ActionName | null): boolean {
  return action !== null && IN_LEDGER.has(action)
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

/** Phases and steps in order; a phase waits for all of the one before, its gates open it. */
export function planOf(document: RunbookDocument): Plan {
  const phases = document.spec.phases ?? [{ id: 'steps', title: 'Steps', steps: document.spec.steps ?? [] }]
  const steps: PlannedStep[] = []
  const told: { id: string; title: string; steps: string[] }[] = []
  let barrier: string[] = []
  for (const phase of phases) {
    const first = steps.length
    for (const gate of phase.gates ?? []) steps.push(planStep({ ...gate }, phase.id, [], barrier, true))
    const gates = steps.slice(first).map((gate) => gate.id)
    let previous: PlannedStep | null = null
    for (const step of phase.steps) {
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
