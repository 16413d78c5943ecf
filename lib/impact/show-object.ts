import { z } from 'zod'
import { findApplication } from '../argocd/rules.ts'
import type { Permit } from '../auth/schema.ts'
import { clusterNow } from '../cluster/rules.ts'
import type { Owner, SlimRecord } from '../cluster/schema.ts'
import { databaseAway } from '../db/away.ts'
import type { Inventory, Watched } from '../inventory/port.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import { readState } from './evidence-rules.ts'
import { rowOf } from './list-objects.ts'
import { type ImpactContext, type NotFound, noCluster } from './list-services.ts'
import { objectRow } from './show-service.ts'
import type { ObjectView } from './view.ts'

export const ShowObject = z.object({ cluster: z.string(), uid: z.string() })
export type ShowObject = z.infer<typeof ShowObject>

type Tie = ObjectView['owners'][number]
const MOST_OWNED = 100
const FAR_MS = 365 * 24 * 3_600_000

/** One object with all that ties it to others; of one that is gone, what was recorded last. */
export async function showObject(
  ctx: ImpactContext,
  _permit: Permit<'cluster.read'>,
  input: ShowObject,
): Promise<Result<ObjectView, NotFound>> {
  const watched = ctx.clusters.get(input.cluster)
  if (!watched) return noCluster(input.cluster)
  const { inventory } = watched
  const here = inventory.get(input.uid)
  const last = here ? null : await lastOf(watched, input.uid)
  const record = here ?? last?.record
  if (!record) return no({ code: 'not-found', message: `There is no object ${input.uid} on ${input.cluster}, and none is recorded.` })
  const row = here
    ? rowOf(here, input.cluster, inventory)
    : objectRow(record, 'gone', `was ${readState(record)}`, rowOf(record, input.cluster, inventory).service)
  const owned = inventory.ownedBy(record.uid)
  const application = record.tracking ? findApplication(inventory, record.tracking.app) : undefined
  const { observedAt, freshness } = inventory.facts()
  return ok({
    ...row,
    cluster: input.cluster,
    observedAt,
    freshness,
    deletingAt: record.deletingAt,
    goneAt: last?.at ?? null,
    finalizers: [...record.finalizers],
    labels: { ...record.labels },
    tracking: record.tracking ? { ...record.tracking, uid: application?.uid ?? null } : null,
    owners: ownersOf(record, inventory),
    owned: owned.slice(0, MOST_OWNED).map((one) => tieOf(one, true)),
    ownedCount: owned.length,
  })
}

async function lastOf(watched: Watched, uid: string): Promise<{ readonly record: SlimRecord; readonly at: string | null } | null> {
  const now = clusterNow(watched.clock)
  try {
    const [last] = await watched.history.changes(new Date(now - FAR_MS), new Date(now + 3_600_000), 1, { newestFirst: true, uid })
    return last ? { record: last.record, at: last.what === 'gone' ? last.at : null } : null
  } catch (error) {
    if (databaseAway(error)) return null
    throw error
  }
}

function ownersOf(record: SlimRecord, inventory: Inventory): Tie[] {
  const chain: Tie[] = []
  const upwards = (one: SlimRecord): Owner | undefined => one.owners.find((each) => each.controller) ?? one.owners[0]
  for (let owner = upwards(record); owner && chain.length < 10; ) {
    const above = inventory.get(owner.uid)
    chain.push(above ? tieOf(above, true) : tieOf({ ...owner, namespace: record.namespace }, false))
    owner = above ? upwards(above) : undefined
  }
  return chain
}

function tieOf({ apiVersion, kind, namespace, name, uid }: Omit<Tie, 'here'>, here: boolean): Tie {
  return { apiVersion, kind, namespace, name, uid, here }
}
