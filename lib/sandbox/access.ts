import type { Obj } from './port.ts'
import type { Storage } from './storage.ts'

export type User = {
  readonly name: string
  readonly uid: string
  readonly groups: readonly string[]
  readonly extra: Readonly<Record<string, readonly string[]>>
}

/** What is asked for: a verb on a resource, or on a path outside resources. */
export type Ask =
  | {
      readonly verb: string
      readonly group: string
      readonly resource: string
      readonly subresource: string
      readonly namespace: string
      readonly name: string
    }
  | { readonly verb: string; readonly path: string }

export const ANONYMOUS: User = { name: 'system:anonymous', uid: '', groups: ['system:unauthenticated'], extra: {} }
export const ADMIN: User = { name: 'kubernetes-admin', uid: '', groups: ['system:masters', 'system:authenticated'], extra: {} }

/** The user that a service account's token stands for. */
export function serviceAccount(namespace: string, name: string, uid: string): User {
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    extra: {},
  }
}

type Rule = { verbs?: string[]; apiGroups?: string[]; resources?: string[]; resourceNames?: string[]; nonResourceURLs?: string[] }

const OPEN_PATHS = ['/healthz', '/livez', '/readyz', '/version', '/version/']
const DISCOVERY_PATHS = ['/api', '/apis', '/openapi', '/.well-known']
const SELF_REVIEWS = new Set(['selfsubjectaccessreviews', 'selfsubjectrulesreviews', 'selfsubjectreviews'])

function isSubject(subject: { kind: string; name: string; namespace?: string }, user: User, home: string): boolean {
  if (subject.kind === 'User') return subject.name === user.name
  if (subject.kind === 'Group') return user.groups.includes(subject.name)
  return user.name === `system:serviceaccount:${subject.namespace ?? home}:${subject.name}`
}

/** The rules that bind a user: cluster-wide ones, and those of `namespace` if any. */
export function rulesOf(storage: Storage, user: User, namespace: string): { rules: readonly Rule[]; cluster: readonly Rule[] } {
  const rules: Rule[] = []
  const cluster: Rule[] = []
  const roleRules = (ref: { kind: string; name: string }, home: string): Rule[] => {
    const role =
      ref.kind === 'ClusterRole'
        ? storage.get('clusterroles.rbac.authorization.k8s.io', '', ref.name)
        : storage.get('roles.rbac.authorization.k8s.io', home, ref.name)
    return role?.rules ?? []
  }
  for (const binding of storage.list('clusterrolebindings.rbac.authorization.k8s.io')) {
    if (binding.subjects?.some((subject: Obj['spec']) => isSubject(subject, user, ''))) cluster.push(...roleRules(binding.roleRef, ''))
  }
  if (namespace !== '') {
    for (const binding of storage.list('rolebindings.rbac.authorization.k8s.io', namespace)) {
      if (binding.subjects?.some((subject: Obj['spec']) => isSubject(subject, user, namespace)))
        rules.push(...roleRules(binding.roleRef, namespace))
    }
  }
  return { rules: [...cluster, ...rules], cluster }
}

function ruleAllows(rule: Rule, ask: Ask): boolean {
  const any = (list: string[] | undefined, value: string) => list?.includes('*') || list?.includes(value) || false
  if (!any(rule.verbs, ask.verb)) return false
  if ('path' in ask)
    return (
      rule.nonResourceURLs?.some(
        (url) => url === '*' || url === ask.path || (url.endsWith('*') && ask.path.startsWith(url.slice(0, -1))),
      ) ?? false
    )
  const wanted = ask.subresource === '' ? ask.resource : `${ask.resource}/${ask.subresource}`
  if (!any(rule.apiGroups, ask.group)) return false
  if (!(any(rule.resources, wanted) || (ask.subresource !== '' && rule.resources?.includes(`*/${ask.subresource}`)))) return false
  return !rule.resourceNames?.length || rule.resourceNames.includes(ask.name)
}

/** Kubernetes RBAC over the stored roles and bindings; system:masters may do all. */
export function isAllowed(storage: Storage, user: User, ask: Ask): boolean {
  if (user.groups.includes('system:masters')) return true
  if ('path' in ask) {
    if (OPEN_PATHS.some((path) => ask.path === path || (path !== '/version' && ask.path.startsWith(`${path}/`)))) return true
    if (
      user.groups.includes('system:authenticated') &&
      ask.verb === 'get' &&
      DISCOVERY_PATHS.some((path) => ask.path === path || ask.path.startsWith(`${path}/`))
    )
      return true
  } else if (SELF_REVIEWS.has(ask.resource) && ask.verb === 'create' && user.groups.includes('system:authenticated')) return true
  const { rules } = rulesOf(storage, user, 'path' in ask ? '' : ask.namespace)
  return rules.some((rule) => ruleAllows(rule, ask))
}

/** The server's words for a refusal, after the name of what is forbidden. */
export function refusalText(user: User, ask: Ask): string {
  if ('path' in ask) return `forbidden: User "${user.name}" cannot ${ask.verb} path "${ask.path}"`
  const resource = ask.subresource === '' ? ask.resource : `${ask.resource}/${ask.subresource}`
  const where = ask.namespace === '' ? 'at the cluster scope' : `in the namespace "${ask.namespace}"`
  return `User "${user.name}" cannot ${ask.verb} resource "${resource}" in API group "${ask.group}" ${where}`
}
