import { createHash } from 'node:crypto'
import { write } from '../argocd/write-client.ts'
import type { Permit } from '../auth/schema.ts'
import { Unreachable } from '../cluster/port.ts'
import { canonicalJson } from '../kernel/canonical-json.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import { at, text } from '../kernel/wire.ts'
import { setsOfAction } from '../runbooks/lint-rules.ts'
import type { PlannedStep } from '../runbooks/rules.ts'
import { actingForbidden, identityFor, identityForbidden } from './acting-rules.ts'
import type { PlannedAct, PlannedItem } from './actions/act-schema.ts'
import { kubectlOf } from './actions/kubectl-rules.ts'
import { planAct } from './actions/plan-act.ts'
import { controllersOf } from './actions/tell-controllers.ts'
import { groundOf } from './drive-runs.ts'
import { askOtherCluster, type Ground, NotReadable } from './ground.ts'
import { OutOfBounds } from './resolve-set.ts'
import { documentOf, plannedStep, type RunState } from './rules.ts'
import { loadRun, type RunningContext } from './store.ts'
import type { PreviewView } from './view.ts'

const VALID_MS = 10 * 60_000
const SHOWN = 200
const AT_ONCE = 6

/** What an approval and an act bind to: the action, its sets with their bounds, and the fields it changes; not the objects, which may leave. */
export function digestOf(run: RunState, planned: PlannedStep): string {
  const spec = planned.source.do ?? {}
  const sets = Object.fromEntries(
    (planned.action === 'reverse' ? [] : setsOfAction(spec)).map((name) => [name, documentOf(run).spec.sets?.[name] ?? null]),
  )
  const bound = {
    run: run.id,
    hash: run.started.hash,
    step: planned.id,
    attempt: run.steps[planned.id]?.attempt ?? 1,
    cluster: run.started.clusters[0] ?? null,
    spec,
    sets,
  }
  return createHash('sha256')
    .update(canonicalJson(JSON.parse(JSON.stringify(bound))))
    .digest('hex')
    .slice(0, 32)
}

/** `<what>.<how many>`: more objects than were shown need another look, unless their number is bounded by the set. */
export function digestFits(given: string, now: string, isBounded: boolean): boolean {
  const [what, count = '0'] = given.split('.')
  const [whatNow, countNow = '0'] = now.split('.')
  return what === whatNow && (isBounded || Number(countNow) <= Number(count))
}

export function isBounded(run: RunState, planned: PlannedStep): boolean {
  const spec = planned.source.do
  return (
    spec !== undefined &&
    planned.action !== 'reverse' &&
    setsOfAction(spec).length > 0 &&
    setsOfAction(spec).every((name) => documentOf(run).spec.sets?.[name]?.expect?.max !== undefined)
  )
}

export type Looked = {
  readonly plan: PlannedAct | null
  readonly digest: string
  readonly refusal: string | null
  readonly ground: Ground | null
}

/** What a step would do now, by reading only; why it cannot be told otherwise. */
export async function lookAhead(
  ctx: RunningContext,
  run: RunState,
  planned: PlannedStep,
  actor: string,
  identity: { user: string; groups: readonly string[] } | null,
): Promise<Looked> {
  const what = digestOf(run, planned)
  try {
    const ground = await groundOf(ctx, run, null)
    const acting: Ground = { ...ground, api: ground.watched.api.as(identity) }
    const { entry } = ground.watched
    const other = await askOtherCluster(ground)
    if (other) return { plan: null, digest: `${what}.0`, refusal: other, ground: null }
    const plan = await planAct(acting, planned.source.do ?? {}, `preview-${actor}`, planned.id)
    const digest = `${what}.${plan.items.length}`
    return {
      plan,
      digest,
      ground: acting,
      refusal: actingForbidden(entry, run.started.kind) || identityForbidden(identity) || null,
    }
  } catch (error) {
    const known =
      error instanceof Unreachable ||
      error instanceof NotReadable ||
      error instanceof OutOfBounds ||
      (error instanceof Error && error.name === 'NoSuchCluster')
    const message = error instanceof Error ? error.message : String(error)
    return { plan: null, digest: `${what}.0`, refusal: known ? message : `it cannot be done now: ${message}`, ground: null }
  }
}

