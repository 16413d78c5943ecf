import type { AuditEntry } from '../audit/schema.ts'
import { namesOf, readStream } from '../audit/store.ts'
import type { Permit } from '../auth/schema.ts'
import { ok, type Result } from '../kernel/result.ts'
import { planOfRun, waitingFor } from './rules.ts'
import { clockOf, clocksOf } from './show-run.ts'
import { loadRun, type RunningContext, readLedger, streamOf } from './store.ts'
import type { LedgerRow, RunSummary } from './view.ts'

export type RunFilter = {
  readonly cluster?: string | undefined
  readonly incident?: string | undefined
  readonly open?: boolean | undefined
  readonly limit?: number | undefined
  readonly cursor?: string | undefined
}

/** GET /runs: newest first. */
export async function listRuns(
  ctx: RunningContext,
  _permit: Permit,
  input: RunFilter = {},
): Promise<Result<{ items: RunSummary[]; next: string | null }, never>> {
  const limit = Math.min(input.limit ?? 50, 200)
  const { rows } = await ctx.db.pool.query<{ id: string }>(
    `SELECT id FROM run WHERE ($1::text IS NULL OR $1 = ANY(clusters)) AND ($2::text IS NULL OR incident = $2) AND (NOT $3 OR stage <> 'closed') AND ($4::uuid IS NULL OR id < $4::uuid) ORDER BY id DESC LIMIT $5`,
    [input.cluster ?? null, input.incident ?? null, input.open ?? false, input.cursor ?? null, limit + 1],
  )
  const items: RunSummary[] = []
  const leads: string[] = []
  for (const { id } of rows.slice(0, limit)) {
    const run = await loadRun(ctx.db, id)
    if (!run) continue
    leads.push(run.lead)
    const steps = planOfRun(run).steps
    items.push({
      id,
      version: run.runVersion,
      runbook: run.started.runbook,
      title: run.started.document.spec.title,
      kind: run.started.kind,
      clusters: run.started.clusters.map((one) => one.name),
      incident: run.started.incident,
      drill: run.started.drill,
      stage: run.stage,
      outcome: run.outcome,
      waitingFor: waitingFor(run).what,
      lead: run.lead,
      leadName: null,
      clocks: clocksOf(run, clockOf(ctx.clusters, run)),
      steps: { total: steps.length, closed: steps.filter((step) => run.steps[step.id]?.stage === 'closed').length },
    })
  }
  const names = await namesOf(ctx.db, leads)
  const named = items.map((item) => ({ ...item, leadName: names.get(item.lead ?? '') ?? null }))
  return ok({ items: named, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null })
}

/** GET /runs/{id}/entries: the run's part of the chain, in order. */
export async function listEntries(
  ctx: Pick<RunningContext, 'db'>,
  _permit: Permit,
  input: { readonly id: string; readonly from?: number | undefined },
): Promise<Result<{ items: AuditEntry[]; next: null }, never>> {
  return ok({ items: await readStream(ctx.db, streamOf(input.id), input.from ?? 1), next: null })
}

/** GET /ledger: temporary changes, those in force unless all are asked for. */
export async function listLedger(
  ctx: Pick<RunningContext, 'db'>,
  _permit: Permit,
  input: { readonly cluster?: string | undefined; readonly run?: string | undefined; readonly all?: boolean | undefined } = {},
): Promise<Result<{ items: LedgerRow[]; next: null }, never>> {
  return ok({ items: await readLedger(ctx.db, { cluster: input.cluster, run: input.run, open: !input.all, limit: 2_000 }), next: null })
}
