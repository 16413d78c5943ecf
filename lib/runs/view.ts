import { z } from 'zod'
import { Freshness, ObjectRef } from '../cluster/schema.ts'
import { Impact } from '../impact/schema.ts'
import { RunKind, RunOutcome, RunStage, StepKind, StepOutcome, StepStage, Verdict, WaitingFor } from './schema.ts'

export const CheckView = z.object({
  id: z.string(),
  title: z.string(),
  verdict: Verdict.nullable(),
  value: z.string(),
  observedAt: z.string().nullable(),
  object: ObjectRef.nullable(),
  holdsSince: z.string().nullable(),
  forMs: z.int().nullable(),
})
export type CheckView = z.infer<typeof CheckView>

/** One object of a step's set and how far the act on it is. */
export const ItemView = z.object({
  object: ObjectRef,
  state: z.enum(['pending', 'intended', 'done', 'already-so', 'failed', 'in-doubt', 'foreign', 'conflict']),
  note: z.string(),
})
export type ItemView = z.infer<typeof ItemView>

export const ApprovalView = z.object({
  from: z.string(),
  count: z.int(),
  requestedBy: z.string().nullable(),
  requestedAt: z.string().nullable(),
  approvals: z.array(z.object({ by: z.string(), at: z.string(), alone: z.boolean() })),
  aloneAfter: z.string().nullable(),
  aloneNever: z.boolean(),
})
export type ApprovalView = z.infer<typeof ApprovalView>

export const StepView = z.object({
  id: z.string(),
  title: z.string(),
  kind: StepKind,
  stage: StepStage,
  outcome: StepOutcome.nullable(),
  version: z.int(),
  attempt: z.int(),
  claimedBy: z.string().nullable(),
  needs: z.array(z.string()),
  why: z.string(),
  danger: z.string(),
  text: z.string(),
  isGate: z.boolean(),
  reversible: z.enum(['reversible', 'not-reversible', 'reversible-until']).nullable(),
  reversibleUntil: z.string().nullable(),
  /** The action's name, such as `argocd.freeze`, for do steps. */
  action: z.string().nullable(),
  ask: z.string().nullable(),
  answers: z.array(z.object({ value: z.string(), leadsTo: z.string().nullable(), proposed: z.boolean(), because: z.string() })),
  answer: z.string().nullable(),
  fields: z.array(z.object({ name: z.string(), label: z.string(), type: z.enum(['string', 'number', 'boolean']), required: z.boolean() })),
  checks: z.array(CheckView),
  items: z.array(ItemView),
  itemCounts: z.object({ total: z.int(), done: z.int(), failed: z.int(), inDoubt: z.int() }),
  approval: ApprovalView.nullable(),
  /** How long it should take, as the author wrote it, such as `2m`. */
  takes: z.string().nullable(),
  takesMs: z.int().nullable(),
  startedAt: z.string().nullable(),
  closedAt: z.string().nullable(),
  /** Why it cannot go on, or why it failed, in a sentence with the remedy; '' otherwise. */
  trouble: z.string(),
  reason: z.string(),
  /** Who added it while the run went on; null for a step of the document. */
  addedBy: z.string().nullable(),
  /** How its act differs from the document: by its emergency way, or tried again with other input. */
  deviates: z.enum(['emergency', 'edited']).nullable(),
  /** Why its emergency way is there; null where it has none. */
  emergency: z.string().nullable(),
  regressed: z.object({ at: z.string(), value: z.string() }).nullable(),
  kubectl: z.array(z.string()),
  /** The commands that this person may send now; the first is the one next button. */
  next: z.array(z.string()),
  /** For the most dangerous acts: the cluster's name must be typed. */
  typed: z.boolean(),
})
export type StepView = z.infer<typeof StepView>

export const LedgerRow = z.object({
  id: z.string(),
  cluster: z.string(),
  object: ObjectRef,
  field: z.string(),
  original: z.string(),
  written: z.string(),
  since: z.string(),
  by: z.string(),
  run: z.string(),
  step: z.string(),
  state: z.enum(['open', 'reversed', 'conflict']),
  holders: z.array(z.string()),
  closedAt: z.string().nullable(),
})
export type LedgerRow = z.infer<typeof LedgerRow>

