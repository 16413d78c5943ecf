import { z } from 'zod'
import { parseDuration, readDuration } from '../kernel/duration.ts'
import type { Scenario } from './port.ts'

const Duration = z.string().refine((text) => parseDuration(text) !== null, 'write a duration such as 30s or 7m')

/** One scenario as it stands in `runbooks/scenarios/NAME.yaml`. What an inject holds beside `title` and `at` is for the cluster it is given to. */
export const ScenarioDocument = z.strictObject({
  name: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'use lower-case words joined by dashes'),
  title: z.string().min(1),
  size: z.enum(['small', 'big', 'biggest']),
  /** The runbook that answers it. */
  runbook: z.string().min(1),
  fill: z.enum(['S', 'M', 'L']).default('S'),
  /** What the players are told. */
  told: z.string().min(1),
  /** What success means. */
  success: z.string().min(1),
  injects: z.array(z.looseObject({ title: z.string().min(1), at: Duration.default('0s'), kind: z.string() })).min(1),
})
export type ScenarioDocument = z.infer<typeof ScenarioDocument>

/** A scenario as drills use it: `afterMs` counts from the start of the injecting. */
export function scenarioOf(document: ScenarioDocument): Scenario {
  const { injects, ...shown } = document
  const timed = injects.map(({ at, ...inject }) => ({ afterMs: parseDuration(at) ?? 0, inject })).sort((a, b) => a.afterMs - b.afterMs)
  return {
    view: {
      ...shown,
      injects: timed.map(({ afterMs, inject }) => ({
        title: inject.title,
        when: afterMs === 0 ? 'at the start' : `after ${readDuration(afterMs)}`,
      })),
    },
    steps: timed,
  }
}
