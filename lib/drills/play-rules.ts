import type { RunView } from '../runs/view.ts'
import type { DrillView } from './view.ts'

export type Played = {
  readonly drill: DrillView
  readonly run: RunView | null
  /** Why it did not come to its end; '' when it did. */
  readonly trouble: string
}

export type Judged = { readonly ok: boolean; readonly why: readonly string[] }

/** Passed only when the run ended as planned, the services came back, and no checkpoint gave way meanwhile. */
export function judge(played: Played, regressed: readonly string[]): Judged {
  const why = [
    ...(played.trouble ? [played.trouble] : []),
    ...(played.run && played.run.stage === 'closed' && played.run.outcome !== 'completed' && !played.trouble
      ? [`the run ended ${played.run.outcome?.replaceAll('-', ' ')}`]
      : []),
    ...(played.drill.recoveredAt === null ? ['the services did not come back'] : []),
    ...regressed.map((step) => `checkpoint ${step} did not hold`),
  ]
  return { ok: why.length === 0, why }
}
