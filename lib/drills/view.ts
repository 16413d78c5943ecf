import { z } from 'zod'

export const ScenarioView = z.object({
  name: z.string(),
  title: z.string(),
  size: z.enum(['small', 'big', 'biggest']),
  runbook: z.string(),
  told: z.string(),
  success: z.string(),
  fill: z.enum(['S', 'M', 'L']),
  injects: z.array(z.object({ title: z.string(), when: z.string() })),
})
export type ScenarioView = z.infer<typeof ScenarioView>

export const StartDrill = z.object({
  scenario: z.string(),
  runbook: z.string().optional(),
  speed: z.union([z.literal('max'), z.number().positive().max(100)]).default(1),
  fill: z.enum(['S', 'M', 'L']).default('S'),
  cluster: z.string().optional(),
  key: z.string().min(8).max(200),
})
export type StartDrill = z.infer<typeof StartDrill>

export const DrillView = z.object({
  id: z.string(),
  scenario: z.string(),
  title: z.string(),
  runbook: z.string(),
  cluster: z.string(),
  speed: z.union([z.literal('max'), z.number()]),
  fill: z.string(),
  stage: z.enum(['preparing', 'announced', 'injecting', 'running', 'stabilizing', 'cleanup', 'closed']),
  startedAt: z.string(),
  injectedAt: z.string().nullable(),
  detectedAt: z.string().nullable(),
  acknowledgedAt: z.string().nullable(),
  recoveredAt: z.string().nullable(),
  closedAt: z.string().nullable(),
  incident: z.string().nullable(),
  run: z.string().nullable(),
  outcome: z.string().nullable(),
  note: z.string(),
})
export type DrillView = z.infer<typeof DrillView>
