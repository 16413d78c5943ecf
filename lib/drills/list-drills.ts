import { z } from 'zod'
import type { Permit } from '../auth/schema.ts'
import type { Db } from '../db/client.ts'
import { ok, type Result } from '../kernel/result.ts'
import { drillView, pageOfDrills } from './store.ts'
import type { DrillView } from './view.ts'

export const ListDrills = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.coerce.number().int().optional(),
})
export type ListDrills = z.infer<typeof ListDrills>

/** The drills with their times, newest first. */
export async function listDrills(
  ctx: { readonly db: Db },
  _permit: Permit<'drill.read'>,
  input: ListDrills,
): Promise<Result<{ items: DrillView[]; next: string | null }, never>> {
  const rows = await pageOfDrills(ctx.db, input.limit + 1, input.cursor ?? null)
  const page = rows.slice(0, input.limit)
  return ok({ items: page.map(drillView), next: rows.length > page.length ? String(page.at(-1)?.number) : null })
}
