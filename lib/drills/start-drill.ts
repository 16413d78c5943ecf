import { appendAudit } from '../audit/store.ts'
import type { Permit } from '../auth/schema.ts'
import { type Db, sqlState } from '../db/client.ts'
import type { Clusters } from '../inventory/port.ts'
import { newId } from '../kernel/id.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import type { Hub } from '../live/port.ts'
import type { DrillGround } from './port.ts'
import { drillView, findOpenDrill, insertDrill } from './store.ts'
import type { DrillView, StartDrill } from './view.ts'

export type DrillCtx = {
  readonly db: Db
  readonly clusters: Clusters
  readonly ground: DrillGround
  readonly hub: Hub
  readonly drills: { readonly follow: (drill: string) => void }
}
export type DrillRefusal = {
  readonly code: 'not-found' | 'not-a-drill-cluster' | 'drill-open' | 'no-injects-here' | 'not-permitted'
  readonly message: string
  readonly drill?: string
}

/** Starts a drill; it is prepared, broken and followed from here on by itself. Live clusters are never touched. */
export async function startDrill(
  ctx: DrillCtx,
  permit: Permit<'drill.start'>,
  input: StartDrill,
): Promise<Result<DrillView, DrillRefusal>> {
  const scenario = ctx.ground.scenario(input.scenario)
  if (!scenario) return no({ code: 'not-found', message: `There is no scenario ${input.scenario}.` })
  const refusal = input.cluster === undefined ? null : await unfit(ctx, input.cluster)
  if (refusal) return no(refusal)
  const id = newId()
  const { id: by, kind, roles } = permit.by
  try {
    const row = await ctx.db.tx(async (tx) => {
      // A fresh cluster's name is only known with the drill's number; until then it is nobody's.
      const made = await insertDrill(tx, {
        id,
        scenario: scenario.view.name,
        title: scenario.view.title,
        runbook: input.runbook ?? scenario.view.runbook,
        cluster: input.cluster ?? id,
        ownSandbox: input.cluster === undefined,
        speed: String(input.speed),
        fill: input.fill,
        startedBy: by,
        startedAt: new Date(),
      })
      const drill = input.cluster === undefined ? await tx.drill.update({ where: { id }, data: { cluster: `drill-${made.number}` } }) : made
      await appendAudit(tx, `drill:${id}`, 0, [
        {
          actor: { kind, id: by, roles: [...roles] },
          kind: 'drill.started',
          data: { scenario: drill.scenario, runbook: drill.runbook, cluster: drill.cluster, speed: drill.speed, fill: drill.fill },
        },
      ])
      return drill
    })
    ctx.hub.touch('drills')
    ctx.drills.follow(id)
    return ok(drillView(row))
  } catch (error) {
    if (sqlState(error) !== '23505' && (error as { code?: unknown }).code !== 'P2002') throw error
    return no({ code: 'drill-open', message: `A drill runs on ${input.cluster ?? 'that cluster'} already.` })
  }
}

async function unfit(ctx: DrillCtx, name: string): Promise<DrillRefusal | null> {
  const cluster = ctx.clusters.get(name)
  if (!cluster) return { code: 'not-found', message: `There is no cluster ${name}.` }
  if (cluster.entry.mode !== 'drill')
    return { code: 'not-a-drill-cluster', message: `${name} is a live cluster. Drills run on clusters with \`mode: drill\` only.` }
  if (!ctx.ground.isSandbox(name))
    return { code: 'no-injects-here', message: `Nothing can be broken on ${name} from here yet: faults are injected into sandboxes only.` }
  const open = await findOpenDrill(ctx.db, name)
  return open ? { code: 'drill-open', message: `A drill runs on ${name} already.`, drill: open.id } : null
}
