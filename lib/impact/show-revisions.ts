import { z } from 'zod'
import type { Permit } from '../auth/schema.ts'
import { clusterNow } from '../cluster/rules.ts'
import type { History, RecordedChange, RecordedManifest } from '../inventory/port.ts'
import { sanitize, setAside } from '../inventory/sanitize-rules.ts'
import { jsonDiff } from '../kernel/json-diff.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import { dict } from '../kernel/wire.ts'
import { tellChange, testify } from './list-changes.ts'
import { type ImpactContext, type NotFound, noCluster } from './list-services.ts'
import type { RevisionsView } from './view.ts'
import type { Testimony } from './who-rules.ts'

type Revision = RevisionsView['items'][number]

export const ShowRevisions = z.object({
  cluster: z.string(),
  uid: z.string(),
  n: z.coerce.number().int().min(1).optional(),
  sanitized: z.enum(['true', 'false']).optional(),
})
export type ShowRevisions = z.input<typeof ShowRevisions>

/** Longer than any retention. */
const FAR = 10 * 365 * 24 * 3_600_000

/** The recorded life of one object, oldest first; with `n`, that revision's manifest, as it would be restored when `sanitized`. */
export async function showRevisions(
  ctx: ImpactContext,
  _permit: Permit<'cluster.read'>,
  input: ShowRevisions,
): Promise<Result<RevisionsView, NotFound>> {
  const watched = ctx.clusters.get(input.cluster)
  if (!watched) return noCluster(input.cluster)
  const now = clusterNow(watched.clock)
  const newest = await watched.history.changes(new Date(now - FAR), new Date(now + 3_600_000), 10_000, {
    newestFirst: true,
    uid: input.uid,
  })
  const changes = newest.toReversed()
  const first = changes[0]
  const record = watched.inventory.get(input.uid) ?? changes.at(-1)?.record
  if (!record) return no({ code: 'not-found', message: 'Nothing is recorded of this object.' })
  const testimony = first ? await testify(watched.history, new Date(first.at), new Date(now)) : NOBODY
  const items = changes.map((change, i): Revision => {
    const { what, by, proof } = tellChange(input.cluster, change, testimony)
    return { n: i + 1, at: change.observedAt, what, by, proof }
  })
  const { observedAt, freshness } = watched.inventory.facts()
  const { apiVersion, kind, namespace, name, uid } = record
  const seen = { cluster: input.cluster, observedAt, freshness, object: { apiVersion, kind, namespace, name, uid }, items, next: null }
  if (input.n === undefined) return ok({ ...seen, revision: null })
  const n = Number(input.n)
  const chosen = items[n - 1]
  const sanitized = input.sanitized === 'true'
  const [held, before] = await Promise.all([manifestOf(watched.history, changes[n - 1]), manifestOf(watched.history, changes[n - 2])])
  if (!chosen || !held)
    return no({ code: 'not-found', message: `There is no revision ${n} of this object: ${items.length} of it are recorded.` })
  const { manifest, aside } = sanitized ? setAside(sanitize(held.manifest)) : { manifest: held.manifest, aside: [] }
  const diff = before ? jsonDiff(comparable(before.manifest, sanitized), comparable(held.manifest, sanitized)) : []
  return ok({
    ...seen,
    revision: { ...chosen, ...held, manifest: { ...manifest }, sanitized, aside: [...aside], diff: [...diff] },
  })
}

const NOBODY: Testimony = { applications: [], events: [], audit: [] }

async function manifestOf(history: History, change: RecordedChange | undefined): Promise<RecordedManifest | null> {
  return change?.revision === undefined ? null : history.revision(change.revision, false)
}

/** Without what every write moves, so that only what somebody changed differs. */
function comparable(manifest: Record<string, unknown>, sanitized: boolean): Record<string, unknown> {
  if (sanitized) return sanitize(manifest)
  const { resourceVersion: _version, generation: _generation, ...metadata } = dict(manifest.metadata)
  return { ...manifest, metadata }
}
