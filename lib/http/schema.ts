import { z } from 'zod'

/** RFC 9457 `application/problem+json`, as every refused request is answered. `errors` names what is wrong in the input. */
export const Problem = z.looseObject({
  type: z.string().default('about:blank'),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string().optional(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
})
export type Problem = z.infer<typeof Problem>

/** Why a verb says no: a code of the status table and a sentence for a person; further fields travel with the problem. */
export type Refusal = { readonly code: string; readonly message: string }
