import type { Db, Tx } from '../db/client.ts'
import type { DrillView } from './view.ts'

export type DrillRow = {
  readonly id: string
  readonly number: number
  readonly scenario: string
  readonly title: string
  readonly runbook: string
  readonly cluster: string
  readonly ownSandbox: boolean
  readonly speed: string
  readonly fill: string
  readonly startedBy: string
  readonly stage: string
  readonly note: string
  readonly startedAt: Date
  readonly injectedAt: Date | null
  readonly detectedAt: Date | null
  readonly acknowledgedAt: Date | null
  readonly recoveredAt: Date | null
  readonly closedAt: Date | null
  readonly signalId: string | null
  readonly incidentId: string | null
  readonly runId: string | null
  readonly outcome: string | null
}

export type NewDrill = Pick<
  DrillRow,
  'id' | 'scenario' | 'title' | 'runbook' | 'cluster' | 'ownSandbox' | 'speed' | 'fill' | 'startedBy' | 'startedAt'
>
export type DrillChange = Partial<
  Pick<
    DrillRow,
    | 'cluster'
    | 'note'
    | 'injectedAt'
    | 'detectedAt'
    | 'acknowledgedAt'
    | 'recoveredAt'
    | 'closedAt'
    | 'signalId'
    | 'incidentId'
    | 'runId'
    | 'outcome'
  >
> & { readonly stage?: DrillView['stage'] }

export async function insertDrill(tx: Tx, drill: NewDrill): Promise<DrillRow> {
  return tx.drill.create({ data: { ...drill, stage: 'preparing' } })
}

/** Changes a drill that is still open; null when it was closed meanwhile. */
export async function changeDrill(tx: Tx, id: string, change: DrillChange): Promise<DrillRow | null> {
  const [row] = await tx.drill.updateManyAndReturn({ where: { id, stage: { not: 'closed' } }, data: change })
  return row ?? null
}

export async function findDrill(db: Pick<Db, 'prisma'>, id: string): Promise<DrillRow | null> {
  return db.prisma.drill.findUnique({ where: { id } })
}

export async function findOpenDrill(db: Pick<Db, 'prisma'>, cluster: string): Promise<DrillRow | null> {
  return db.prisma.drill.findFirst({ where: { cluster, stage: { not: 'closed' } } })
}

export async function openDrills(db: Pick<Db, 'prisma'>): Promise<readonly DrillRow[]> {
  return db.prisma.drill.findMany({ where: { stage: { not: 'closed' } }, orderBy: { number: 'asc' } })
}

/** Newest first; `before` is the number that the page before ended with. */
export async function pageOfDrills(db: Pick<Db, 'prisma'>, limit: number, before: number | null): Promise<readonly DrillRow[]> {
  return db.prisma.drill.findMany({
    ...(before === null ? {} : { where: { number: { lt: before } } }),
    orderBy: { number: 'desc' },
    take: limit,
  })
}

/** The newest run that says it belongs to a drill. */
export async function runOfDrill(
  db: Pick<Db, 'prisma'>,
  drill: string,
): Promise<{
  readonly id: string
  readonly incident: string
  readonly stage: string
  readonly outcome: string | null
  readonly closedAt: Date | null
} | null> {
  return db.prisma.run.findFirst({
    where: { drill },
    orderBy: { startedAt: 'desc' },
    select: { id: true, incident: true, stage: true, outcome: true, closedAt: true },
  })
}

export function drillView(row: DrillRow): DrillView {
  const iso = (at: Date | null) => at?.toISOString() ?? null
  return {
    id: row.id,
    scenario: row.scenario,
    title: row.title,
    runbook: row.runbook,
    cluster: row.cluster,
    speed: row.speed === 'max' ? 'max' : Number(row.speed),
    fill: row.fill,
    stage: row.stage as DrillView['stage'],
    startedAt: row.startedAt.toISOString(),
    injectedAt: iso(row.injectedAt),
    detectedAt: iso(row.detectedAt),
    acknowledgedAt: iso(row.acknowledgedAt),
    recoveredAt: iso(row.recoveredAt),
    closedAt: iso(row.closedAt),
    incident: row.incidentId,
    run: row.runId,
    outcome: row.outcome,
    note: row.note,
  }
}

/** Clusters made for a drill that is over, oldest first. */
export async function spentDrillClusters(db: Pick<Db, 'prisma'>): Promise<readonly string[]> {
  const rows = await db.prisma.drill.findMany({
    where: { stage: 'closed', ownSandbox: true },
    orderBy: { number: 'asc' },
    select: { cluster: true },
  })
  return rows.map((row) => row.cluster)
}
