import { createHash } from 'node:crypto'
import type { ActorRef } from '../audit/schema.ts'
import { appendAudit } from '../audit/store.ts'
import type { Actor, Permit } from '../auth/schema.ts'
import { sqlState, type Tx } from '../db/client.ts'
import type { SignalView } from '../impact/view.ts'
import { canonicalJson } from '../kernel/canonical-json.ts'
import { newId } from '../kernel/id.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import { quarantineOf } from './quarantine.ts'
import type { RunKind, StartRun } from './schema.ts'
import { showRun } from './show-run.ts'
import { beginRun, type RunsContext } from './store.ts'
import type { RunView } from './view.ts'

export type StartRefusal = { readonly code: 'not-found' | 'bad-input' | 'not-now' | 'run-open' | 'key-reused'; readonly message: string; readonly run?: string }

export function actorRef(actor: Actor): ActorRef {
  return { kind: actor.kind, id: actor.id, roles: [...actor.roles] }
}

export function bodyHash(body: unknown): string {
  return createHash('sha256').update(canonicalJson(JSON.parse(JSON.stringify(body)))).digest('hex')
}

type Incident = { readonly id: string; readonly t0: Date; readonly isNew: boolean }

async function joinIncident(tx: Tx, actor: ActorRef, kind: RunKind, cluster: string, title: string, t0: string, wanted: string | undefined): Promise<Incident> {
  const rows = await tx.$queryRawUnsafe<{ id: string; t0: Date }[]>(
    `UPDATE incident SET lead = coalesce(lead, $3) WHERE ($2::text IS NOT NULL AND id = $2) OR ($2::text IS NULL AND cluster = $1 AND closed_at IS NULL AND (kind = 'tabletop') = $4) RETURNING id, t0`,
    cluster, wanted ?? null, actor.id, kind === 'tabletop',
  )
  if (rows[0]) return { ...rows[0], isNew: false }
  const id = newId()
  await tx.$executeRawUnsafe(`INSERT INTO incident (id, title, cluster, kind, t0, lead, opened_at, signals) VALUES ($1, $2, $3, $4, $5::timestamptz, $6, now(), '{}')`, id, title, cluster, kind, t0, actor.id)
  return { id, t0: new Date(t0), isNew: true }
}

/** The Argo CD instance that a run is about: the one that is in trouble, else the first. */
function argocdOf(ctx: Pick<RunsContext, 'impacts'>, cluster: string, signal: SignalView | null): string {
  const instances = ctx.impacts.of(cluster)?.argocd() ?? []
  const scoped = instances.find((one) => one.namespace !== '' && (signal?.scope === one.namespace || signal?.scope.endsWith(`/${one.namespace}`)))
  return (scoped ?? instances.find((one) => one.state !== 'running' && one.namespace !== '') ?? instances.find((one) => one.namespace !== ''))?.namespace || 'argocd'
}

