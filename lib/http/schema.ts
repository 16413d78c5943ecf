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

/** The query of a page of a list that is held whole. */
export const Page = z.object({ limit: z.coerce.number().int().min(1).max(5_000).optional(), cursor: z.string().optional() })

const yes = z
  .enum(['true', 'false'])
  .transform((said) => said === 'true')
  .optional()

export const ById = z.object({ id: z.string() })
export const ByName = z.object({ name: z.string() })
export const StepOfRun = z.object({ id: z.string(), step: z.string() })
export const EntriesFrom = z.object({
  id: z.string(),
  /** The first version of the run's stream wanted. */
  from: z.coerce.number().int().positive().optional(),
  limit: z.coerce.number().int().min(1).max(5_000).optional(),
  cursor: z.coerce.number().int().positive().optional(),
})
export const ListRuns = z.object({
  cluster: z.string().optional(),
  incident: z.string().optional(),
  open: yes,
  limit: z.coerce.number().int().min(1).max(200).optional(),
  cursor: z.uuid().optional(),
})
export const LedgerFilter = z.object({ cluster: z.string().optional(), run: z.uuid().optional(), all: yes })
export const CommandAnswer = z.object({ version: z.int(), entries: z.int() })
