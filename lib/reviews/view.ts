import { z } from 'zod'
import { Cause, Impact } from '../impact/schema.ts'
import { NoteRow } from '../impact/view.ts'
import { RunKind, RunOutcome, RunStage, StepKind, StepOutcome, StepStage } from '../runs/schema.ts'
import { Clocks, EvidenceRow, LedgerRow, TimelineRow } from '../runs/view.ts'

/** What differed from the document, in the order in which it happened. */
export const Deviation = z.object({
  at: z.string(),
  what: z.enum([
    'added',
    'skipped',
    'failed',
    'retried',
    'edited',
    'failure-accepted',
    'overridden',
    'emergency',
    'undone',
    'reopened',
    'approved-alone',
    'done-by-hand',
    'no-longer-held',
    'held-up',
  ]),
  step: z.string().nullable(),
  title: z.string(),
  by: z.string(),
  reason: z.string(),
})
export type Deviation = z.infer<typeof Deviation>

export const ReviewStep = z.object({
  id: z.string(),
  title: z.string(),
  phase: z.string(),
  kind: StepKind,
  stage: StepStage,
  outcome: StepOutcome.nullable(),
  attempts: z.int(),
  by: z.string().nullable(),
  startedAt: z.string().nullable(),
  closedAt: z.string().nullable(),
  plannedMs: z.int().nullable(),
  actualMs: z.int().nullable(),
  reason: z.string(),
})
export type ReviewStep = z.infer<typeof ReviewStep>

/** GET /runs/{id}/review: everything of it comes from the entries of the run and its incident. Durations are in the cluster's time, in ms. */
export const ReviewView = z.object({
  run: z.string(),
  runbook: z.string(),
  title: z.string(),
  kind: RunKind,
  clusters: z.array(z.string()),
  incident: z.string(),
  stage: RunStage,
  outcome: RunOutcome.nullable(),
  lead: z.string(),
  t0: z.string(),
  clocks: Clocks,
  toDetectMs: z.int().nullable(),
  toAcknowledgeMs: z.int().nullable(),
  /** From the disruption to the last service that came back; null while one is not back. */
  toRecoverMs: z.int().nullable(),
  rtoMet: z.boolean().nullable(),
  /** What changed just before, the first cause first, each with its proof. */
  causes: z.array(Cause),
  steps: z.array(ReviewStep),
  deviations: z.array(Deviation),
  services: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      tier: z.int().nullable(),
      impact: Impact.nullable(),
      recoveredAt: z.string().nullable(),
      tookMs: z.int().nullable(),
    }),
  ),
  /** How many services were back when. */
  curve: z.array(z.object({ at: z.string(), back: z.int() })),
  people: z.array(
    z.object({ person: z.string(), name: z.string(), role: z.string().nullable(), entries: z.int(), from: z.string(), to: z.string() }),
  ),
  /** Temporary changes that are still in force. */
  inForce: z.array(LedgerRow),
  notes: z.array(NoteRow),
  evidence: z.array(EvidenceRow),
  timeline: z.array(TimelineRow),
})
export type ReviewView = z.infer<typeof ReviewView>