export const Clocks = z.object({
  disruptedAt: z.string().nullable(),
  detectedAt: z.string().nullable(),
  acknowledgedAt: z.string().nullable(),
  startedAt: z.string(),
  closedAt: z.string().nullable(),
  rtoAt: z.string().nullable(),
  projectedFinishAt: z.string().nullable(),
})
export type Clocks = z.infer<typeof Clocks>

export const TimelineRow = z.object({
  seq: z.int(),
  /** When it was recorded, by the wall. */
  at: z.string(),
  /** The same by the cluster's clock, on which the run's clocks run. */
  clusterAt: z.string(),
  by: z.string(),
  kind: z.string(),
  step: z.string().nullable(),
  text: z.string(),
})
export type TimelineRow = z.infer<typeof TimelineRow>

/** One file beside a run. */
export const EvidenceRow = z.object({
  id: z.string(),
  step: z.string().nullable(),
  name: z.string(),
  type: z.string(),
  /** Bytes. */
  size: z.int(),
  sha256: z.string(),
  note: z.string(),
  by: z.string(),
  at: z.string(),
})
export type EvidenceRow = z.infer<typeof EvidenceRow>

/** GET /runs/{id}, and the board of topic `run:{id}`. */
export const RunView = z.object({
  id: z.string(),
  version: z.int(),
  runbook: z.string(),
  title: z.string(),
  hash: z.string(),
  kind: RunKind,
  clusters: z.array(z.string()),
  incident: z.string(),
  drill: z.string().nullable(),
  stage: RunStage,
  outcome: RunOutcome.nullable(),
  held: z.object({ by: z.string(), since: z.string(), reason: z.string() }).nullable(),
  waitingFor: WaitingFor.nullable(),
  waitingText: z.string(),
  lead: z.string().nullable(),
  /** The names of the people and tokens whose ids stand in this view, as far as they are kept. */
  names: z.record(z.string(), z.string()),
  people: z.array(z.object({ person: z.string(), name: z.string(), role: z.string(), since: z.string() })),
  handover: z.object({ from: z.string(), to: z.string(), at: z.string() }).nullable(),
  t0: z.string(),
  /** What T0 cannot tell because recording began too late; '' when it tells everything. */
  t0Note: z.string(),
  clocks: Clocks,
  phases: z.array(z.object({ id: z.string(), title: z.string(), steps: z.array(StepView) })),
  /** The step that most wants a person now. */
  current: z.string().nullable(),
  services: z.array(
    z.object({ id: z.string(), name: z.string(), tier: z.int(), impact: Impact, recoveredAt: z.string().nullable(), badAtT0: z.boolean() }),
  ),
  ledger: z.array(LedgerRow),
  evidence: z.array(EvidenceRow),
  timeline: z.array(TimelineRow),
  actions: z.enum(['on', 'off']),
  /** When its cluster was last seen, and how fresh that is. */
  observedAt: z.string().nullable(),
  freshness: Freshness,
})
export type RunView = z.infer<typeof RunView>

export const RunSummary = z.object({
  id: z.string(),
  version: z.int(),
  runbook: z.string(),
  title: z.string(),
  kind: RunKind,
  clusters: z.array(z.string()),
  incident: z.string(),
  drill: z.string().nullable(),
  stage: RunStage,
  outcome: RunOutcome.nullable(),
  waitingFor: WaitingFor.nullable(),
  lead: z.string().nullable(),
  leadName: z.string().nullable(),
  clocks: Clocks,
  steps: z.object({ total: z.int(), closed: z.int() }),
})
export type RunSummary = z.infer<typeof RunSummary>

/** GET /runs/{id}/steps/{step}/preview */
export const PreviewView = z.object({
  digest: z.string(),
  validUntil: z.string(),
  total: z.int(),
  dryRun: z.array(
    z.object({
      object: ObjectRef,
      verb: z.string(),
      diff: z.array(z.object({ path: z.string(), was: z.string(), becomes: z.string() })),
      answer: z.string(),
      ok: z.boolean(),
    }),
  ),
  /** What controllers will then do: our blast radius, which no dry run shows. */
  controllers: z.array(z.object({ what: z.string(), objects: z.int(), how: z.string(), severity: z.enum(['info', 'warning', 'danger']) })),
  refusal: z.object({ code: z.string(), message: z.string() }).nullable(),
  kubectl: z.array(z.string()),
})
export type PreviewView = z.infer<typeof PreviewView>
