import type { SlimRecord } from '../cluster/schema.ts'
import { ARGO, roleOf } from './rules.ts'
import type { ArgocdState, Component, Fault, Instance, KnownInstance, Look } from './schema.ts'

/** Without these there is no Argo CD; that of ApplicationSets counts where it was seen. */
const DEFINITIONS = ['applications', 'appprojects'] as const

/**
 * The Argo CD instances of a cluster, in order of namespace. `known` are those seen before (a disaster may leave no
 * trace of them); tracked objects without any controller found an absent instance with namespace ''.
 */
export function findInstances(look: Look, known: readonly KnownInstance[] = []): readonly Instance[] {
  const workloads = [...look.list('Deployment', 'apps'), ...look.list('StatefulSet', 'apps')]
  const components = new Map<string, Component[]>()
  for (const record of workloads) {
    if (record.facts.is !== 'workload') continue
    const role = roleOf(record)
    if (!role) continue
    const list = components.get(record.namespace) ?? []
    list.push({ name: record.name, role, desired: record.facts.desired, ready: record.facts.ready, record })
    components.set(record.namespace, list)
  }
  const homes = new Set<string>(known.map((one) => one.namespace))
  for (const [namespace, list] of components) if (list.some((one) => one.role === 'application-controller')) homes.add(namespace)
  for (const project of look.list('AppProject', ARGO)) homes.add(project.namespace)
  if (homes.size === 0) for (const application of look.list('Application', ARGO)) homes.add(application.namespace)
  if (homes.size === 0 && hasTracked(look)) homes.add('')
  return [...homes].sort().map((namespace) =>
    judgeInstance(
      look,
      namespace,
      (components.get(namespace) ?? []).sort((a, b) => a.name.localeCompare(b.name)),
      known.find((one) => one.namespace === namespace),
      homes,
    ),
  )
}

function hasTracked(look: Look): boolean {
  for (const record of look.all()) if (record.tracking && record.facts.is === 'workload') return true
  return false
}

function judgeInstance(
  look: Look,
  namespace: string,
  components: readonly Component[],
  known: KnownInstance | undefined,
  homes: ReadonlySet<string>,
): Instance {
  const home = look.find('Namespace', '', namespace, '')
  const controllers = components.filter((one) => one.role === 'application-controller')
  const pods = podsOf(look, namespace, controllers)
  const faults: Fault[] = []
  let state: ArgocdState = 'running'
  const worse = (to: ArgocdState, what: string, since: string | null, record: SlimRecord | null) => {
    if (RANK[to] > RANK[state]) state = to
    faults.push({ what, since, record })
  }
  if (namespace === '') worse('absent', 'objects carry the tracking of an Argo CD, and no controller of one is here', null, null)
  else if (!home) worse('absent', `Namespace ${namespace} is gone`, null, null)
  else if (home.deletingAt) worse('terminating', `Namespace ${namespace} is being deleted`, home.deletingAt, home)
  for (const fault of definitionFaults(look, known?.definitions))
    worse(fault.record ? 'terminating' : 'absent', fault.what, fault.since, fault.record)
  if (controllers.length === 0 && namespace !== '') worse('absent', `no application controller in ${namespace}`, null, null)
  for (const one of controllers)
    if (one.record.deletingAt) worse('terminating', `${one.name} is being deleted`, one.record.deletingAt, one.record)
  for (const one of components) {
    if (one.role === 'application-controller' && one.desired === 0) worse('degraded', `${one.name} is scaled to 0`, null, one.record)
    else if (one.ready < one.desired) worse('degraded', `${one.name}: ${one.ready} of ${one.desired} ready`, null, one.record)
  }
  for (const what of orphanedProjects(look, namespace, known?.projects ?? [])) worse('degraded', what, null, null)
  const served = definitionFaults(look, []).every((one) => one.record !== null || !one.what.includes('applications.'))
  return {
    namespace,
    // A namespace on its way out outranks what is missing inside: "terminating" says what can still be done.
    state: home?.deletingAt ? 'terminating' : state,
    version: versionOf(components) || known?.version || '',
    components,
    controllerPods: pods,
    reconciling: isRunning(look, home, controllers, pods) && served && home !== undefined,
    faults,
    destinations: destinationsOf(look, namespace, homes),
    definitions: definitionsOf(look),
    projects: look
      .list('AppProject', ARGO)
      .filter((one) => one.namespace === namespace)
      .map((one) => one.name)
      .sort(),
  }
}

