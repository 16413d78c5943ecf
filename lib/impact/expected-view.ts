import { z } from 'zod'
import { Freshness } from '../cluster/schema.ts'
import { PlannedChange } from './expected-schema.ts'

export const PlannedChangeView = PlannedChange.extend({
  /** On the cluster's clock when it was asked. */
  state: z.enum(['now', 'next', 'past']),
  /** Objects of this cluster that it has covered so far, each counted once. */
  covered: z.int(),
})
export type PlannedChangeView = z.infer<typeof PlannedChangeView>

/** GET /clusters/{c}/planned-changes, newest first. */
export const PlannedChangesView = z.object({
  cluster: z.string(),
  observedAt: z.string().nullable(),
  freshness: Freshness,
  items: z.array(PlannedChangeView),
  next: z.string().nullable(),
})
export type PlannedChangesView = z.infer<typeof PlannedChangesView>
