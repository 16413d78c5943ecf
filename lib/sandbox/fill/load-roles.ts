import type { SandboxApi } from '../port.ts'
import { DEFAULT_BINDINGS, DEFAULT_ROLES } from './default-roles.ts'

const GROUP = 'rbac.authorization.k8s.io'
const apiVersion = `${GROUP}/v1`

/** Loads the default ClusterRoles and ClusterRoleBindings as a Kubernetes API server has made them at its first start. */
export function loadDefaultRoles(api: SandboxApi, creationTimestamp: string): void {
  const roles: { head: string; rules: object[] }[] = []
  for (const line of DEFAULT_ROLES) {
    if (line.startsWith('= ')) roles.push({ head: line.slice(2), rules: [] })
    else roles.at(-1)?.rules.push(ruleOf(line))
  }
  for (const { head, rules } of roles) {
    const [name = '', labels = '', from = ''] = head.split(';')
    const aggregated = (key: string) => ({ [`${GROUP}/${key}`]: 'true' })
    const clusterRoleSelectors = split(from).map((key) => ({ matchLabels: aggregated(key) }))
    api.load(`clusterroles.${GROUP}`, {
      apiVersion,
      kind: 'ClusterRole',
      metadata: metadataOf(name, creationTimestamp, Object.assign({}, ...split(labels).map(aggregated))),
      rules,
      ...(clusterRoleSelectors.length ? { aggregationRule: { clusterRoleSelectors } } : {}),
    })
  }
  for (const line of DEFAULT_BINDINGS) {
    const [binding = '', name = '', subjects = ''] = line.split(';')
    api.load(`clusterrolebindings.${GROUP}`, {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: metadataOf(binding, creationTimestamp, {}),
      roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name },
      // The binding of system:node stands without anybody: nodes have an authorizer of their own.
      ...(subjects ? { subjects: split(subjects).map(subjectOf) } : {}),
    })
  }
}

function metadataOf(name: string, creationTimestamp: string, labels: Record<string, string>) {
  return {
    name,
    creationTimestamp,
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
    annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
  }
}

function split(text: string | undefined): string[] {
  return text ? text.split(',').map((each) => (each === '-' ? '' : each)) : []
}

function ruleOf(line: string): object {
  const [verbs, apiGroups, resources, resourceNames, nonResourceURLs] = line.split(';').map(split)
  const filled = Object.entries({ apiGroups, resources, resourceNames, nonResourceURLs }).filter(([, each]) => each?.length)
  return { verbs, ...Object.fromEntries(filled) }
}

function subjectOf(text: string): object {
  const [kind = '', full = ''] = text.split(' ')
  if (kind !== 'ServiceAccount') return { apiGroup: GROUP, kind, name: full }
  const [namespace, name] = full.split('/')
  return { kind, name, namespace }
}