function diffOf(item: PlannedItem): PreviewView['dryRun'][number]['diff'] {
  const say = (value: unknown, absent: boolean | undefined) => (absent ? '' : typeof value === 'string' ? value : JSON.stringify(value))
  return item.item.changes.map((change) => ({
    path: change.path,
    was: say(change.old, change.oldAbsent),
    becomes: say(change.new, change.newAbsent),
  }))
}

async function dryRun(ground: Ground, item: PlannedItem): Promise<PreviewView['dryRun'][number]> {
  const shown = { object: item.item.object, verb: item.item.verb, diff: diffOf(item) }
  if (!item.request) return { ...shown, verb: 'none', answer: item.note, ok: item.state === 'already-so' }
  try {
    const passed = (namespace: string, name: string) =>
      ground.ledger.some((row) => row.object.kind === 'Application' && row.object.namespace === namespace && row.object.name === name)
    const answer = await write(
      ground.api,
      { ...item.request, query: { ...item.request.query, dryRun: 'All' } },
      { passedLedger: passed, override: '', forbidden: '' },
    )
    if (!answer.ok) return { ...shown, answer: answer.error.message, ok: false }
    const { status, body } = answer.value
    return {
      ...shown,
      answer:
        status < 300 ? `the API server would accept it (${status})` : text(at(body, 'message')) || `the API server answered ${status}`,
      ok: status < 300,
    }
  } catch (error) {
    return { ...shown, answer: error instanceof Error ? error.message : String(error), ok: false }
  }
}

async function dryRuns(ground: Ground, items: readonly PlannedItem[]): Promise<PreviewView['dryRun']> {
  const out: PreviewView['dryRun'] = []
  const queue = [...items.entries()]
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = queue.shift(); next; next = queue.shift()) out[next[0]] = await dryRun(ground, next[1])
    }),
  )
  return out
}

/** Shows what a step would do now: the API server's dry run per object, what controllers would do then, the same as kubectl. Changes nothing. */
export async function previewStep(
  ctx: RunningContext,
  permit: Permit,
  input: { readonly id: string; readonly step: string },
): Promise<Result<PreviewView, { readonly code: 'not-found'; readonly message: string }>> {
  const run = await loadRun(ctx.db, input.id)
  const planned = run ? plannedStep(run, input.step) : undefined
  if (!run || !planned) return no({ code: 'not-found', message: `there is no step ${input.step} in run ${input.id}` })
  const validUntil = new Date(Date.now() + VALID_MS).toISOString()
  if (planned.kind !== 'do') return ok({ digest: '', validUntil, total: 0, dryRun: [], controllers: [], refusal: null, kubectl: [] })
  const entry = ctx.clusters.get(run.started.clusters[0]?.name ?? '')?.entry
  const looked = await lookAhead(ctx, run, planned, permit.by.id, identityFor(entry, permit.by))
  const items = looked.plan?.items ?? []
  const shown = items.slice(0, SHOWN)
  const tried = looked.ground ? await dryRuns(looked.ground, shown) : []
  const gate = tried.find((one) => !one.ok && one.verb !== 'none')
  return ok({
    digest: looked.digest,
    validUntil,
    total: items.length,
    dryRun: tried,
    controllers:
      looked.ground && looked.plan
        ? [
            ...looked.plan.notes.map((what) => ({ what, objects: 0, how: '', severity: 'info' as const })),
            ...controllersOf(looked.ground, planned, looked.plan),
          ]
        : [],
    refusal: looked.refusal
      ? { code: 'not-now', message: looked.refusal }
      : gate && tried.every((one) => !one.ok)
        ? { code: 'dry-run-refused', message: gate.answer }
        : null,
    kubectl: kubectlOf(items),
  })
}
