import { z } from 'zod'
import { Match } from '../services/schema.ts'

/** What a planned change may do to the objects it names; `unreachable` is about the control plane as a whole. */
export const Effect = z.enum(['delete', 'restart', 'scale', 'unreachable'])
export type Effect = z.infer<typeof Effect>

/** No planned change lasts longer, in ms. */
export const LONGEST_MS = 12 * 3_600_000

/** What somebody said will happen. Times are RFC 3339, of the cluster's own clock; `maxObjects` counts on each cluster. */
export const PlannedChange = z.object({
  id: z.string(),
  clusters: z.array(z.string()),
  title: z.string(),
  ticket: z.string(),
  selector: Match,
  effects: z.array(Effect),
  maxObjects: z.int(),
  from: z.string(),
  to: z.string(),
  plannedAt: z.string(),
  plannedBy: z.string(),
  /** Set when somebody ended it before `to`. */
  endedAt: z.string().nullable(),
  endedBy: z.string().nullable(),
})
export type PlannedChange = z.infer<typeof PlannedChange>

/** One object that a planned change covered. */
export type CoveredObject = {
  readonly change: string
  readonly uid: string
  readonly effect: Effect
  readonly kind: string
  readonly namespace: string
  readonly name: string
  /** When it began to go, or when it was first seen affected, RFC 3339. */
  readonly at: string
}
