import { createHash } from 'node:crypto'
import type { ActorRef } from '../audit/schema.ts'
import type { Actor, Permit } from '../auth/schema.ts'
import { sqlState } from '../db/client.ts'
import type { JoinedIncident } from '../impact/join-incident.ts'
import type { SignalView } from '../impact/view.ts'
import type { History, Watched } from '../inventory/port.ts'
import { canonicalJson } from '../kernel/canonical-json.ts'
import { newId } from '../kernel/id.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import { credentialsOf } from './credentials-rules.ts'
import { badServicesAt, quarantineOf, tiersOf } from './quarantine.ts'
import type { StartRun } from './schema.ts'
import { showRun } from './show-run.ts'
import { beginRun, type RunsContext } from './store.ts'
import type { RunView } from './view.ts'

export type StartRefusal = {
  readonly code: 'not-found' | 'bad-input' | 'not-now' | 'run-open' | 'key-reused'
  readonly message: string
  readonly run?: string
}

export function actorRef(actor: Actor): ActorRef {
  return { kind: actor.kind, id: actor.id, roles: [...actor.roles] }
}

export function bodyHash(body: unknown): string {
  return createHash('sha256')
    .update(canonicalJson(JSON.parse(JSON.stringify(body))))
    .digest('hex')
}

/** The Argo CD instance that a run is about: the one that is in trouble, else the first. */
export function argocdOf(ctx: Pick<RunsContext, 'impacts'>, cluster: string, signal: SignalView | null): string {
  const instances = ctx.impacts.of(cluster)?.argocd() ?? []
  const scoped = instances.find(
    (one) => one.namespace !== '' && (signal?.scope === one.namespace || signal?.scope.endsWith(`/${one.namespace}`)),
  )
  return (
    (scoped ?? instances.find((one) => one.state !== 'running' && one.namespace !== '') ?? instances.find((one) => one.namespace !== ''))
      ?.namespace || 'argocd'
  )
}

/** What a run takes from the record at its start and keeps. */
async function freezeAt(ctx: RunsContext, watched: Watched, incident: JoinedIncident, namespace: string, signal: SignalView | null) {
  await watched.history.flush()
  const t0 = new Date(incident.t0)
  const board = ctx.impacts.of(watched.entry.name)
  const disruptedAt = incident.disruptedAt ?? signal?.since ?? null
  const quarantine = await quarantineOf(watched, { t0, disruptedAt, namespace }, signal)
  return {
    quarantine,
    tiers: await tiersOf(watched, board, t0, namespace, quarantine),
    credentials: credentialsOf(await watched.history.at(t0), namespace),
    badAtT0: await badServicesAt(watched, board, t0),
    recordedSince: await recordedFor(watched.history, incident.t0),
    disruptedAt,
  }
}

/** Since when what T0 shows is whole: an imported baseline is whole at its own instant, however late recording began. */
export async function recordedFor(history: History, t0: string): Promise<string | null> {
  const since = await history.wholeSince()
  if (since !== null && since <= t0) return since
  return (await history.at(new Date(t0))).length > 0 ? t0 : since
}

/** Why a run of this kind may not start on this cluster; null when it may. */
function refuseGround(watched: Watched, kind: StartRun['kind']): StartRefusal | null {
  const { name, mode } = watched.entry
  if (kind !== 'tabletop' && watched.inventory.facts().replaced)
    return {
      code: 'not-now',
      message: `another cluster answers as ${name}: a lead first has to say whether it was rebuilt or the kubeconfig is wrong`,
    }
  if (kind === 'drill' && mode !== 'drill') return { code: 'bad-input', message: `${name} is a live cluster: a drill never touches one` }
  if (kind === 'incident' && mode === 'drill') return { code: 'bad-input', message: `${name} is for drills: start a run of kind drill` }
  return null
}

