import { z } from 'zod'
import type { Actor, Permit } from '../auth/schema.ts'
import type { ApiRequest, ClusterApi } from '../cluster/port.ts'
import { clusterNow } from '../cluster/rules.ts'
import type { Freshness } from '../cluster/schema.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import { at, text } from '../kernel/wire.ts'
import { fillText } from '../runbooks/evaluate-expression.ts'
import type { PlannedStep } from '../runbooks/rules.ts'
import type { RunbookPreview, RunbookReadiness } from '../runbooks/view.ts'
import { identityFor } from './acting-rules.ts'
import { kubectlOf } from './actions/kubectl-rules.ts'
import { bindingsOf } from './ground.ts'
import { begin } from './machine.ts'
import { type Looked, lookAhead } from './preview-step.ts'
import { quarantineOf, tiersOf } from './quarantine.ts'
import { planOfRun, type RunState } from './rules.ts'
import { argocdOf, recordedFor } from './start-run.ts'
import type { RunsContext } from './store.ts'

export const LookOver = z.object({ name: z.string(), cluster: z.string() })
export type LookOver = z.infer<typeof LookOver>
type Refusal = { readonly code: 'not-found' | 'not-now'; readonly message: string }
type Seen = {
  readonly run: RunState
  readonly observedAt: string
  readonly freshness: Freshness
  readonly steps: readonly { readonly planned: PlannedStep; readonly title: string; readonly looked: Looked }[]
}

const SHOWN = 50

/** Plans every act of a runbook as a run that began now would, and carries none of them out. */
async function lookOver(ctx: RunsContext, by: Actor, input: LookOver): Promise<Result<Seen, Refusal>> {
  const file = await ctx.runbooks.get(input.name)
  if (!file) return no({ code: 'not-found', message: `there is no runbook ${input.name}` })
  if (!file.document)
    return no({ code: 'not-now', message: `runbook ${input.name} has problems: ${file.problems[0]?.message ?? 'it cannot be read'}` })
  const watched = ctx.clusters.get(input.cluster)
  if (!watched) return no({ code: 'not-found', message: `there is no cluster ${input.cluster}` })
  const { document } = file
  const board = ctx.impacts.of(input.cluster)
  const observedAt = new Date(clusterNow(watched.clock)).toISOString()
  const t0 = board?.t0() ?? observedAt
  const signal =
    ctx.impacts
      .signals()
      .find((one) => one.cluster === input.cluster && one.closedAt === null && one.kind === document.spec.answers?.signal) ?? null
  const namespace = argocdOf(ctx, input.cluster, signal)
  const quarantine = await quarantineOf(watched, { t0: new Date(t0), disruptedAt: signal?.since ?? null, namespace }, signal)
  const tiers = await tiersOf(watched, board, new Date(t0), namespace, quarantine)
  const run = begin('look-over', {
    kind: 'run.started',
    version: 1,
    at: observedAt,
    actor: { kind: by.kind, id: by.id, roles: [...by.roles] },
    data: {
      runbook: file.name,
      hash: file.hash,
      document,
      kind: watched.entry.mode === 'drill' ? 'drill' : 'incident',
      clusters: [{ name: input.cluster, incarnation: watched.inventory.facts().incarnation }],
      incident: '',
      drill: null,
      signal: signal?.id ?? null,
      t0,
      lead: by.id,
      parameters: Object.fromEntries(Object.entries(document.spec.parameters ?? {}).map(([name, one]) => [name, one.default ?? null])),
      argocd: { namespace },
      quarantine,
      tiers,
      badAtT0: [],
      recordedSince: await recordedFor(watched.history, t0),
      disruptedAt: null,
      detectedAt: null,
      acknowledgedAt: null,
      clock: watched.clock,
    },
  })
  const identity = identityFor(watched.entry, by)
  const steps: { planned: PlannedStep; title: string; looked: Looked }[] = []
  for (const planned of planOfRun(run).steps.filter((one) => one.kind === 'do'))
    steps.push({
      planned,
      title: await fillText(planned.title, bindingsOf(run)),
      looked: await lookAhead(ctx, run, planned, by.id, identity),
    })
  return ok({ run, observedAt, freshness: watched.inventory.facts().freshness, steps })
}

