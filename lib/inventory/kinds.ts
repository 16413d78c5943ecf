import type { KindRef } from '../cluster/schema.ts'

/** `full`: the manifest goes to the history; `slim`: live only; `names`: metadata alone; `events`: copied out, not held. */
export type Depth = 'full' | 'slim' | 'names' | 'events'
export type CollectedKind = KindRef & { readonly depth: Depth; readonly priority: number; readonly pageSize: number }

/** plural.group → place in the queue for its list, lower first: Applications, namespaces and workloads before the rest. */
const FULL: ReadonlyMap<string, number> = new Map([
  ['applications.argoproj.io', 0],
  ['namespaces.', 0],
  ['applicationsets.argoproj.io', 0],
  ['appprojects.argoproj.io', 0],
  ['deployments.apps', 1],
  ['statefulsets.apps', 1],
  ['daemonsets.apps', 1],
  ['cronjobs.batch', 1],
  ['customresourcedefinitions.apiextensions.k8s.io', 1],
  ['persistentvolumeclaims.', 2],
  ['persistentvolumes.', 2],
  ['services.', 2],
  ['ingresses.networking.k8s.io', 2],
  ['httproutes.gateway.networking.k8s.io', 2],
  ['configmaps.', 3],
  ['serviceaccounts.', 3],
  ['roles.rbac.authorization.k8s.io', 3],
  ['rolebindings.rbac.authorization.k8s.io', 3],
  ['clusterroles.rbac.authorization.k8s.io', 3],
  ['clusterrolebindings.rbac.authorization.k8s.io', 3],
  ['storageclasses.storage.k8s.io', 3],
  ['poddisruptionbudgets.policy', 3],
  ['horizontalpodautoscalers.autoscaling', 3],
  ['networkpolicies.networking.k8s.io', 3],
  ['resourcequotas.', 3],
  ['limitranges.', 3],
  ['priorityclasses.scheduling.k8s.io', 3],
  ['apiservices.apiregistration.k8s.io', 2],
  ['validatingwebhookconfigurations.admissionregistration.k8s.io', 2],
  ['mutatingwebhookconfigurations.admissionregistration.k8s.io', 2],
  ['validatingadmissionpolicies.admissionregistration.k8s.io', 3],
  ['validatingadmissionpolicybindings.admissionregistration.k8s.io', 3],
  ['certificates.cert-manager.io', 3],
  ['mutatingadmissionpolicies.admissionregistration.k8s.io', 3],
  ['mutatingadmissionpolicybindings.admissionregistration.k8s.io', 3],
  ['schedules.velero.io', 3],
  ['backups.velero.io', 3],
  ['backupstoragelocations.velero.io', 3],
])

const SLIM: ReadonlyMap<string, number> = new Map([
  ['pods.', 2],
  ['replicasets.apps', 2],
  ['jobs.batch', 2],
  ['nodes.', 1],
  ['endpointslices.discovery.k8s.io', 3],
])

/** What changes all the time and restores nothing. */
const CHURN =
  /^(events|leases|endpoints|endpointslices|componentstatuses|controllerrevisions|podmetrics|nodemetrics|bindings|replicationcontrollers|podtemplates)\.|reports?\.(wgpolicyk8s\.io|aquasecurity\.github\.io|openreports\.io|kyverno\.io)$|\.(metrics\.k8s\.io|custom\.metrics\.k8s\.io)$/

export function kindKey(kind: Pick<KindRef, 'group' | 'plural'>): string {
  return `${kind.plural}.${kind.group}`
}

export type Wanted = {
  /** `<group>/<Kind>` of everything that Applications name in `status.resources`. */
  readonly tracked: ReadonlySet<string>
  /** `collect:` of the configuration: plural, plural.group, Kind or Kind.group. */
  readonly collect: readonly string[]
  readonly secrets: 'none' | 'names'
}

/** Which of the served kinds are collected, and how deep. Secrets are never listed with their values. */
export function chooseKinds(
  served: readonly (KindRef & { readonly verbs: readonly string[] })[],
  wanted: Wanted,
): readonly CollectedKind[] {
  const named = new Set(wanted.collect.map((one) => one.toLowerCase()))
  const chosen: CollectedKind[] = []
  for (const kind of served) {
    if (!kind.verbs.includes('list') || !kind.verbs.includes('watch')) continue
    const depth = depthOf(kind, wanted, named)
    if (depth === null) continue
    const key = kindKey(kind)
    const { group, version, kind: name, plural, namespaced } = kind
    // A definition carries its schema until it is cut off at the door, so its pages are short.
    const pageSize = plural === 'customresourcedefinitions' ? 50 : plural === 'pods' ? 250 : 500
    chosen.push({ group, version, kind: name, plural, namespaced, depth, priority: FULL.get(key) ?? SLIM.get(key) ?? 5, pageSize })
  }
  return chosen
}

function depthOf(kind: KindRef, wanted: Wanted, named: ReadonlySet<string>): Depth | null {
  const key = kindKey(kind)
  if (key === 'events.') return 'events'
  if (key === 'secrets.') return wanted.secrets === 'names' ? 'names' : null
  if (FULL.has(key)) return 'full'
  if (SLIM.has(key)) return 'slim'
  if (CHURN.test(key)) return null
  if (wanted.tracked.has(`${kind.group}/${kind.kind}`)) return 'full'
  const words = [kind.plural, key, kind.kind, `${kind.kind}.${kind.group}`, `${kind.group}/${kind.kind}`]
  return words.some((one) => named.has(one.toLowerCase())) ? 'full' : null
}
