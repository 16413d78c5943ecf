/** One answer of the permissions report; `resource` is `plural[/subresource][.group]`. */
export type Permission = { readonly verb: string; readonly resource: string; readonly allowed: boolean; readonly needed: string }

/** What the account lacks, as a ClusterRole to apply beside the roles that it has; null when nothing is missing. */
export function missingRole(cluster: string, permissions: readonly Permission[]): string | null {
  const verbs = new Map<string, Set<string>>()
  for (const { verb, resource, allowed } of permissions) if (!allowed) verbs.set(resource, new Set([...(verbs.get(resource) ?? []), verb]))
  if (verbs.size === 0) return null
  const rules = [...verbs].map(([resource, missing]) => ({ ...partsOf(resource), verbs: [...missing].sort() }))
  const together = Map.groupBy(rules, (rule) => `${rule.group} ${rule.verbs.join()}`)
  return [
    `# What Blackstart lacks on ${cluster}. Bind it to the account that Blackstart signs in with.`,
    'apiVersion: rbac.authorization.k8s.io/v1',
    'kind: ClusterRole',
    'metadata:',
    '  name: blackstart-missing',
    'rules:',
    ...[...together.values()].flatMap((same) => [
      `  - apiGroups: ["${same[0]?.group ?? ''}"]`,
      `    resources: [${same.map((rule) => rule.plural).join(', ')}]`,
      `    verbs: [${same[0]?.verbs.join(', ') ?? ''}]`,
    ]),
  ].join('\n')
}

function partsOf(resource: string): { readonly group: string; readonly plural: string } {
  const dot = resource.indexOf('.')
  return dot < 0 ? { group: '', plural: resource } : { group: resource.slice(dot + 1), plural: resource.slice(0, dot) }
}
