import { z } from 'zod'
import { groupOf } from '../argocd/rules.ts'
import type { Permit } from '../auth/schema.ts'
import { clusterNow } from '../cluster/rules.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import { databaseAway } from '../db/away.ts'
import type { Db } from '../db/client.ts'
import type { Watched } from '../inventory/port.ts'
import { hasUid } from '../inventory/rules.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import type { Service } from '../services/schema.ts'
import { drawNeeds } from './draw-needs.ts'
import { fateOf, readState } from './evidence-rules.ts'
import { findNeeds, type Need } from './find-needs.ts'
import { tellChanges, testify } from './list-changes.ts'
import { type ImpactContext, type NotFound, noCluster } from './list-services.ts'
import { AsOf } from './look-at-past.ts'
import type { ImpactBoard } from './port.ts'
import { recordingSince } from './store-read.ts'
import type { ObjectRow, ServiceView } from './view.ts'

export const ShowService = z.object({ cluster: z.string(), service: z.string(), at: AsOf })
export type ShowService = z.infer<typeof ShowService>

/** One service with its objects then and now, what it needs, and what changed. `service` is the id, with or without the cluster in front. */
export async function showService(
  ctx: ImpactContext & { readonly db: Pick<Db, 'pool'> },
  _permit: Permit<'service.read'>,
  input: ShowService,
): Promise<Result<ServiceView, NotFound>> {
  const watched = ctx.clusters.get(input.cluster)
  if (!watched) return noCluster(input.cluster)
  const id = input.service.startsWith(`${input.cluster}/`) ? input.service : `${input.cluster}/${input.service}`
  const board = ctx.impacts.of(input.cluster)
  const row = board?.row(id)
  const service = board?.service(id)
  if (!board || !row || !service) return no({ code: 'not-found', message: `There is no service ${id} on ${input.cluster}.` })
  const facts = watched.inventory.facts()
  const needs = findNeeds(board, watched.inventory)
  return ok({
    ...row,
    observedAt: facts.observedAt,
    freshness: facts.freshness,
    because: [...service.because],
    objects: [...objectsOf(watched, board, service)],
    dependencies: dependenciesOf(board, id, needs),
    graph: drawNeeds(board, id, needs),
    ...(await recordedOf(ctx, watched, service, board)),
    ...(ctx.past ? { past: ctx.past } : {}),
  })
}

function keyOf(record: SlimRecord): string {
  return `${groupOf(record.apiVersion)}/${record.kind}/${record.namespace}/${record.name}`
}

/** What is there with what it owns, and what was there and is not; missing ones first. */
function objectsOf(watched: Watched, board: ImpactBoard, service: Service): ServiceView['objects'] {
  const { inventory } = watched
  const then = board.membersThen(service.id)
  const was = new Map(then.map((one) => [keyOf(one), one]))
  const present = service.members.flatMap((uid) => inventory.get(uid) ?? [])
  const here = new Set(present.map(keyOf))
  const rowOf = (one: SlimRecord) => {
    const before = was.get(keyOf(one))
    const recreated = before !== undefined && hasUid(before) && before.uid !== one.uid
    const note = one.deletingAt
      ? `being deleted since ${one.deletingAt}${one.finalizers.length > 0 ? `, held by ${one.finalizers.join(', ')}` : ''}`
      : recreated
        ? `created again: was uid ${before.uid}`
        : readState(one)
    return objectRow(one, one.deletingAt ? 'deleting' : recreated ? 'recreated' : 'present', note, service.id)
  }
  const gone = then
    .filter((one) => !here.has(keyOf(one)) && fateOf(inventory, one).fate === 'gone')
    .map((one) => ({ ...objectRow(one, 'gone', `was ${readState(one)}`, service.id), depth: 0 }))
  const uids = new Set(present.map((one) => one.uid))
  const roots = present
    .filter((one) => !one.owners.some((owner) => uids.has(owner.uid)))
    .map((record) => ({ record, row: rowOf(record) }))
    .sort(
      (a, b) =>
        Number(a.row.state === 'present') - Number(b.row.state === 'present') ||
        a.row.kind.localeCompare(b.row.kind) ||
        a.row.name.localeCompare(b.row.name),
    )
  const below = (record: SlimRecord, depth: number): ServiceView['objects'] => [
    { ...rowOf(record), depth },
    ...(depth < DEEPEST ? ownedOf(inventory, record).flatMap((one) => below(one, depth + 1)) : []),
  ]
  return [...gone, ...roots.flatMap(({ record }) => below(record, 0))]
}

