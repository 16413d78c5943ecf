import { z } from 'zod'
import { appendAudit } from '../audit/store.ts'
import type { Permit } from '../auth/schema.ts'
import { clusterNow } from '../cluster/rules.ts'
import type { Db } from '../db/client.ts'
import { newId } from '../kernel/id.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import type { Hub } from '../live/port.ts'
import { type ImpactContext, noCluster } from './list-services.ts'
import { showIncident } from './show-incident.ts'
import { actorRef, loadSignal, openIncidentOf } from './store.ts'
import type { IncidentView } from './view.ts'

export const OpenIncident = z.object({
  title: z.string().trim().min(3, 'say what is wrong, in a few words').max(200),
  cluster: z.string(),
  kind: z.enum(['incident', 'drill', 'tabletop']).optional(),
  /** The moment to compare with; five minutes ago unless given. */
  t0: z.iso.datetime({ offset: true }).optional(),
  signals: z.array(z.string()).max(50).default([]),
  key: z.string().optional(),
})
export type OpenIncident = z.infer<typeof OpenIncident>
export type OpenRefusal = {
  readonly code: 'not-found' | 'bad-input' | 'incident-open'
  readonly message: string
  readonly incident?: string
}

const BACK = 5 * 60_000

/** Somebody says that something is wrong before any signal does. A cluster has one open incident: what is there is joined. */
export async function openIncident(
  ctx: ImpactContext & { readonly db: Db; readonly hub: Hub },
  permit: Permit<'incident.change'>,
  input: OpenIncident,
): Promise<Result<IncidentView, OpenRefusal>> {
  const watched = ctx.clusters.get(input.cluster)
  if (!watched) return noCluster(input.cluster)
  const kind = input.kind ?? (watched.entry.mode === 'drill' ? 'drill' : 'incident')
  if (kind !== 'tabletop' && (kind === 'drill') !== (watched.entry.mode === 'drill'))
    return no({
      code: 'bad-input',
      message: `${input.cluster} is a ${watched.entry.mode} cluster: an incident of kind ${kind} cannot be there.`,
    })
  for (const signal of input.signals)
    if ((await loadSignal(ctx.db, signal))?.cluster !== input.cluster)
      return no({ code: 'bad-input', message: `There is no signal ${signal} on ${input.cluster}.` })
  const open = kind === 'tabletop' ? null : await openIncidentOf(ctx.db, input.cluster)
  if (open)
    return no({
      code: 'incident-open',
      message: `An incident is open on ${input.cluster} already: “${open.title}”. Join it.`,
      incident: open.id,
    })
  const now = clusterNow(watched.clock)
  const t0 = new Date(input.t0 ?? now - BACK)
  if (t0.getTime() > now) return no({ code: 'bad-input', message: 'T0 is a moment of the past.' })
  const id = newId()
  await ctx.db.tx(async (tx) => {
    await tx.$executeRawUnsafe(
      'INSERT INTO incident (id, title, cluster, kind, t0, lead, opened_at, signals) VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text[])',
      id,
      input.title,
      input.cluster,
      kind,
      t0,
      permit.by.id,
      new Date(now),
      input.signals,
    )
    await tx.$executeRawUnsafe('UPDATE signal SET incident = $2 WHERE id = ANY($1::text[]) AND incident IS NULL', input.signals, id)
    await appendAudit(tx, `incident:${id}`, 0, [
      {
        actor: actorRef(permit.by),
        kind: 'incident.opened',
        data: { title: input.title, cluster: input.cluster, kind, t0: t0.toISOString(), signals: input.signals },
      },
    ])
  })
  await ctx.impacts.refresh?.(input.cluster)
  for (const topic of ['incidents', 'situation']) ctx.hub.touch(topic)
  const shown = await showIncident(ctx, permit, { id })
  return shown.ok ? ok(shown.value) : no(shown.error)
}
