import type { SlimRecord } from '../cluster/schema.ts'

/** One credential that something needs, known from what refers to it: no Secret is read for it. */
export type Credential = {
  readonly id: string
  /** `secret`: a Secret by name; `repository`, `cluster`: what Argo CD keeps for a repository or a destination, in a Secret of any name. */
  readonly what: 'secret' | 'repository' | 'cluster'
  /** '' for what has no namespace of its own. */
  readonly namespace: string
  readonly name: string
  /** Keys that are named, where the reference names them. */
  readonly keys: readonly string[]
  readonly neededBy: readonly { readonly kind: string; readonly namespace: string; readonly name: string }[]
  /** Whether it is there, where names of Secrets are listed; null where nobody may say. */
  readonly present: boolean | null
}

type Look = { list(kind: string, group?: string): readonly SlimRecord[] }
type Need = { readonly what: Credential['what']; readonly namespace: string; readonly name: string; readonly key?: string }

/** The kinds that the derivation rests on. */
export const REFERRING = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'CronJob',
  'ServiceAccount',
  'Ingress',
  'ConfigMap',
  'Application',
] as const

/** All that is needed, most needed first. `namesListed`: Secrets are listed by name, so that what is missing can be told. */
export function requiredCredentials(look: Look, namesListed: boolean): readonly Credential[] {
  const there = new Set(look.list('Secret', '').map((one) => `${one.namespace}/${one.name}`))
  const found = new Map<string, { need: Need; keys: Set<string>; by: SlimRecord[] }>()
  for (const kind of REFERRING)
    for (const record of look.list(kind))
      for (const need of needsOf(record)) {
        const id = `${need.what}:${need.namespace}/${need.name}`
        const known = found.get(id) ?? { need, keys: new Set(), by: [] }
        found.set(id, known)
        if (need.key) known.keys.add(need.key)
        if (known.by.at(-1) !== record) known.by.push(record)
      }
  return [...found]
    .map(([id, { need, keys, by }]) => ({
      id,
      what: need.what,
      namespace: need.namespace,
      name: need.name,
      keys: [...keys].sort(),
      neededBy: by.map(({ kind, namespace, name }) => ({ kind, namespace, name })),
      present: namesListed && need.what === 'secret' ? there.has(`${need.namespace}/${need.name}`) : null,
    }))
    .sort(
      (a, b) =>
        Number(b.present === false) - Number(a.present === false) || b.neededBy.length - a.neededBy.length || (a.id < b.id ? -1 : 1),
    )
}

function needsOf({ namespace, facts }: SlimRecord): readonly Need[] {
  const secret = (name: string): Need => ({ what: 'secret', namespace, name })
  switch (facts.is) {
    case 'workload':
    case 'cronjob':
      return facts.secrets.map(secret)
    case 'account':
      return facts.pullSecrets.map(secret)
    case 'ingress':
      return facts.tlsSecrets.map(secret)
    case 'argocd-settings':
    case 'settings':
      return facts.secretKeys.map((one) => ({ ...secret(one.secret), key: one.key }))
    case 'application':
      return [
        ...(facts.repo ? [{ what: 'repository', namespace: '', name: facts.repo } as const] : []),
        ...(isLocal(facts.destination)
          ? []
          : [{ what: 'cluster', namespace: '', name: facts.destination.server || facts.destination.name } as const]),
      ]
    default:
      return []
  }
}

/** Argo CD reaches its own cluster without a Secret. */
function isLocal({ server, name }: { readonly server: string; readonly name: string }): boolean {
  return server === 'https://kubernetes.default.svc' || name === 'in-cluster' || (server === '' && name === '')
}
