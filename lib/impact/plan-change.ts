import { z } from 'zod'
import { appendAudit } from '../audit/store.ts'
import type { Permit } from '../auth/schema.ts'
import { clusterNow } from '../cluster/rules.ts'
import type { Db } from '../db/client.ts'
import { newId } from '../kernel/id.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import { Match } from '../services/schema.ts'
import { Effect, type PlannedChange } from './expected-schema.ts'
import type { PlannedChangeView } from './expected-view.ts'
import { type ImpactContext, type NotFound, noCluster } from './list-services.ts'
import { stateOf, windowOf } from './planned-rules.ts'
import { insertPlanned } from './planned-store.ts'
import { actorRef } from './store.ts'

const Moment = z.iso.datetime({ offset: true })

export const PlanChange = z.object({
  cluster: z.string(),
  title: z.string().trim().min(3, 'say what will happen, in a few words').max(200),
  ticket: z.string().trim().max(200).default(''),
  clusters: z.array(z.string()).min(1).max(100).optional().meta({ description: 'Default: the cluster of the path.' }),
  selector: Match.default({}).meta({ description: 'Globs as in services.yaml; all that are given must fit.' }),
  effects: z.array(Effect).min(1, 'name at least one effect'),
  maxObjects: z
    .int()
    .min(1)
    .max(10_000)
    .default(50)
    .meta({ description: 'What exceeds this many objects of a cluster is not covered. Configuration and pods do not count.' }),
  from: Moment.optional().meta({ description: 'Default: now.' }),
  to: Moment.optional().meta({ description: 'At most 12 hours after its beginning.' }),
  for: z
    .string()
    .regex(/^(\d+(s|m|h))+$/, 'use a duration such as 45m or 2h')
    .optional()
    .meta({ description: 'How long it lasts, instead of `to`.' }),
  key: z.string().optional(),
})
export type PlanChange = z.infer<typeof PlanChange>
export type PlanRefusal =
  | NotFound
  | {
      readonly code: 'bad-input'
      readonly message: string
      readonly errors: readonly { readonly path: string; readonly message: string }[]
    }

/** Somebody says what will happen, so that it is not taken for a disaster: within this scope, these effects and this time. */
export async function planChange(
  ctx: ImpactContext & { readonly db: Db },
  permit: Permit<'planned-change.change'>,
  input: PlanChange,
): Promise<Result<PlannedChangeView, PlanRefusal>> {
  const watched = ctx.clusters.get(input.cluster)
  if (!watched) return noCluster(input.cluster)
  const clusters = [...new Set(input.clusters ?? [input.cluster])]
  const unknown = clusters.find((one) => !ctx.clusters.get(one))
  if (unknown !== undefined) return noCluster(unknown)
  if (!clusters.includes(input.cluster)) return bad('clusters', `must name ${input.cluster}, under which it is planned`)
  const now = clusterNow(watched.clock)
  const window = windowOf(input, now)
  if (!window.ok) return bad(window.error.path, window.error.message)
  const { title, ticket, selector, effects, maxObjects } = input
  const change: PlannedChange = {
    id: newId(),
    clusters,
    title,
    ticket,
    selector,
    effects: [...new Set(effects)],
    maxObjects,
    ...window.value,
    plannedAt: new Date().toISOString(),
    plannedBy: permit.by.id,
    endedAt: null,
    endedBy: null,
  }
  const data = { clusters, title, ticket, selector, effects: change.effects, maxObjects, from: change.from, to: change.to }
  await ctx.db.tx(async (tx) => {
    await insertPlanned(tx, change)
    await appendAudit(tx, `planned-change:${change.id}`, 0, [{ actor: actorRef(permit.by), kind: 'planned-change.planned', data }])
  })
  await Promise.all(clusters.map((one) => ctx.impacts.refresh?.(one)))
  return ok({ ...change, state: stateOf(change, now), covered: 0 })
}

function bad(path: string, message: string): { readonly ok: false; readonly error: PlanRefusal } {
  return no({ code: 'bad-input', message: `${path}: ${message}.`, errors: [{ path, message }] })
}
