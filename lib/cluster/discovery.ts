import { at, type Dict, dict, list, text, texts } from '../kernel/wire.ts'
import type { ClusterApi } from './port.ts'
import type { KindRef } from './schema.ts'

const AGGREGATED =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json'

export type Served = KindRef & { readonly verbs: readonly string[] }

/** What discovery says; `stale` names groups whose server does not answer, of which nothing may be concluded. */
export type Discovery = { readonly kinds: readonly Served[]; readonly stale: readonly string[] }

/** Throws `Unreachable` when nothing answers, or an error naming the status when discovery is refused. */
export async function discover(api: ClusterApi): Promise<Discovery> {
  const [core, groups] = await Promise.all([get(api, '/api', AGGREGATED), get(api, '/apis', AGGREGATED)])
  const kinds: Served[] = []
  const stale: string[] = []
  for (const answer of [core, groups]) {
    if (text(answer.kind) === 'APIGroupDiscoveryList') aggregated(answer, kinds, stale)
  }
  if (text(core.kind) !== 'APIGroupDiscoveryList') await legacy(api, '', ['v1'], kinds, stale)
  if (text(groups.kind) !== 'APIGroupDiscoveryList') {
    for (const group of list(groups.groups).map(dict)) {
      const preferred = text(at(group, 'preferredVersion', 'version'))
      const versions = list(group.versions).map((one) => text(dict(one).version))
      await legacy(api, text(group.name), [preferred, ...versions.filter((one) => one !== preferred)], kinds, stale)
    }
  }
  return { kinds, stale }
}

async function get(api: ClusterApi, path: string, accept?: string): Promise<Dict> {
  const answer = await api.request({ method: 'GET', path, ...(accept ? { accept } : {}) })
  if (answer.status !== 200) throw new DiscoveryRefused(path, answer.status)
  return dict(answer.body)
}

export class DiscoveryRefused extends Error {
  readonly status: number
  constructor(path: string, status: number) {
    super(`discovery of ${path} was refused with ${status}`)
    this.name = 'DiscoveryRefused'
    this.status = status
  }
}

/** Versions come in the server's order of preference; a kind is taken at the first version that has it. */
function aggregated(answer: Dict, kinds: Served[], stale: string[]): void {
  for (const item of list(answer.items).map(dict)) {
    const group = text(at(item, 'metadata', 'name'))
    const seen = new Set<string>()
    for (const version of list(item.versions).map(dict)) {
      if (version.freshness === 'Stale') stale.push(group)
      for (const resource of list(version.resources).map(dict)) {
        const plural = text(resource.resource)
        if (seen.has(plural)) continue
        seen.add(plural)
        const kind = text(at(resource, 'responseKind', 'kind'))
        kinds.push({
          group,
          version: text(version.version),
          kind,
          plural,
          namespaced: text(resource.scope) === 'Namespaced',
          verbs: texts(resource.verbs),
        })
      }
    }
  }
}

async function legacy(api: ClusterApi, group: string, versions: readonly string[], kinds: Served[], stale: string[]): Promise<void> {
  const seen = new Set<string>()
  for (const version of versions) {
    const answer = await api.request({ method: 'GET', path: group === '' ? `/api/${version}` : `/apis/${group}/${version}` })
    if (answer.status !== 200) {
      stale.push(group)
      continue
    }
    for (const resource of list(dict(answer.body).resources).map(dict)) {
      const plural = text(resource.name)
      if (plural.includes('/') || seen.has(plural)) continue
      seen.add(plural)
      kinds.push({
        group,
        version,
        kind: text(resource.kind),
        plural,
        namespaced: resource.namespaced === true,
        verbs: texts(resource.verbs),
      })
    }
  }
}

export function apiVersionOf(kind: Pick<KindRef, 'group' | 'version'>): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`
}

/** The path of all objects of a kind on the whole cluster. */
export function collectionPath(kind: KindRef): string {
  return kind.group === '' ? `/api/${kind.version}/${kind.plural}` : `/apis/${kind.group}/${kind.version}/${kind.plural}`
}
