import type { Permit } from '../auth/schema.ts'
import type { Db } from '../db/client.ts'
import { parseDuration } from '../kernel/duration.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import { kubectlTemplate } from './kubectl-rules.ts'
import type { RunbookFile, Runbooks } from './port.ts'
import { planOf } from './rules.ts'
import type { Check } from './schema.ts'
import type { RunbookRow, RunbookView } from './view.ts'

export type RunbooksContext = { readonly runbooks: Runbooks; readonly db: Pick<Db, 'pool'> }
type Past = { hash: string; kind: string; started_at: Date; closed_at: Date; clusters: string[]; lead: string; outcome: string }

/** Completed runs of a runbook, newest first: what was rehearsed, by whom, and how long it took. */
async function pastOf(ctx: RunbooksContext, name: string): Promise<Past[]> {
  const { rows } = await ctx.db.pool.query<Past>(
    `SELECT hash, kind, started_at, closed_at, clusters, lead, outcome FROM run WHERE runbook = $1 AND stage = 'closed' AND outcome <> 'aborted' ORDER BY closed_at DESC LIMIT 50`,
    [name],
  )
  return rows
}

function rowOf(file: RunbookFile, past: readonly Past[]): RunbookRow {
  const { document } = file
  const plan = document ? planOf(document) : null
  const rehearsed = past.find((one) => one.kind === 'drill')
  const every = document?.spec.rehearse ? parseDuration(document.spec.rehearse.every) : null
  const last = past[0]
  return {
    name: file.name,
    title: document?.spec.title ?? file.name,
    owner: document?.metadata.owner ?? '',
    hash: file.hash,
    answers: document?.spec.answers?.signal ?? null,
    rtoMs: document?.spec.rto ? parseDuration(document.spec.rto) : null,
    phases: plan?.phases.length ?? 0,
    steps: plan?.steps.length ?? 0,
    readiness: document ? 'unknown' : 'action-required',
    badges: rehearsed
      ? [
          {
            by: 'people',
            at: rehearsed.closed_at.toISOString(),
            ground: 'sandbox',
            hash: rehearsed.hash,
            who: [rehearsed.lead],
            changedSince: rehearsed.hash !== file.hash,
          },
        ]
      : [],
    lastRtaMs: last ? last.closed_at.getTime() - last.started_at.getTime() : null,
    rehearsalDue: every === null ? null : new Date((rehearsed?.closed_at.getTime() ?? Date.now()) + (rehearsed ? every : 0)).toISOString(),
    problems: file.problems.map((problem) => `${file.file}:${problem.line}:${problem.column} ${problem.message}`),
  }
}

/** GET /runbooks */
export async function listRunbooks(
  ctx: RunbooksContext,
  _permit: Permit,
  _input: unknown = {},
): Promise<Result<{ items: RunbookRow[]; next: null }, never>> {
  const items: RunbookRow[] = []
  for (const file of await ctx.runbooks.all()) items.push(rowOf(file, await pastOf(ctx, file.name)))
  return ok({ items, next: null })
}

/** GET /runbooks/{name} */
export async function showRunbook(
  ctx: RunbooksContext,
  _permit: Permit,
  input: { readonly name: string },
): Promise<Result<RunbookView, { readonly code: 'not-found'; readonly message: string }>> {
  const file = await ctx.runbooks.get(input.name)
  if (!file) return no({ code: 'not-found', message: `there is no runbook ${input.name}` })
  const row = rowOf(file, await pastOf(ctx, file.name))
  const { document } = file
  const plan = document ? planOf(document) : { phases: [], steps: [] }
  return ok({
    ...row,
    text: document?.spec.text ?? '',
    source: file.source,
    plan: plan.phases.map((phase) => ({
      id: phase.id,
      title: phase.title,
      steps: plan.steps
        .filter((step) => step.phase === phase.id)
        .map((step) => ({
          id: step.id,
          title: step.title,
          kind: step.kind,
          why: step.source.why ?? '',
          danger: step.source.danger ?? '',
          text: step.source.text ?? step.source.confirm ?? step.source.ask ?? '',
          action: step.action,
          needs: [...step.needs],
          reversible: step.reversible,
          verify: step.checks.map((check) => check.title ?? describe(check)),
          takesMs: step.takesMs,
          approval: step.approval
            ? `${step.approval.count} ${step.approval.from}${step.approval.alone === 'never' ? ', never alone' : `, alone after ${step.approval.alone.after}`}`
            : null,
          kubectl: document ? kubectlTemplate(step.source, document) : [],
        })),
    })),
  })
}

function describe(check: Check): string {
  return Object.entries(check)
    .filter(([key]) => key !== 'title')
    .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ')
}
