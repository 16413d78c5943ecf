import { z } from 'zod'
import { groupOf, lookAt } from '../argocd/rules.ts'
import type { Look } from '../argocd/schema.ts'
import type { Permit } from '../auth/schema.ts'
import { HealthStatus, type SlimRecord } from '../cluster/schema.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import { homeOf, serviceId } from '../services/rules.ts'
import { readState } from './evidence-rules.ts'
import { type ImpactContext, type NotFound, noCluster } from './list-services.ts'
import { objectRow } from './show-service.ts'
import type { ObjectRow, ObjectsView } from './view.ts'

export const ListObjects = z.object({
  cluster: z.string(),
  apiVersion: z.string().optional(),
  kind: z.string().optional(),
  namespace: z.string().optional(),
  name: z.string().optional(),
  /** Words that must all occur in kind, namespace or name. */
  q: z.string().max(200).optional(),
  /** A word for its health; `none` where Argo CD has none, `deleting` for what is on its way out. */
  health: z.enum([...HealthStatus.options, 'none', 'deleting']).optional(),
  /** The id of a service; `-` for what belongs to none. */
  service: z.string().optional(),
  /** A past moment; without, now. */
  at: z.iso.datetime({ offset: true }).optional(),
  limit: z.coerce.number().int().min(1).max(2000).default(500),
  cursor: z.string().optional(),
})
export type ListObjects = z.input<typeof ListObjects>

/** What the live store holds, or held at a past moment as far as it was recorded, whether it belongs to a service or to nobody. */
export async function listObjects(
  ctx: ImpactContext,
  _permit: Permit<'cluster.read'>,
  input: ListObjects,
): Promise<Result<ObjectsView, NotFound>> {
  const watched = ctx.clusters.get(input.cluster)
  if (!watched) return noCluster(input.cluster)
  const { inventory } = watched
  const limit = Number(input.limit ?? 500)
  const past = input.at === undefined ? null : await watched.history.at(new Date(input.at))
  if (past?.length === 0) return no({ code: 'not-found', message: `Nothing of ${input.cluster} is recorded at ${input.at}.` })
  const look: Look = past ? lookAt(past) : inventory
  const found = fitting(look, input).toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))
  const start = input.cursor ? found.findIndex((one) => one.uid === input.cursor) + 1 : 0
  const page = found.slice(start, start + limit)
  const facts = inventory.facts()
  return ok({
    cluster: input.cluster,
    observedAt: (input.kind ? inventory.kinds().find((one) => one.kind === input.kind) : facts)?.observedAt ?? null,
    at: input.at === undefined ? null : new Date(input.at).toISOString(),
    freshness: input.kind ? inventory.freshness(input.kind) : facts.freshness,
    items: page.map((one) => rowOf(one, input.cluster, look)),
    next: start + limit < found.length ? (page.at(-1)?.uid ?? null) : null,
    total: found.length,
    ...choices(look),
  })
}

/** An object that is there, as lists show it. */
export function rowOf(record: SlimRecord, cluster: string, look: Look): ObjectRow {
  const home = homeOf(record, look)
  return objectRow(record, record.deletingAt ? 'deleting' : 'present', stateOf(record), home ? serviceId(cluster, home) : null)
}

function stateOf(record: SlimRecord): string {
  if (record.deletingAt) return `held by ${record.finalizers.join(', ') || 'nothing'}`
  if (record.facts.is !== 'application') return readState(record)
  return [record.facts.health, record.facts.sync].filter(Boolean).join(', ') || 'present'
}

function sortKey(one: SlimRecord): string {
  return `${one.kind}/${one.namespace}/${one.name}/${one.uid}`
}

function fitting(look: Look, input: ListObjects): readonly SlimRecord[] {
  const { kind, namespace, name, apiVersion, health, service } = input
  const source = kind
    ? look.list(kind, apiVersion === undefined ? undefined : groupOf(apiVersion))
    : namespace
      ? look.inNamespace(namespace)
      : [...look.all()]
  const words = (input.q ?? '').toLowerCase().split(/\s+/).filter(Boolean)
  return source.filter(
    (one) =>
      (apiVersion === undefined || one.apiVersion === apiVersion) &&
      (namespace === undefined || one.namespace === namespace) &&
      (name === undefined || one.name === name) &&
      (health === undefined || healthWord(one) === health || (health === 'deleting' && one.deletingAt !== null)) &&
      words.every((word) => `${one.kind} ${one.namespace} ${one.name}`.toLowerCase().includes(word)) &&
      (service === undefined || belongs(one, service, input.cluster, look)),
  )
}

function healthWord(one: SlimRecord): string {
  return one.health?.status ?? 'none'
}

function belongs(one: SlimRecord, service: string, cluster: string, look: Look): boolean {
  const home = homeOf(one, look)
  return service === '-' ? home === null : home !== null && serviceId(cluster, home) === service
}

function choices(look: Look): Pick<ObjectsView, 'kinds' | 'namespaces'> {
  const kinds = new Map<string, number>()
  const namespaces = new Map<string, number>()
  for (const { kind, namespace } of look.all()) {
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    if (namespace !== '') namespaces.set(namespace, (namespaces.get(namespace) ?? 0) + 1)
  }
  const inOrder = (counts: ReadonlyMap<string, number>) => [...counts].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    kinds: inOrder(kinds).map(([kind, count]) => ({ kind, count })),
    namespaces: inOrder(namespaces).map(([name, count]) => ({ name, count })),
  }
}
