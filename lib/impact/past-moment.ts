import { findInstances } from '../argocd/find-instances.ts'
import { lookAt } from '../argocd/rules.ts'
import type { KnownInstance, Look } from '../argocd/schema.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import { describeService, isWorkload, type Place, placeOf, serviceId } from '../services/rules.ts'
import type { Catalog } from '../services/schema.ts'
import { judge } from './rules.ts'

/** The services of a recorded moment, and which of them were bad already. */
export function momentOf(cluster: string, records: readonly SlimRecord[], catalog: Catalog, known: readonly KnownInstance[]) {
  const look: Look = lookAt(records)
  const members = new Map<string, SlimRecord[]>()
  const places = new Map<string, Place>()
  for (const record of records) {
    const place = placeOf(record, look)
    if (!place) continue
    const id = serviceId(cluster, place)
    members.set(id, [...(members.get(id) ?? []), record])
    if (!places.has(id)) places.set(id, place)
  }
  const instances = findInstances(look, known)
  const bad = new Set<string>()
  for (const [id, present] of members) {
    const place = places.get(id)
    if (!place || !present.some((one) => isWorkload(one, look))) continue
    const service = describeService(cluster, place, present, look, catalog)
    // Live-only kinds such as pods are not recorded, so who reconciled then is not asked.
    const judged = judge({
      service,
      earlier: present,
      present,
      look,
      instances: instances.map((one) => ({ ...one, reconciling: true })),
      managedElsewhere: false,
      stale: null,
      before: null,
      progressingSince: () => null,
      now: records[0]?.observedAt ?? '',
      expected: { ephemeral: () => null, removal: () => null, scale: () => null, during: () => null, accepted: null },
    })
    if (judged.impacts.some((one) => one === 'degraded' || one === 'lost' || one === 'data-at-risk')) bad.add(id)
  }
  return { members, bad }
}
