import type { DrillView } from './view.ts'

export type DrillStage = DrillView['stage']

/** What of a drill decides where it goes next; times are RFC 3339 on its cluster's clock. */
export type DrillState = {
  readonly stage: DrillStage
  readonly injectedAt: string | null
  readonly detectedAt: string | null
  readonly acknowledgedAt: string | null
  readonly recoveredAt: string | null
  readonly signalId: string | null
  readonly incidentId: string | null
  readonly runId: string | null
}

/** What is seen of its cluster and its players. */
export type DrillSight = {
  readonly now: string
  /** Critical signals of the cluster, oldest first. */
  readonly signals: readonly {
    readonly id: string
    readonly openedAt: string
    readonly acknowledgedAt: string | null
    readonly incident: string | null
  }[]
  /** Every service well, every Argo CD running, and what is known is fresh. */
  readonly well: boolean
  readonly run: { readonly id: string; readonly incident: string; readonly stage: string; readonly outcome: string | null } | null
}

export type DrillStep = Partial<{ -readonly [K in keyof DrillState]: DrillState[K] }> & { outcome?: string }

/** What follows from what is seen; null when nothing new does. Times once taken never change. */
export function advance(drill: DrillState, sight: DrillSight): DrillStep | null {
  if (drill.stage === 'preparing' || drill.stage === 'announced' || drill.stage === 'closed' || drill.injectedAt === null) return null
  const { injectedAt } = drill
  const step: DrillStep = {}
  // A signal that was open before the fault is not its detection.
  const signal = sight.signals.find((one) => one.id === drill.signalId) ?? sight.signals.find((one) => one.openedAt >= injectedAt)
  if (signal && drill.detectedAt === null) Object.assign(step, { detectedAt: signal.openedAt, signalId: signal.id })
  if (signal?.acknowledgedAt && drill.acknowledgedAt === null) step.acknowledgedAt = signal.acknowledgedAt
  const { run } = sight
  const incident = run?.incident ?? signal?.incident ?? null
  if (incident !== null && drill.incidentId !== incident) step.incidentId = incident
  if (run && drill.runId !== run.id) step.runId = run.id
  const detected = drill.detectedAt !== null || step.detectedAt !== undefined
  if (detected && sight.well && drill.recoveredAt === null) step.recoveredAt = sight.now
  const stage = stageOf(drill.stage, run)
  if (stage !== drill.stage) step.stage = stage
  if (stage === 'closed') step.outcome = run?.outcome ?? 'completed'
  return Object.keys(step).length > 0 ? step : null
}

function stageOf(stage: DrillStage, run: DrillSight['run']): DrillStage {
  if (run?.stage === 'closed') return 'closed'
  if (stage === 'injecting' || !run) return stage
  return run.stage === 'stabilizing' || run.stage === 'cleanup' ? run.stage : 'running'
}