const DEEPEST = 3

/** What an object owns; a ReplicaSet of before, without a pod, is no news. */
function ownedOf(inventory: Watched['inventory'], record: SlimRecord): readonly SlimRecord[] {
  return inventory
    .ownedBy(record.uid)
    .filter((one) => one.kind !== 'ReplicaSet' || inventory.ownedBy(one.uid).length > 0)
    .toSorted((a, b) => a.kind.localeCompare(b.kind) || a.name.localeCompare(b.name))
}

export function objectRow(record: SlimRecord, state: ObjectRow['state'], note: string, service: string | null): ObjectRow {
  return {
    apiVersion: record.apiVersion,
    kind: record.kind,
    namespace: record.namespace,
    name: record.name,
    uid: record.uid,
    health: record.health?.status ?? null,
    message: record.health?.message ?? '',
    state,
    note,
    // An imported manifest need not say when it was created.
    createdAt: record.createdAt && new Date(record.createdAt).toISOString(),
    service,
  }
}

function dependenciesOf(board: ImpactBoard, id: string, needs: readonly Need[]): ServiceView['dependencies'] {
  return needs.flatMap(({ from, to, declared, why }) => {
    const other = board.row(from === id ? to : from)
    if (!other || (from !== id && to !== id)) return []
    return [
      { service: other.id, direction: from === id ? ('needs' as const) : ('needed-by' as const), declared, impact: other.impact, why },
    ]
  })
}

async function recordedOf(
  ctx: ImpactContext & { readonly db: Pick<Db, 'pool'> },
  watched: Watched,
  service: Service,
  board: ImpactBoard,
): Promise<Pick<ServiceView, 'history' | 'runs'>> {
  try {
    const until = ctx.past ? new Date(ctx.past.at) : new Date(clusterNow(watched.clock) + 3_600_000)
    const from = new Date(until.getTime() - 25 * 3_600_000)
    const [changes, testimony] = await Promise.all([
      watched.history.changes(from, until, 20_000, { newestFirst: true }),
      testify(watched.history, from, until),
    ])
    const since = await recordingSince(ctx.db, watched.entry.name, watched.inventory.facts().incarnation)
    const keys = new Set(
      [...board.membersThen(service.id), ...service.members.flatMap((uid) => watched.inventory.get(uid) ?? [])].map(keyOf),
    )
    const own = changes.filter(
      (one) => keys.has(keyOf(one.record)) || (one.record.kind === 'Application' && one.record.name === service.application),
    )
    const { rows } = await ctx.db.pool.query<{ id: string; runbook: string; kind: string; started_at: Date; outcome: string | null }>(
      `SELECT id::text, runbook, kind, started_at, CASE WHEN closed_at > $2 THEN NULL ELSE outcome END AS outcome FROM run
       WHERE $1 = ANY(clusters) AND started_at <= $2 AND EXISTS (
         SELECT 1 FROM audit_entry a, jsonb_path_query(a.body::jsonb, '$.data.items[*].object') o
         WHERE a.stream = 'run:' || run.id::text AND a.kind = 'act.intended'
           AND (concat_ws('/', o->>'kind', o->>'namespace', o->>'name') = ANY($3) OR (o->>'kind' = 'Application' AND o->>'name' = $4)))
       ORDER BY started_at DESC LIMIT 10`,
      [watched.entry.name, until, [...keys].map((key) => key.slice(key.indexOf('/') + 1)), service.application],
    )
    return {
      history: tellChanges(watched.entry.name, own, since, testimony)
        .slice(0, 100)
        .map(({ at, what, object, uid, by }) => ({ at, what, object, uid, by })),
      runs: rows.map((row) => ({
        id: row.id,
        runbook: row.runbook,
        kind: row.kind,
        startedAt: row.started_at.toISOString(),
        outcome: row.outcome,
      })),
    }
  } catch (error) {
    if (databaseAway(error)) return { history: [], runs: [] }
    throw error
  }
}
