import { BlastRadius } from '#components/inventory/blast-radius'
import { PartTrouble } from '#components/inventory/part'
import { Versions } from '#components/inventory/versions'
import { ask } from '#lib/http/read'
import { showBlastRadius } from '#lib/impact/show-blast-radius'
import { showRevisions } from '#lib/impact/show-revisions'
import type { ObjectView } from '#lib/impact/view'

export async function Blast({ view }: { readonly view: ObjectView }) {
  const answer = await ask('cluster.read', showBlastRadius, view)
  if (!answer.ok) return <PartTrouble name="What would go if it were deleted now" why={answer.error.message} />
  return <BlastRadius view={answer.value} cluster={view.cluster} />
}

/** The versions with one of them opened: the one asked for, else the newest. */
export async function Recorded({ view, n }: { readonly view: ObjectView; readonly n: number | null }) {
  const of = { cluster: view.cluster, uid: view.uid }
  const all = await ask('cluster.read', showRevisions, of)
  if (!all.ok && all.error.code !== 'not-found') return <PartTrouble name="Recorded versions" why={all.error.message} />
  const none = { ...of, observedAt: null, freshness: view.freshness, object: view, items: [], next: null, revision: null }
  if (!all.ok || all.value.items.length === 0) return <Versions view={all.ok ? all.value : none} />
  const one = { ...of, n: n ?? all.value.items.length }
  const [chosen, raw] = await Promise.all([
    ask('cluster.read', showRevisions, { ...one, sanitized: 'true' }),
    ask('cluster.read', showRevisions, one),
  ])
  return <Versions view={chosen.ok ? chosen.value : all.value} diff={raw.ok ? (raw.value.revision?.diff ?? []) : []} />
}
