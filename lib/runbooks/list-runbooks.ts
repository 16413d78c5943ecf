import { namesOf } from '../audit/store.ts'
import type { Permit } from '../auth/schema.ts'
import { databaseAway } from '../db/away.ts'
import type { Db } from '../db/client.ts'
import { parseDuration } from '../kernel/duration.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import { kubectlTemplate } from './kubectl-rules.ts'
import type { Readiness, RunbookFile, Runbooks } from './port.ts'
import { planOf } from './rules.ts'
import type { Check } from './schema.ts'
import type { RunbookRow, RunbookView } from './view.ts'

export type RunbooksContext = { readonly runbooks: Runbooks; readonly db: Pick<Db, 'pool'>; readonly readiness?: Readiness }
type Past = {
  id: string
  hash: string
  kind: string
  started_at: Date
  closed_at: Date
  /** How much faster than the wall the cluster's time ran. */
  factor: number | null
  own_sandbox: boolean | null
  lead: string
  lead_kind: string | null
}

/** Completed runs of a runbook, newest first: what was rehearsed, on what, by whom, and how long it took. */
async function pastOf(ctx: RunbooksContext, name: string): Promise<Past[]> {
  const { rows } = await ctx.db.pool.query<Past>(
    `SELECT r.id, r.hash, r.kind, r.started_at, r.closed_at, r.lead, d.own_sandbox,
            (r.state #>> '{started,clock,factor}')::float8 AS factor,
            (SELECT a.actor_kind FROM audit_entry a WHERE a.stream = 'run:' || r.id AND a.actor_id = r.lead LIMIT 1) AS lead_kind
     FROM run r LEFT JOIN drill d ON d.id::text = r.drill
     WHERE r.runbook = $1 AND r.stage = 'closed' AND r.outcome <> 'aborted' ORDER BY r.closed_at DESC LIMIT 50`,
    [name],
  )
  return rows
}

const GROUNDS = ['tabletop', 'sandbox', 'drill-cluster']

function groundOf(one: Past): string {
  if (one.kind === 'tabletop') return 'tabletop'
  return one.own_sandbox === false ? 'drill-cluster' : 'sandbox'
}

/** The newest run by people, and the newest that only a token led: a different word, and only the first is a rehearsal. */
async function badgesOf(ctx: RunbooksContext, file: RunbookFile, past: readonly Past[]): Promise<RunbookRow['badges']> {
  const rehearsals = past.filter((one) => one.kind !== 'incident')
  const byPeople = rehearsals.find((one) => one.lead_kind === 'person')
  const byMachine = rehearsals.find((one) => one.lead_kind !== 'person')
  const badges: RunbookRow['badges'] = []
  for (const [by, one] of [
    ['people', byPeople],
    ['machine', byMachine],
  ] as const) {
    if (!one) continue
    badges.push({
      by,
      at: one.closed_at.toISOString(),
      ground: groundOf(one),
      hash: one.hash,
      who: by === 'people' ? await peopleOf(ctx, one.id) : [],
      changedSince: one.hash !== file.hash,
    })
  }
  return badges
}

/** The names of everybody who did something in a run; an erased name is left out. */
async function peopleOf(ctx: RunbooksContext, run: string): Promise<string[]> {
  const { rows } = await ctx.db.pool.query<{ id: string }>(
    `SELECT DISTINCT actor_id AS id FROM audit_entry WHERE stream = $1 AND actor_kind = 'person'`,
    [`run:${run}`],
  )
  const names = await namesOf(
    ctx.db,
    rows.map((row) => row.id),
  )
  return rows.map((row) => names.get(row.id) ?? row.id).sort()
}

/** How long the newest real or rehearsed recovery took, from its start to its end, in the cluster's time. */
function lastRta(past: readonly Past[]): number | null {
  const last = past.find((one) => one.kind !== 'tabletop')
  if (!last) return null
  return Math.round((last.closed_at.getTime() - last.started_at.getTime()) * (last.factor ?? 1))
}

/** When it is to be rehearsed again: only people on the ground that the runbook asks for, or a better one, count. */
function rehearsalDue(file: RunbookFile, badges: RunbookRow['badges']): string | null {
  const wanted = file.document?.spec.rehearse
  if (!wanted) return null
  const counts = badges.find((badge) => badge.by === 'people' && GROUNDS.indexOf(badge.ground) >= GROUNDS.indexOf(wanted.ground))
  const from = counts ? Date.parse(counts.at) + (parseDuration(wanted.every) ?? 0) : Date.now()
  return new Date(from).toISOString()
}

type Known = Pick<RunbookRow, 'pastKnown' | 'badges' | 'lastRtaMs' | 'rehearsalDue'>

async function knownOf(ctx: RunbooksContext, file: RunbookFile): Promise<Known> {
  try {
    const past = await pastOf(ctx, file.name)
    const badges = await badgesOf(ctx, file, past)
    return { pastKnown: true, badges, lastRtaMs: lastRta(past), rehearsalDue: rehearsalDue(file, badges) }
  } catch (error) {
    if (!databaseAway(error)) throw error
    return { pastKnown: false, badges: [], lastRtaMs: null, rehearsalDue: null }
  }
}

async function rowOf(ctx: RunbooksContext, file: RunbookFile): Promise<RunbookRow> {
  const { document } = file
  const plan = document ? planOf(document) : null
  return {
    name: file.name,
    title: document?.spec.title ?? file.name,
    owner: document?.metadata.owner ?? '',
    hash: file.hash,
    answers: document?.spec.answers?.signal ?? null,
    rtoMs: document?.spec.rto ? parseDuration(document.spec.rto) : null,
    phases: plan?.phases.length ?? 0,
    steps: plan?.steps.length ?? 0,
    readiness: document ? (ctx.readiness?.of(file.name) ?? 'unknown') : 'action-required',
    ...(await knownOf(ctx, file)),
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
  for (const file of await ctx.runbooks.all()) items.push(await rowOf(ctx, file))
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
  const row = await rowOf(ctx, file)
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
