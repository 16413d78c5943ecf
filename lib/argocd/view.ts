import { z } from 'zod'
import { Freshness, ObjectRef } from '../cluster/schema.ts'

/** GET /clusters/{c}/blast-radius */
export const BlastView = z.object({
  observedAt: z.string().nullable(),
  freshness: Freshness,
  target: ObjectRef,
  total: z.int(),
  /** Services that would lose something. */
  services: z.array(z.object({ id: z.string(), name: z.string(), tier: z.int(), objects: z.int() })),
  steps: z.array(
    z.object({
      mechanism: z.enum(['namespace', 'cascade', 'owner-reference', 'definition', 'reclaim']),
      by: ObjectRef,
      how: z.string(),
      waits: z.boolean(),
      count: z.int(),
      kinds: z.array(z.object({ kind: z.string(), count: z.int() })),
      /** At most 50 of them. */
      objects: z.array(ObjectRef),
    }),
  ),
  notes: z.array(z.string()),
})
export type BlastView = z.infer<typeof BlastView>
