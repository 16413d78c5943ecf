import { z } from 'zod'
import type { Deed, Permit } from '../auth/schema.ts'
import { databaseAway } from '../db/away.ts'
import type { Clusters } from '../inventory/port.ts'
import { no, type Result } from '../kernel/result.ts'
import type { Impacts } from './port.ts'
import type { PastView } from './view.ts'

/** A past moment to look at instead of now. */
export const AsOf = z.iso.datetime({ offset: true }).optional()

/** Set while a verb looks at a past moment. */
export type PastContext = { readonly past?: PastView }
type World = { readonly clusters: Clusters; readonly impacts: Impacts }
export type NotThen = { readonly code: 'not-recorded' | 'bad-input' | 'not-found' | 'database-away'; readonly message: string }

/** A reading verb that, asked with `at`, is given the clusters as they were recorded at that moment. */
export function lookAtPast<C extends World, D extends Deed, I extends { at?: string | undefined; cluster?: string }, V, E>(
  verb: (ctx: C & PastContext, permit: Permit<D>, input: I) => Promise<Result<V, E>> | Result<V, E>,
): (ctx: C, permit: Permit<D>, input: I) => Promise<Result<V, E | NotThen>> {
  return async (ctx, permit, input) => {
    if (input.at === undefined) return verb(ctx, permit, input)
    const at = new Date(input.at)
    if (input.cluster !== undefined && !ctx.clusters.get(input.cluster))
      return no({ code: 'not-found', message: `There is no cluster ${input.cluster} here.` })
    try {
      const past = await ctx.impacts.lookBack?.(at, input.cluster)
      if (!past) return no({ code: 'not-recorded', message: `Nothing was recorded yet at ${at.toISOString()}. Choose a later moment.` })
      return await verb({ ...ctx, clusters: past.clusters, impacts: past.impacts, past: past.moment }, permit, input)
    } catch (error) {
      if (!databaseAway(error)) throw error
      return no({ code: 'database-away', message: 'The database is away, and the past with it. What is live can be read.' })
    }
  }
}
