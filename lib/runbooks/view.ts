import { z } from 'zod'
import { Freshness, ObjectRef } from '../cluster/schema.ts'
import { SignalKind } from '../impact/schema.ts'
import { StepKind } from '../runs/schema.ts'

const Badge = z.object({
  by: z.enum(['machine', 'people']),
  at: z.string(),
  ground: z.string(),
  hash: z.string(),
  who: z.array(z.string()),
  changedSince: z.boolean(),
})

export const RunbookRow = z.object({
  name: z.string(),
  title: z.string(),
  owner: z.string(),
  hash: z.string(),
  answers: SignalKind.nullable(),
  rtoMs: z.int().nullable(),
  phases: z.int(),
  steps: z.int(),
  readiness: z.enum(['ready', 'action-required', 'unknown']),
  /** False while the database is away: whether it was rehearsed is not known then, and the document can be read. */
  pastKnown: z.boolean(),
  badges: z.array(Badge),
  lastRtaMs: z.int().nullable(),
  rehearsalDue: z.string().nullable(),
  problems: z.array(z.string()),
})
export type RunbookRow = z.infer<typeof RunbookRow>

/** GET /runbooks/{name} */
export const RunbookView = RunbookRow.extend({
  text: z.string(),
  /** The YAML as it stands in the file. */
  source: z.string(),
  plan: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      steps: z.array(
        z.object({
          id: z.string(),
          title: z.string(),
          kind: StepKind,
          why: z.string(),
          danger: z.string(),
          text: z.string(),
          action: z.string().nullable(),
          needs: z.array(z.string()),
          reversible: z.string().nullable(),
          verify: z.array(z.string()),
          takesMs: z.int().nullable(),
          approval: z.string().nullable(),
          kubectl: z.array(z.string()),
        }),
      ),
    }),
  ),
})
export type RunbookView = z.infer<typeof RunbookView>

const StepAhead = z.object({
  id: z.string(),
  title: z.string(),
  /** How many objects it would touch now; only some of them are listed. */
  total: z.int(),
  objects: z.array(ObjectRef),
  /** Why it could not be done now; '' when it could. */
  refusal: z.string(),
  kubectl: z.array(z.string()),
})

/** GET /runbooks/{name}/preview: what each act would touch at this moment, each step looked at as if it were the next. */
export const RunbookPreview = z.object({
  runbook: z.string(),
  cluster: z.string(),
  t0: z.string(),
  observedAt: z.string(),
  freshness: Freshness,
  steps: z.array(StepAhead),
})
export type RunbookPreview = z.infer<typeof RunbookPreview>

/** GET /runbooks/{name}/readiness: whether the person who asks could carry it out now. */
export const RunbookReadiness = z.object({
  runbook: z.string(),
  cluster: z.string(),
  observedAt: z.string(),
  freshness: Freshness,
  state: z.enum(['ready', 'action-required', 'unknown']),
  steps: z.array(z.object({ id: z.string(), title: z.string(), state: z.enum(['ready', 'action-required', 'unknown']), what: z.string() })),
})
export type RunbookReadiness = z.infer<typeof RunbookReadiness>