/** Starts a run of a runbook: document, T0, clusters and what is in quarantine are frozen in its first entry. Starting twice with one key starts one run. */
export async function startRun(ctx: RunsContext, permit: Permit<'run.start'>, input: StartRun): Promise<Result<RunView, StartRefusal>> {
  const actor = actorRef(permit.by)
  const { key, ...body } = input
  const hash = bodyHash(body)
  const known = await ctx.db.pool.query<{ body_hash: string; answer: { id: string } }>(
    `SELECT body_hash, answer FROM command_key WHERE scope = $1 AND key = $2`,
    [`start:${actor.id}`, key],
  )
  if (known.rows[0])
    return known.rows[0].body_hash === hash
      ? viewOf(ctx, permit, known.rows[0].answer.id)
      : no({ code: 'key-reused', message: 'this key was used for another start' })
  const file = await ctx.runbooks.get(input.runbook)
  if (!file) return no({ code: 'not-found', message: `there is no runbook ${input.runbook}` })
  if (!file.document)
    return no({ code: 'not-now', message: `runbook ${input.runbook} has problems: ${file.problems[0]?.message ?? 'it cannot be read'}` })
  if (input.hash && input.hash !== file.hash)
    return no({ code: 'not-now', message: 'the runbook has changed since you looked: look at it again' })
  const unknown = Object.keys(input.parameters).find((name) => !file.document?.spec.parameters?.[name])
  if (unknown !== undefined) return no({ code: 'bad-input', message: `the runbook has no parameter ${unknown}` })
  const [cluster = ''] = input.clusters
  if (input.clusters.length > 1)
    return no({ code: 'bad-input', message: 'a run acts on one cluster in this release: start one run for each' })
  const watched = ctx.clusters.get(cluster)
  if (!watched) return no({ code: 'not-found', message: `there is no cluster ${cluster}` })
  const wrongGround = refuseGround(watched, input.kind)
  if (wrongGround) return no(wrongGround)
  const signals = ctx.impacts.signals().filter((one) => one.cluster === cluster)
  const signal =
    signals.find((one) => one.id === input.signal) ??
    signals.find((one) => one.closedAt === null && one.kind === file.document?.spec.answers?.signal) ??
    signals.find((one) => one.closedAt === null) ??
    null
  const namespace = argocdOf(ctx, cluster, signal)
  const ground = input.kind === 'tabletop' ? '' : `${cluster}/${namespace}`
  const open = await ctx.db.pool.query<{ id: string; runbook: string }>(
    `SELECT id, runbook FROM run WHERE ground = $1 AND stage <> 'closed'`,
    [ground],
  )
  if (open.rows[0]) return afterRace(ctx, permit, actor, key, hash, cluster, namespace)
  const drill =
    input.drill ??
    (input.kind === 'drill'
      ? ((await ctx.db.pool.query<{ id: string }>(`SELECT id FROM drill WHERE cluster = $1 AND stage <> 'closed'`, [cluster])).rows[0]
          ?.id ?? null)
      : null)
  const incident = await ctx.incidents.join(
    actor,
    { kind: input.kind, cluster, signal: signal?.id ?? null, title: file.document.spec.title, lead: actor.id, drill },
    input.incident,
  )
  const t0 = incident.t0
  const frozen = await freezeAt(ctx, watched, incident, namespace, signal)
  const id = newId()
  const document = file.document
  try {
    await ctx.db.tx(async (tx) => {
      await tx.$executeRawUnsafe(
        `INSERT INTO runbook_document (hash, name, source, document) VALUES ($1, $2, $3, $4::jsonb) ON CONFLICT (hash) DO NOTHING`,
        file.hash,
        file.name,
        file.source,
        JSON.stringify(document),
      )
      await tx.$executeRawUnsafe(
        `INSERT INTO command_key (scope, key, body_hash, answer) VALUES ($1, $2, $3, $4::jsonb)`,
        `start:${actor.id}`,
        key,
        hash,
        JSON.stringify({ id }),
      )
      const parameters = {
        ...Object.fromEntries(Object.entries(document.spec.parameters ?? {}).map(([name, one]) => [name, one.default ?? null])),
        ...input.parameters,
      }
      await beginRun(
        tx,
        id,
        actor,
        {
          kind: 'run.started',
          data: {
            runbook: file.name,
            hash: file.hash,
            document,
            kind: input.kind,
            clusters: [{ name: cluster, incarnation: watched.inventory.facts().incarnation }],
            incident: incident.id,
            drill,
            signal: signal?.id ?? incident.signal,
            t0,
            lead: actor.id,
            parameters,
            argocd: { namespace },
            ...frozen,
            detectedAt: incident.detectedAt ?? signal?.openedAt ?? null,
            acknowledgedAt: incident.acknowledgedAt,
            clock: watched.clock,
          },
        },
        ground || `tabletop:${id}`,
      )
    })
  } catch (error) {
    if (sqlState(error) !== '23505') throw error
    return afterRace(ctx, permit, actor, key, hash, cluster, namespace)
  }
  return viewOf(ctx, permit, id)
}

/** Somebody was first: with the same key it is the same run, with another one there is a run to join. */
async function afterRace(
  ctx: RunsContext,
  permit: Permit<'run.start'>,
  actor: ActorRef,
  key: string,
  hash: string,
  cluster: string,
  namespace: string,
): Promise<Result<RunView, StartRefusal>> {
  const known = await ctx.db.pool.query<{ body_hash: string; answer: { id: string } }>(
    `SELECT body_hash, answer FROM command_key WHERE scope = $1 AND key = $2`,
    [`start:${actor.id}`, key],
  )
  if (known.rows[0])
    return known.rows[0].body_hash === hash
      ? viewOf(ctx, permit, known.rows[0].answer.id)
      : no({ code: 'key-reused', message: 'this key was used for another start' })
  const open = await ctx.db.pool.query<{ id: string; runbook: string }>(
    `SELECT id, runbook FROM run WHERE ground = $1 AND stage <> 'closed'`,
    [`${cluster}/${namespace}`],
  )
  const run = open.rows[0]
  return no({
    code: 'run-open',
    message: run ? `a run of ${run.runbook} is open on ${cluster}: join it` : `a run is open on ${cluster}: join it`,
    ...(run ? { run: run.id } : {}),
  })
}

async function viewOf(ctx: RunsContext, permit: Permit<'run.start'>, id: string): Promise<Result<RunView, StartRefusal>> {
  const shown = await showRun(ctx, permit, { id })
  return shown.ok ? ok(shown.value) : no({ code: 'not-found', message: shown.error.message })
}
