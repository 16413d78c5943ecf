import type { IncidentSummary } from '#lib/impact/view'

export type OpenRun = { readonly id: string; readonly runbook: string; readonly kind: IncidentSummary['kind']; readonly incident: string }

/** The run that somebody should be working on: of a real incident before a rehearsal, the newest first. */
export function openRun(incidents: readonly IncidentSummary[]): OpenRun | null {
  const open = incidents
    .filter((incident) => incident.closedAt === null)
    .sort((a, b) => Number(b.kind === 'incident') - Number(a.kind === 'incident') || b.openedAt.localeCompare(a.openedAt))
    .flatMap((incident) =>
      incident.runs
        .filter((run) => run.stage !== 'closed')
        .map((run) => ({ id: run.id, runbook: run.runbook, kind: incident.kind, incident: incident.id })),
    )
  return open[0] ?? null
}
