import type { ActorRef } from '../audit/schema.ts'
import { appendAudit } from '../audit/store.ts'
import { clusterNow } from '../cluster/rules.ts'
import { type Db, sqlState } from '../db/client.ts'
import { newId } from '../kernel/id.ts'
import { chooseT0 } from './choose-t0.ts'
import type { ImpactContext } from './list-services.ts'
import { loadIncident, openIncidentOf } from './store.ts'
import { incidentClocks } from './store-read.ts'
import type { IncidentSummary } from './view.ts'

export type OpenIncident = {
  readonly kind: IncidentSummary['kind']
  readonly cluster: string
  readonly signal: string | null
  readonly title: string
  readonly lead: string
  readonly drill: string | null
}
export type JoinedIncident = {
  readonly id: string
  readonly t0: string
  readonly disruptedAt: string | null
  readonly detectedAt: string | null
  readonly acknowledgedAt: string | null
  readonly signal: string | null
}

/** What a run needs of incidents: it joins the one named, else the open one of its cluster, else opens one with T0 five minutes back. */
export function incidentDesk(ctx: ImpactContext & { readonly db: Db }) {
  const desk = {
    async join(
      by: { readonly id: string; readonly kind: ActorRef['kind']; readonly roles: readonly string[] },
      open: OpenIncident,
      incident?: string,
    ): Promise<JoinedIncident> {
      const known = incident
        ? await loadIncident(ctx.db, incident)
        : open.kind === 'tabletop'
          ? null
          : await openIncidentOf(ctx.db, open.cluster)
      const actor: ActorRef = { id: by.id, kind: by.kind, roles: [...by.roles] }
      if (known) {
        await ctx.db.tx(async (tx) => {
          const led = await tx.$executeRawUnsafe('UPDATE incident SET lead = $2 WHERE id = $1 AND lead IS NULL', known.id, open.lead)
          if (led > 0)
            await appendAudit(tx, `incident:${known.id}`, null, [{ actor, kind: 'incident.lead-taken', data: { lead: open.lead } }])
        })
        return {
          id: known.id,
          t0: known.t0.toISOString(),
          ...(await incidentClocks(ctx.db, known.id)),
          signal: open.signal ?? known.signals[0] ?? null,
        }
      }
      const watched = ctx.clusters.get(open.cluster)
      const now = watched ? clusterNow(watched.clock) : Date.now()
      const id = newId()
      const wanted = new Date(now - 5 * 60_000).toISOString()
      const t0 = new Date(watched ? await chooseT0(watched.history, wanted) : wanted)
      const signals = open.signal ? [open.signal] : []
      const opened = ctx.db.tx(async (tx) => {
        await tx.$executeRawUnsafe(
          'INSERT INTO incident (id, title, cluster, kind, t0, lead, opened_at, signals) VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text[])',
          id,
          open.title,
          open.cluster,
          open.kind,
          t0,
          open.lead,
          new Date(now),
          signals,
        )
        if (open.signal) await tx.$executeRawUnsafe('UPDATE signal SET incident = $2 WHERE id = $1 AND incident IS NULL', open.signal, id)
        await appendAudit(tx, `incident:${id}`, 0, [
          {
            actor,
            kind: 'incident.opened',
            data: {
              title: open.title,
              cluster: open.cluster,
              kind: open.kind,
              t0: t0.toISOString(),
              signal: open.signal,
              drill: open.drill,
            },
          },
        ])
      })
      try {
        await opened
      } catch (error) {
        // A signal of the same moment opened the incident of the cluster: that one it is.
        if (sqlState(error) === '23505') return desk.join(by, open, incident)
        throw error
      }
      await ctx.impacts.refresh?.(open.cluster)
      return {
        id,
        t0: t0.toISOString(),
        disruptedAt: null,
        detectedAt: null,
        acknowledgedAt: null,
        ...(open.signal ? await incidentClocks(ctx.db, id) : {}),
        signal: open.signal,
      }
    },
  }
  return desk
}
