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

/** A page of a list: `next` is the cursor of the following page, null on the last. */
export function pageOf<S extends z.ZodType>(item: S): z.ZodObject<{ items: z.ZodArray<S>; next: z.ZodNullable<z.ZodString> }> {
  return z.object({ items: z.array(item), next: z.string().nullable() })
}