/** Starts a run of a runbook: document, T0, clusters and what is in quarantine are frozen in its first entry. Starting twice with one key starts one run. */
export async function startRun(ctx: RunsContext, permit: Permit<'run.start'>, input: StartRun): Promise<Result<RunView, StartRefusal>> {
  const actor = actorRef(permit.by)
  const { key, ...body } = input
  const hash = bodyHash(body)
  const known = await ctx.db.pool.query<{ body_hash: string; answer: { id: string } }>(`SELECT body_hash, answer FROM command_key WHERE scope = $1 AND key = $2`, [`start:${actor.id}`, key])
  if (known.rows[0]) return known.rows[0].body_hash === hash ? viewOf(ctx, permit, known.rows[0].answer.id) : no({ code: 'key-reused', message: 'this key was used for another start' })
  const file = await ctx.runbooks.get(input.runbook)
  if (!file) return no({ code: 'not-found', message: `there is no runbook ${input.runbook}` })
  if (!file.document) return no({ code: 'not-now', message: `runbook ${input.runbook} has problems: ${file.problems[0]?.message ?? 'it cannot be read'}` })
  if (input.hash && input.hash !== file.hash) return no({ code: 'not-now', message: 'the runbook has changed since you looked: look at it again' })
  const unknown = Object.keys(input.parameters).find((name) => !file.document?.spec.parameters?.[name])
  if (unknown !== undefined) return no({ code: 'bad-input', message: `the runbook has no parameter ${unknown}` })
  const [cluster = ''] = input.clusters
  if (input.clusters.length > 1) return no({ code: 'bad-input', message: 'a run acts on one cluster in this release: start one run for each' })
  const watched = ctx.clusters.get(cluster)
  if (!watched) return no({ code: 'not-found', message: `there is no cluster ${cluster}` })
  if (input.kind === 'drill' && watched.entry.mode !== 'drill') return no({ code: 'bad-input', message: `${cluster} is a live cluster: a drill never touches one` })
  if (input.kind === 'incident' && watched.entry.mode === 'drill') return no({ code: 'bad-input', message: `${cluster} is for drills: start a run of kind drill` })
  const signals = ctx.impacts.signals().filter((one) => one.cluster === cluster)
  const signal = signals.find((one) => one.id === input.signal) ?? signals.find((one) => one.closedAt === null && one.kind === file.document?.spec.answers?.signal) ?? signals.find((one) => one.closedAt === null) ?? null
  const namespace = argocdOf(ctx, cluster, signal)
  const proposed = ctx.impacts.of(cluster)?.t0() ?? new Date().toISOString()
  const incidentT0 = await ctx.db.pool.query<{ t0: Date }>(`SELECT t0 FROM incident WHERE ($2::text IS NOT NULL AND id = $2) OR ($2::text IS NULL AND cluster = $1 AND closed_at IS NULL) ORDER BY opened_at DESC LIMIT 1`, [cluster, input.incident ?? null])
  const t0 = incidentT0.rows[0]?.t0.toISOString() ?? proposed
  await ctx.clusters.get(cluster)?.history.flush()
  const quarantine = await quarantineOf(watched, new Date(t0), namespace, signal)
  const id = newId()
  const document = file.document
  try {
    await ctx.db.tx(async (tx) => {
      const incident = await joinIncident(tx, actor, input.kind, cluster, document.spec.title, t0, input.incident)
      if (incident.isNew) await appendAudit(tx, `incident:${incident.id}`, 0, [{ actor, kind: 'incident.opened', data: { title: document.spec.title, cluster, kind: input.kind, t0, signal: signal?.id ?? null } }])
      await tx.$executeRawUnsafe(`INSERT INTO runbook_document (hash, name, source, document) VALUES ($1, $2, $3, $4::jsonb) ON CONFLICT (hash) DO NOTHING`, file.hash, file.name, file.source, JSON.stringify(document))
      await tx.$executeRawUnsafe(`INSERT INTO command_key (scope, key, body_hash, answer) VALUES ($1, $2, $3, $4::jsonb)`, `start:${actor.id}`, key, hash, JSON.stringify({ id }))
      const parameters = { ...Object.fromEntries(Object.entries(document.spec.parameters ?? {}).map(([name, one]) => [name, one.default ?? null])), ...input.parameters }
      await beginRun(tx, id, actor, {
        kind: 'run.started',
        data: {
          runbook: file.name, hash: file.hash, document, kind: input.kind, clusters: [{ name: cluster, incarnation: watched.inventory.facts().incarnation }], incident: incident.id, drill: input.drill ?? null, signal: signal?.id ?? null,
          t0, lead: actor.id, parameters, argocd: { namespace }, quarantine, disruptedAt: signal?.since ?? null, detectedAt: signal?.openedAt ?? null, acknowledgedAt: signal?.acknowledgedAt ?? null,
        },
      }, input.kind === 'tabletop' ? `tabletop:${id}` : `${cluster}/${namespace}`)
      await tx.$executeRawUnsafe(`SELECT pg_notify('run', $1)`, id)
    })
  } catch (error) {
    if (sqlState(error) !== '23505') throw error
    return afterRace(ctx, permit, actor, key, hash, cluster, namespace)
  }
  return viewOf(ctx, permit, id)
}

/** Somebody was first: with the same key it is the same run, with another one there is a run to join. */
async function afterRace(ctx: RunsContext, permit: Permit<'run.start'>, actor: ActorRef, key: string, hash: string, cluster: string, namespace: string): Promise<Result<RunView, StartRefusal>> {
  const known = await ctx.db.pool.query<{ body_hash: string; answer: { id: string } }>(`SELECT body_hash, answer FROM command_key WHERE scope = $1 AND key = $2`, [`start:${actor.id}`, key])
  if (known.rows[0]) return known.rows[0].body_hash === hash ? viewOf(ctx, permit, known.rows[0].answer.id) : no({ code: 'key-reused', message: 'this key was used for another start' })
  const open = await ctx.db.pool.query<{ id: string; runbook: string }>(`SELECT id, runbook FROM run WHERE ground = $1 AND stage <> 'closed'`, [`${cluster}/${namespace}`])
  const run = open.rows[0]
  return no({ code: 'run-open', message: run ? `a run of ${run.runbook} is open on ${cluster}: join it` : `a run is open on ${cluster}: join it`, ...(run ? { run: run.id } : {}) })
}

async function viewOf(ctx: RunsContext, permit: Permit<'run.start'>, id: string): Promise<Result<RunView, StartRefusal>> {
  const shown = await showRun(ctx, permit, { id })
  return shown.ok ? ok(shown.value) : no({ code: 'not-found', message: shown.error.message })
}
