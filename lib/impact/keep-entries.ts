import type { SlimRecord } from '../cluster/schema.ts'
import { type Place, serviceId } from '../services/rules.ts'
import type { Service } from '../services/schema.ts'
import { worstFirst } from './count-rules.ts'
import type { Remembered } from './memory.ts'
import type { Impact } from './schema.ts'
import type { ServiceRow } from './view.ts'

/** One service as the board keeps it between two judgements. */
export type Entry = {
  place: Place
  readonly members: Map<string, SlimRecord>
  healthy: Remembered | null
  /** Newest record of every member ever seen, by key, while it was never well. */
  readonly seen: Map<string, SlimRecord>
  before: Impact | null
  service: Service
  row: ServiceRow | null
  since: string | null
  digest: string
  removedAt: number | null
  /** Bad when first looked at, and ever since: nobody can say that this night did it. */
  badFirst: boolean
}

/** The entry of a place, opened when it is new. */
export function entryOf(entries: Map<string, Entry>, cluster: string, place: Place): Entry {
  const id = serviceId(cluster, place)
  const held = entries.get(id)
  if (held) {
    if (place.application && !held.place.application) held.place = place
    return held
  }
  const made: Entry = {
    place,
    members: new Map(),
    healthy: null,
    seen: new Map(),
    before: null,
    service: unjudged(id, cluster, place),
    row: null,
    since: null,
    digest: '',
    removedAt: null,
    badFirst: false,
  }
  entries.set(id, made)
  return made
}

function unjudged(id: string, cluster: string, place: Place): Service {
  return {
    id,
    cluster,
    namespace: place.namespace,
    name: place.name,
    owner: null,
    tier: 3,
    tierGuessed: true,
    contact: null,
    application: place.application,
    dependsOn: [],
    rtoMs: null,
    probe: null,
    because: [place.because],
    members: [],
  }
}

export function keyOf(record: SlimRecord): string {
  return `${record.kind}/${record.namespace}/${record.name}`
}

/** What is scaled to 0 is remembered as what it was before. */
function remember(seen: Map<string, SlimRecord>, one: SlimRecord): void {
  const was = seen.get(keyOf(one))
  const emptied = one.facts.is === 'workload' && one.facts.desired === 0 && was?.facts.is === 'workload' && was.facts.desired > 0
  if (!emptied) seen.set(keyOf(one), one)
}

function isBad(impacts: readonly Impact[]): boolean {
  return impacts.some((one) => one === 'lost' || one === 'degraded' || one === 'data-at-risk')
}

/** What a judgement leaves for the next one. Says whether it was well, and whether that differs from what is stored of it. */
export function settle(
  entry: Entry,
  impacts: readonly Impact[],
  present: readonly SlimRecord[],
  now: number,
): { readonly well: boolean; readonly differs: boolean } {
  if (impacts.includes('unknown')) return { well: false, differs: false }
  entry.badFirst =
    isBad(impacts) && entry.healthy === null && (entry.badFirst || entry.row === null || entry.row.impacts.includes('unknown'))
  const well = impacts.length === 1 && impacts[0] === 'healthy'
  let differs = false
  if (well) {
    const digest = present
      .map((one) => `${one.uid}:${one.facts.is === 'workload' ? `${one.facts.desired}:${one.facts.images.join()}` : ''}`)
      .sort()
      .join()
    differs = digest !== entry.digest
    entry.before = null
    entry.healthy = { at: new Date(now).toISOString(), members: present }
    entry.digest = digest
  } else if (entry.healthy === null) for (const one of present) remember(entry.seen, one)
  const worst = worstFirst([...(entry.before ? [entry.before] : []), ...impacts.filter((one) => one === 'lost' || one === 'degraded')])[0]
  if (worst) entry.before = worst
  entry.removedAt = impacts[0] === 'removed' ? (entry.removedAt ?? now) : null
  return { well, differs }
}
