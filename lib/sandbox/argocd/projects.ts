import type { Obj } from '../port.ts'

/** Whether `text` matches a glob with `*` and `?`. */
export function matches(glob: string, text: string): boolean {
  if (glob === '*' || glob === text) return true
  const pattern = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.')
  return new RegExp(`^${pattern}$`).test(text)
}

type Kind = { group: string; kind: string; name?: string }
type Destination = { server?: string; name?: string; namespace?: string }

export function destinationPermitted(project: Obj, destination: Destination): boolean {
  const all: Destination[] = project.spec?.destinations ?? []
  const server = (each: Destination) =>
    each.server ? matches(each.server, destination.server ?? '') : each.name ? matches(each.name, destination.name ?? 'in-cluster') : true
  const names = (each: Destination) => {
    const glob = each.namespace ?? ''
    return glob.startsWith('!') ? !matches(glob.slice(1), destination.namespace ?? '') : matches(glob, destination.namespace ?? '')
  }
  const denied = all.some((each) => each.namespace?.startsWith('!') && server(each) && !names(each))
  return !denied && all.some((each) => server(each) && names(each))
}

/**
 * Whether a project lets an object be synced. A cluster-scoped kind is checked by group and kind (and name where the list gives one),
 * never by the project's destinations: a project limited to `project-*` may own the Namespace `argocd` (Argo CD sync.go, validateSyncPermissions).
 */
export function resourcePermitted(
  project: Obj,
  object: { group: string; kind: string; namespace: string; name: string; namespaced: boolean },
  destination: Destination,
): boolean {
  const hit = (each: Kind) =>
    matches(each.group, object.group) && matches(each.kind, object.kind) && (!each.name || matches(each.name, object.name))
  const {
    clusterResourceWhitelist = [],
    clusterResourceBlacklist = [],
    namespaceResourceBlacklist = [],
    namespaceResourceWhitelist,
  } = project.spec ?? {}
  if (!object.namespaced) return clusterResourceWhitelist.some(hit) && !clusterResourceBlacklist.some(hit)
  if (namespaceResourceBlacklist.some(hit) || (namespaceResourceWhitelist && !namespaceResourceWhitelist.some(hit))) return false
  return destinationPermitted(project, { ...destination, namespace: object.namespace })
}

export function sourcePermitted(project: Obj, repo: string): boolean {
  return (project.spec?.sourceRepos ?? []).some((each: string) => matches(each, repo))
}
