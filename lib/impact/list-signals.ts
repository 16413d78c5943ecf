import { z } from 'zod'
import type { Permit } from '../auth/schema.ts'
import { ok, type Result } from '../kernel/result.ts'
import type { Impacts } from './port.ts'
import type { SignalView } from './view.ts'

export const ListSignals = z.object({ open: z.enum(['true', 'false']).optional(), cluster: z.string().optional() })
export type ListSignals = z.infer<typeof ListSignals>

/** Open signals and those closed within the last day, newest first. */
export function listSignals(
  ctx: { readonly impacts: Impacts },
  _permit: Permit<'signal.read'>,
  input: ListSignals,
): Result<{ items: readonly SignalView[]; next: null }, never> {
  const items = ctx.impacts
    .signals()
    .filter(
      (one) =>
        (!input.cluster || one.cluster === input.cluster) &&
        (input.open === undefined || (one.closedAt === null) === (input.open === 'true')),
    )
  return ok({ items, next: null })
}