/** Definitions without which there is no Argo CD; where definitions are not read, nothing is said of them. */
function definitionFaults(look: Look, known: readonly string[] = []): readonly Fault[] {
  if (look.list('CustomResourceDefinition').length === 0) return []
  return [...new Set([...DEFINITIONS, ...known])].flatMap((plural): readonly Fault[] => {
    const record = look.find('CustomResourceDefinition', '', `${plural}.${ARGO}`)
    if (!record) return [{ what: `definition ${plural}.${ARGO} is gone`, since: null, record: null }]
    return record.deletingAt ? [{ what: `definition ${plural}.${ARGO} is being deleted`, since: record.deletingAt, record }] : []
  })
}

/** The kinds of Argo CD that are defined and stay so, by plural name. */
function definitionsOf(look: Look): readonly string[] {
  return look
    .list('CustomResourceDefinition')
    .flatMap((one) => (one.facts.is === 'crd' && one.facts.group === ARGO && !one.deletingAt ? [one.facts.plural] : []))
    .filter((plural) => plural === 'applicationsets' || (DEFINITIONS as readonly string[]).includes(plural))
    .sort()
}

/** By its pods where pods are read, else by what the workload says of itself: in a namespace on its way out the pods go first (KEP-5080). */
function isRunning(look: Look, home: SlimRecord | undefined, controllers: readonly Component[], pods: readonly SlimRecord[]): boolean {
  if (look.list('Pod').length === 0) return !home?.deletingAt && controllers.some((one) => one.ready > 0)
  return pods.some((pod) => pod.facts.is === 'pod' && pod.facts.phase === 'Running')
}

/** Projects that were there, are not, and that Applications still name: Argo CD refuses to work on those. */
function orphanedProjects(look: Look, namespace: string, known: readonly string[]): readonly string[] {
  return known.flatMap((project) => {
    if (look.find('AppProject', namespace, project, ARGO)) return []
    const members = look.list('Application', ARGO).filter((one) => one.facts.is === 'application' && one.facts.project === project).length
    const which = members === 1 ? '1 Application' : `${members} Applications`
    return members > 0 ? [`AppProject ${project} is gone: ${which} can neither sync nor be deleted`] : []
  })
}

const RANK: Readonly<Record<ArgocdState, number>> = { running: 0, degraded: 1, terminating: 2, absent: 3 }

/** Pods of the application controllers that are not ending, by owner; a ReplicaSet may stand between. */
function podsOf(look: Look, namespace: string, controllers: readonly Component[]): readonly SlimRecord[] {
  if (namespace === '') return []
  const owners = new Set<string>()
  for (const one of controllers) {
    owners.add(one.record.uid)
    for (const replicaSet of look.ownedBy(one.record.uid)) owners.add(replicaSet.uid)
  }
  return look
    .inNamespace(namespace)
    .filter(
      (one) =>
        one.facts.is === 'pod' &&
        !one.deletingAt &&
        (one.owners.some((owner) => owners.has(owner.uid)) || one.labels['app.kubernetes.io/name'] === 'argocd-application-controller'),
    )
}

function versionOf(components: readonly Component[]): string {
  for (const one of components) {
    const images = one.record.facts.is === 'workload' ? one.record.facts.images : []
    const tag = images.map((image) => /(?:^|\/)argocd:([^@]+)/.exec(image)?.[1]).find(Boolean)
    if (tag) return tag
  }
  return ''
}

/** An Application outside every instance's own namespace may be anybody's, so each of them counts it (argo-cd: app-any-namespace.md). */
function destinationsOf(look: Look, namespace: string, homes: ReadonlySet<string>): readonly string[] {
  const names = new Set<string>()
  for (const one of look.list('Application', ARGO))
    if ((one.namespace === namespace || !homes.has(one.namespace)) && one.facts.is === 'application')
      names.add(one.facts.destination.server || one.facts.destination.name)
  return [...names].sort()
}

/** What is worth remembering of an instance; null when it is only a trace. Where it deployed to is never forgotten: its loss is felt there. */
export function remember(instance: Instance, before?: KnownInstance): KnownInstance | null {
  if (instance.namespace === '' || instance.state === 'absent') return null
  return {
    namespace: instance.namespace,
    version: instance.version,
    components: instance.components.map((one) => ({ name: one.name, desired: one.desired })),
    projects: instance.projects,
    definitions: [...new Set([...(before?.definitions ?? []), ...instance.definitions])].sort(),
    destinations: [...new Set([...(before?.destinations ?? []), ...instance.destinations])].sort(),
  }
}
