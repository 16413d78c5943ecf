import { type RemoteApi, remoteApis } from './aggregated-apis.ts'
import type { Kind, Registry } from './kinds.ts'
import type { Storage } from './storage.ts'

/** The kind that a subresource takes and gives, where it is not the resource's own. */
const SUB_KINDS: Readonly<Record<string, readonly [group: string, version: string, kind: string]>> = {
  'pods/attach': ['', 'v1', 'PodAttachOptions'],
  'pods/binding': ['', 'v1', 'Binding'],
  'pods/eviction': ['policy', 'v1', 'Eviction'],
  'pods/exec': ['', 'v1', 'PodExecOptions'],
  'pods/portforward': ['', 'v1', 'PodPortForwardOptions'],
  'pods/proxy': ['', 'v1', 'PodProxyOptions'],
  'services/proxy': ['', 'v1', 'ServiceProxyOptions'],
  'nodes/proxy': ['', 'v1', 'NodeProxyOptions'],
  'serviceaccounts/token': ['authentication.k8s.io', 'v1', 'TokenRequest'],
}
const SUB_VERBS: Readonly<Record<string, readonly string[]>> = {
  attach: ['create', 'get'],
  exec: ['create', 'get'],
  portforward: ['create', 'get'],
  binding: ['create'],
  eviction: ['create'],
  log: ['get'],
  token: ['create'],
  finalize: ['update'],
  proxy: ['create', 'delete', 'get', 'patch', 'update'],
}

function subKind(kind: Kind, sub: string): readonly [string, string, string] {
  return SUB_KINDS[`${kind.plural}/${sub}`] ?? (sub === 'scale' ? ['autoscaling', 'v1', 'Scale'] : [kind.group, kind.version, kind.kind])
}

type Group = { name: string; versions: string[] }

function groupsOf(registry: Registry, remote: readonly RemoteApi[]): Group[] {
  const groups = new Map<string, string[]>()
  for (const { group, version } of [...registry.all(), ...remote]) {
    const versions = groups.get(group) ?? []
    if (!versions.includes(version)) versions.push(version)
    groups.set(group, versions)
  }
  return [...groups].map(([name, versions]) => ({ name, versions }))
}

function groupBody({ name, versions }: Group): Record<string, unknown> {
  const listed = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }))
  return { name, versions: listed, preferredVersion: listed[0] }
}

export function resourceList(registry: Registry, group: string, version: string): Record<string, unknown> | null {
  const kinds = registry.all().filter((kind) => kind.group === group && kind.version === version)
  if (kinds.length === 0) return null
  const resources = kinds.flatMap((kind) => [
    {
      name: kind.plural,
      singularName: kind.singular,
      namespaced: kind.namespaced,
      kind: kind.kind,
      verbs: kind.verbs,
      ...(kind.shortNames.length > 0 ? { shortNames: kind.shortNames } : {}),
      ...(kind.categories.length > 0 ? { categories: kind.categories } : {}),
      ...(kind.verbs.includes('list') ? { storageVersionHash: hashOf(kind.resource) } : {}),
    },
    ...kind.subresources.map((sub) => {
      const [subGroup, subVersion, name] = subKind(kind, sub)
      const other = subGroup !== kind.group || subVersion !== kind.version
      return {
        name: `${kind.plural}/${sub}`,
        singularName: '',
        namespaced: kind.namespaced,
        ...(other ? { group: subGroup, version: subVersion } : {}),
        kind: name,
        verbs: SUB_VERBS[sub] ?? ['get', 'patch', 'update'],
      }
    }),
  ])
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: group === '' ? version : `${group}/${version}`,
    resources,
  }
}

function hashOf(text: string): string {
  return Buffer.from(text).toString('base64').slice(0, 11).padEnd(12, '=')
}

/** Discovery at `/api`, `/apis` and below in the legacy form; null when there is no such group. */
export function legacyDiscovery(
  storage: Pick<Storage, 'registry' | 'list'>,
  path: string,
  address: string,
): Record<string, unknown> | null {
  const { registry } = storage
  const steps = path.split('/').filter((step) => step !== '')
  if (steps[0] === 'api') {
    if (steps.length === 1)
      return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }] }
    return steps.length === 2 ? resourceList(registry, '', steps[1] ?? '') : null
  }
  const groups = groupsOf(registry, remoteApis(storage)).filter((group) => group.name !== '')
  if (steps.length === 1) return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupBody) }
  const group = groups.find((entry) => entry.name === steps[1])
  if (!group) return null
  if (steps.length === 2) return { kind: 'APIGroup', apiVersion: 'v1', ...groupBody(group) }
  return steps.length === 3 ? resourceList(registry, group.name, steps[2] ?? '') : null
}

/** A kind as aggregated discovery names it: group and version only where they are not those of its place. */
function responseKind(of: Kind, [group, version, kind]: readonly [string, string, string]): Record<string, string> {
  return group === of.group && version === of.version ? { group: '', version: '', kind } : { group, version, kind }
}

/** Aggregated discovery (apidiscovery.k8s.io/v2 APIGroupDiscoveryList) of `/api` or `/apis`. */
export function aggregatedDiscovery(storage: Pick<Storage, 'registry' | 'list'>, path: string): Record<string, unknown> {
  const { registry } = storage
  const remote = remoteApis(storage)
  const groups = groupsOf(registry, remote).filter(({ name }) => (path === '/api') === (name === ''))
  const items = groups.map(({ name, versions }) => ({
    metadata: name === '' ? {} : { name },
    versions: versions.map((version) =>
      remote.some((each) => each.group === name && each.version === version)
        ? { version, freshness: 'Stale' }
        : {
            version,
            resources: registry
              .all()
              .filter((kind) => kind.group === name && kind.version === version)
              .map((kind) => ({
                resource: kind.plural,
                responseKind: responseKind(kind, [kind.group, kind.version, kind.kind]),
                scope: kind.namespaced ? 'Namespaced' : 'Cluster',
                singularResource: kind.singular,
                verbs: kind.verbs,
                ...(kind.shortNames.length > 0 ? { shortNames: kind.shortNames } : {}),
                ...(kind.categories.length > 0 ? { categories: kind.categories } : {}),
                ...(kind.subresources.length > 0
                  ? {
                      subresources: kind.subresources.map((sub) => ({
                        subresource: sub,
                        responseKind: responseKind(kind, subKind(kind, sub)),
                        verbs: SUB_VERBS[sub] ?? ['get', 'patch', 'update'],
                      })),
                    }
                  : {}),
              })),
            freshness: 'Current',
          },
    ),
  }))
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items }
}
