import type { Kind } from './kinds.ts'
import type { Obj } from './port.ts'
import { forbidden } from './refusal.ts'
import type { Storage } from './storage.ts'

/** Kinds that a quota may count by their bare plural; any kind may be counted as `count/PLURAL.GROUP`. */
const BARE = new Set(['configmaps', 'persistentvolumeclaims', 'pods', 'replicationcontrollers', 'resourcequotas', 'secrets', 'services'])

const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
}

function quantity(text: unknown): number {
  const match = /^(\d+(?:\.\d+)?)([a-zA-Z]*)$/.exec(String(text))
  if (!match) return Number.NaN
  return match[2] === 'm' ? Number(match[1]) / 1000 : Number(match[1]) * (FACTORS[match[2] ?? ''] ?? Number.NaN)
}

/** The resource that a limit of a quota counts, or null for one of another sort (cpu, memory). */
function resourceOf(limit: string): string | null {
  if (limit.startsWith('count/')) return limit.slice('count/'.length)
  return BARE.has(limit) ? limit : null
}

function counts(resource: string, object: Obj): boolean {
  return resource !== 'pods' || !['Succeeded', 'Failed'].includes(object.status?.phase)
}

/** How many objects stand against each limit of a quota that counts objects. */
export function usedOf({ list }: Pick<Storage, 'list'>, quota: Obj): Record<string, string> {
  const used: Record<string, string> = {}
  for (const limit of Object.keys(quota.spec?.hard ?? {})) {
    const resource = resourceOf(limit)
    const home = quota.metadata.namespace ?? ''
    if (resource) used[limit] = String(list(resource, home).filter((each) => counts(resource, each)).length)
  }
  return used
}

/** Refuses (403) an object that would exceed what a ResourceQuota of its namespace counts; compute resources are not counted. */
export function admitByQuota(storage: Pick<Storage, 'list'>, kind: Kind, object: Obj): void {
  if (!kind.namespaced || !counts(kind.resource, object)) return
  for (const quota of storage.list('resourcequotas', object.metadata.namespace ?? '')) {
    const hard = quota.spec?.hard ?? {}
    const used = usedOf(storage, quota)
    const over = Object.keys(used).filter((limit) => resourceOf(limit) === kind.resource && Number(used[limit]) + 1 > quantity(hard[limit]))
    if (over.length === 0) continue
    const list = (value: (limit: string) => unknown) => over.map((limit) => `${limit}=${value(limit)}`).join(',')
    const figures = `requested: ${list(() => 1)}, used: ${list((limit) => used[limit])}, limited: ${list((limit) => hard[limit])}`
    throw forbidden(kind, object.metadata.name, `exceeded quota: ${quota.metadata.name}, ${figures}`)
  }
}
