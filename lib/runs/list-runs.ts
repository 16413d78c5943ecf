import { namesOf, readStream } from '../audit/store.ts'
import type { EntryRow } from '../audit/view.ts'
import type { Permit } from '../auth/schema.ts'
import { no, ok, type Result } from '../kernel/result.ts'
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

export type NoSuchRun = { readonly code: 'not-found'; readonly message: string }

/** GET /runs/{id}/entries: the run's part of the chain, in order. */
export async function listEntries(
  ctx: Pick<RunningContext, 'db'>,
  _permit: Permit,
  input: {
    readonly id: string
    readonly from?: number | undefined
    readonly limit?: number | undefined
    readonly cursor?: number | undefined
  },
): Promise<Result<{ items: EntryRow[]; next: string | null }, NoSuchRun>> {
  if (!(await loadRun(ctx.db, input.id))) return no({ code: 'not-found', message: `there is no run ${input.id}` })
  const from = Math.max(input.from ?? 1, (input.cursor ?? 0) + 1)
  const entries = await readStream(ctx.db, streamOf(input.id), from)
  const items = entries.slice(0, input.limit).map((one) => ({ ...one, at: new Date(one.at).toISOString(), hashedAt: one.at }))
  return ok({ items, next: items.length < entries.length ? String(items.at(-1)?.streamVersion ?? '') : null })
}

/** GET /ledger: temporary changes, those in force unless all are asked for. */
export async function listLedger(
  ctx: Pick<RunningContext, 'db'>,
  _permit: Permit,
  input: { readonly cluster?: string | undefined; readonly run?: string | undefined; readonly all?: boolean | undefined } = {},
): Promise<Result<{ items: LedgerRow[]; next: null }, never>> {
  return ok({ items: await readLedger(ctx.db, { cluster: input.cluster, run: input.run, open: !input.all, limit: 10_000 }), next: null })
}
