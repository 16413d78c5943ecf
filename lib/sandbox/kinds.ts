import { BUILT_IN_ROWS } from './built-in.ts'
import type { Obj } from './port.ts'

/** One served resource type in one version. Types of one `resource` in several versions share storage. */
export type Kind = {
  /** `plural` or `plural.group`: the key of its storage. */
  readonly resource: string
  readonly group: string
  readonly version: string
  readonly apiVersion: string
  readonly plural: string
  readonly singular: string
  readonly kind: string
  readonly listKind: string
  readonly namespaced: boolean
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly verbs: readonly string[]
  readonly subresources: readonly string[]
  /** Whether metadata.generation is kept. */
  readonly generation: boolean
  /** The definition that serves it; null when built in. */
  readonly crd: Obj | null
}

const ALL = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']
const WITHOUT_GENERATION = new Set(
  'controllerrevisions namespaces configmaps persistentvolumes persistentvolumeclaims services secrets serviceaccounts endpoints events nodes horizontalpodautoscalers apiservices clusterroles clusterrolebindings roles rolebindings leases storageclasses csidrivers csinodes ipaddresses servicecidrs componentstatuses limitranges resourcequotas podtemplates volumeattachments runtimeclasses certificatesigningrequests'.split(
    ' ',
  ),
)

function builtIn(): Kind[] {
  const kinds: Kind[] = []
  let group = ''
  let version = ''
  for (const row of BUILT_IN_ROWS) {
    const cells = row.split(' ')
    if (cells[0] === '#') {
      group = cells[1] === 'core' ? '' : (cells[1] ?? '')
      version = cells[2] ?? ''
      continue
    }
    const [plural = '', kind = '', scope, singular = '', short, categories, verbs = '', subresources] = cells
    const words = (cell: string | undefined) => (cell === undefined || cell === '-' ? [] : cell.split(','))
    kinds.push({
      resource: group === '' ? plural : `${plural}.${group}`,
      group,
      version,
      apiVersion: group === '' ? version : `${group}/${version}`,
      plural,
      singular,
      kind,
      listKind: `${kind}List`,
      namespaced: scope === 'N',
      shortNames: words(short),
      categories: words(categories),
      verbs:
        verbs === 'all'
          ? ALL
          : verbs === 'one'
            ? ALL.filter((verb) => verb !== 'deletecollection')
            : verbs.split('+').flatMap((verb) => verb.split(',')),
      subresources: words(subresources),
      generation: !WITHOUT_GENERATION.has(plural),
      crd: null,
    })
  }
  return kinds
}

/** Resources whose objects live in another one's storage (events.k8s.io shows the legacy group's events). */
const SAME_STORAGE: Readonly<Record<string, string>> = {
  'events.events.k8s.io': 'events',
}

export function storageKey(resource: string): string {
  return SAME_STORAGE[resource] ?? resource
}

/** The types that a CustomResourceDefinition serves, its storage version first. */
export function kindsOfCrd(crd: Obj): Kind[] {
  const { group, scope, names, versions } = crd.spec
  const kinds: (Kind & { storage: boolean })[] = []
  for (const version of versions ?? []) {
    if (!version.served) continue
    kinds.push({
      resource: `${names.plural}.${group}`,
      group,
      version: version.name,
      apiVersion: `${group}/${version.name}`,
      plural: names.plural,
      singular: names.singular ?? names.kind.toLowerCase(),
      kind: names.kind,
      listKind: names.listKind ?? `${names.kind}List`,
      namespaced: scope === 'Namespaced',
      shortNames: names.shortNames ?? [],
      categories: names.categories ?? [],
      verbs: ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'],
      subresources: Object.keys(version.subresources ?? {}),
      generation: true,
      crd,
      storage: version.storage === true,
    })
  }
  return kinds.sort((a, b) => Number(b.storage) - Number(a.storage))
}

export type Registry = {
  /** Every served type, one per version, in order of registration. */
  all(): readonly Kind[]
  /** The type of a storage key, in its preferred version. */
  byResource(resource: string): Kind | undefined
  byPath(group: string, version: string, plural: string): Kind | undefined
  byKind(apiVersion: string, kind: string): Kind | undefined
  addCrd(crd: Obj, now: number): void
  /** When a definition's resource was first served, in sandbox milliseconds. */
  servedSince(resource: string): number
  removeCrd(resource: string): void
  /** Grows with each change of what is served. */
  revision(): number
}

export function createRegistry(): Registry {
  let kinds = builtIn()
  let revision = 1
  const since = new Map<string, number>()
  let byResource = new Map<string, Kind>()
  let byPath = new Map<string, Kind>()
  let byKind = new Map<string, Kind>()
  function index(): void {
    byResource = new Map()
    byPath = new Map()
    byKind = new Map()
    for (const kind of kinds) {
      if (!byResource.has(kind.resource)) byResource.set(kind.resource, kind)
      byPath.set(`${kind.group}/${kind.version}/${kind.plural}`, kind)
      byKind.set(`${kind.apiVersion} ${kind.kind}`, kind)
    }
  }
  index()
  return {
    all: () => kinds,
    byResource: (resource) => byResource.get(resource),
    byPath: (group, version, plural) => byPath.get(`${group}/${version}/${plural}`),
    byKind: (apiVersion, kind) => byKind.get(`${apiVersion} ${kind}`),
    addCrd(crd, now) {
      const added = kindsOfCrd(crd)
      const resource = added[0]?.resource
      if (resource && !byResource.has(resource)) since.set(resource, now)
      kinds = [...kinds.filter((kind) => kind.crd === null || kind.resource !== resource), ...added]
      revision++
      index()
    },
    removeCrd(resource) {
      kinds = kinds.filter((kind) => kind.crd === null || kind.resource !== resource)
      revision++
      index()
    },
    servedSince: (resource) => since.get(resource) ?? 0,
    revision: () => revision,
  }
}