/** GET /runbooks/{name}/preview */
export async function previewRunbook(
  ctx: RunsContext,
  permit: Permit<'runbook.read'>,
  input: LookOver,
): Promise<Result<RunbookPreview, Refusal>> {
  const seen = await lookOver(ctx, permit.by, input)
  if (!seen.ok) return seen
  const { run, observedAt, freshness, steps } = seen.value
  return ok({
    runbook: input.name,
    cluster: input.cluster,
    t0: run.started.t0,
    observedAt,
    freshness,
    steps: steps.map(({ planned, title, looked }) => {
      const items = (looked.plan?.items ?? []).filter((one) => one.state !== 'already-so')
      return {
        id: planned.id,
        title,
        total: items.length,
        objects: items.slice(0, SHOWN).map((one) => one.item.object),
        refusal: looked.refusal ?? '',
        kubectl: kubectlOf(items.slice(0, SHOWN)),
      }
    }),
  })
}

/** GET /runbooks/{name}/readiness: the API server is asked whether each kind of request would be allowed; nothing is sent. */
export function showReadiness(
  ctx: RunsContext,
  permit: Permit<'runbook.read'>,
  input: LookOver,
): Promise<Result<RunbookReadiness, Refusal>> {
  return readinessOn(ctx, permit.by, input)
}

const NOBODY: Actor = { kind: 'system', id: 'readiness', name: 'Blackstart', email: null, roles: [] }

/** Readiness for somebody, or for nobody in particular: then no permission is asked where people act under their own names. */
export async function readinessOn(ctx: RunsContext, who: Actor | null, input: LookOver): Promise<Result<RunbookReadiness, Refusal>> {
  const seen = await lookOver(ctx, who ?? NOBODY, input)
  if (!seen.ok) return seen
  const identity = ctx.clusters.get(input.cluster)?.entry.identity
  const asks = who !== null || identity === undefined || identity === 'account'
  const asked = new Map<string, Promise<boolean | null>>()
  const steps: RunbookReadiness['steps'] = []
  for (const { planned, title, looked } of seen.value.steps)
    steps.push({ id: planned.id, title, ...(await readinessOf(looked, asks ? asked : null)) })
  const state = steps.some((one) => one.state === 'action-required')
    ? 'action-required'
    : steps.some((one) => one.state === 'ready')
      ? 'ready'
      : 'unknown'
  const { observedAt, freshness } = seen.value
  return ok({ runbook: input.name, cluster: input.cluster, observedAt, freshness, state, steps })
}

async function readinessOf(
  looked: Looked,
  asked: Map<string, Promise<boolean | null>> | null,
): Promise<Pick<RunbookReadiness['steps'][number], 'state' | 'what'>> {
  if (looked.refusal) return { state: 'action-required', what: looked.refusal }
  const requests = (looked.plan?.items ?? []).flatMap((one) => (one.request ? [one.request] : []))
  if (!looked.ground || requests.length === 0)
    return { state: 'unknown', what: 'There is nothing for it to touch now, so nothing could be asked.' }
  if (asked === null) return { state: 'unknown', what: 'What is allowed differs from person to person: ask as the one who would act.' }
  let unsure = false
  for (const request of requests) {
    const attributes = attributesOf(request)
    const key = JSON.stringify(attributes)
    const answer = asked.get(key) ?? isAllowed(looked.ground.api, attributes)
    asked.set(key, answer)
    const allowed = await answer
    if (allowed === false)
      return {
        state: 'action-required',
        what: `${tell(attributes)} is not allowed to you there: let it be granted, or let somebody act who may.`,
      }
    unsure ||= allowed === null
  }
  return unsure ? { state: 'unknown', what: 'The cluster did not say what is allowed.' } : { state: 'ready', what: '' }
}

type Attributes = {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
}
const VERB = { GET: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' } as const

function attributesOf({ method, path }: ApiRequest): Attributes {
  const parts = path.split('/').filter(Boolean)
  const core = parts[0] === 'api'
  const rest = parts.slice(core ? 2 : 3)
  const scoped = rest[0] === 'namespaces' && rest.length > 2 && rest[2] !== 'finalize'
  const [resource = '', , subresource = ''] = scoped ? rest.slice(2) : rest
  return { verb: VERB[method], group: core ? '' : (parts[1] ?? ''), resource, subresource, namespace: scoped ? (rest[1] ?? '') : '' }
}

function tell({ verb, group, resource, subresource, namespace }: Attributes): string {
  return `${verb} ${resource}${group ? `.${group}` : ''}${subresource ? `/${subresource}` : ''}${namespace ? ` in ${namespace}` : ''}`
}

async function isAllowed(api: ClusterApi, resourceAttributes: Attributes): Promise<boolean | null> {
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } }
  const answer = await api.request({ method: 'POST', path, body }).catch(() => null)
  if (answer?.status !== 201) return null
  return text(at(answer.body, 'status', 'evaluationError')) === '' ? at(answer.body, 'status', 'allowed') === true : null
}
