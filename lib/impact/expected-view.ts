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

/** A service that is meant to be gone: by a person's word, or because it ended properly. */
export const RemovalView = z.object({
  service: z.string(),
  /** When it was accepted, or since when it has been gone. */
  at: z.string(),
  by: z.string(),
  reason: z.string(),
  /** When it accepts itself; null once it is accepted. */
  due: z.string().nullable(),
})
export type RemovalView = z.infer<typeof RemovalView>

/** GET /clusters/{c}/expected: all that is not taken for a disaster. */
export const ExpectedView = z.object({
  cluster: z.string(),
  observedAt: z.string().nullable(),
  freshness: Freshness,
  planned: z.array(PlannedChangeView),
  ephemeral: z.array(z.object({ what: z.string(), source: z.enum(['built in', 'services.yaml']), objects: z.int() })),
  removals: z.array(RemovalView),
})
export type ExpectedView = z.infer<typeof ExpectedView>
