import { z } from 'zod'
import { Deed, Role } from './schema.ts'

/** GET /me. `others` are the demo people one may become in the trial; empty outside it. */
export const MeView = z.object({
  person: z.object({
    kind: z.enum(['person', 'token', 'bootstrap', 'system']),
    id: z.string(),
    name: z.string(),
    email: z.string().nullable(),
  }),
  roles: z.array(Role),
  permissions: z.array(Deed),
  trial: z.boolean(),
  others: z.array(z.object({ id: z.string(), name: z.string(), roles: z.array(Role) })),
})
export type MeView = z.infer<typeof MeView>
