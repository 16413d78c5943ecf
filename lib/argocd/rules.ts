import type { SlimRecord } from '../cluster/schema.ts'
import type { BlastRadius, BlastStep, Instance, Look } from './schema.ts'

export const ARGO = 'argoproj.io'
const CASCADE = 'resources-finalizer.argocd.argoproj.io'

/** API group of an object; '' for the legacy group. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/')
  return slash < 0 ? '' : apiVersion.slice(0, slash)
}

const ROLES =
  /(applicationset-controller|application-controller|notifications-controller|repo-server|commit-server|dex-server|redis(?:-ha.*)?|server)$/

/**
 * The Argo CD component that a workload is, by the labels of Argo CD's own manifests and charts; null when it is none.
 * A namespace counts as home of an instance by its application controller, so a look-alike name alone founds nothing.
 */
export function roleOf(record: SlimRecord): string | null {
  const labels = record.labels
  const name = labels['app.kubernetes.io/name'] ?? ''
  const images = record.facts.is === 'workload' ? record.facts.images : []
  const ours =
    labels['app.kubernetes.io/part-of'] === 'argocd' ||
    /^argocd(-|$)/.test(name) ||
    images.some((image) => /(^|\/)argocd([:@]|$)/.test(image))
  if (!ours) return null
  const role = (text: string) => ROLES.exec(text)?.[1] ?? null
  return role(labels['app.kubernetes.io/component'] ?? '') ?? role(name) ?? role(record.name) ?? 'other'
}

/** Whether an object is part of an Argo CD installation itself, and not of what it deploys. */
export function isOwnComponent(record: SlimRecord): boolean {
  if (record.facts.is === 'workload') return roleOf(record) !== null
  return record.labels['app.kubernetes.io/part-of'] === 'argocd'
}

/** Whether a finalizer makes Argo CD delete an Application's resources (argo-cd: application_defaults.go, types.go). */
export function cascades(finalizer: string): boolean {
  return finalizer === CASCADE || finalizer === `${CASCADE}/foreground` || finalizer === `${CASCADE}/background`
}

export function isApplication(record: SlimRecord): boolean {
  return record.kind === 'Application' && groupOf(record.apiVersion) === ARGO
}

/** An Application that is being deleted and whose finalizer will take its resources along. */
export function awaitsDeletion(record: SlimRecord): boolean {
  return isApplication(record) && record.deletingAt !== null && record.finalizers.some(cascades)
}

/** How an object guards itself: `keep` refuses, `confirm` waits for a person (argo-cd: sync-options.md). */
export function guardOf(record: SlimRecord, against: 'Prune' | 'Delete', application?: SlimRecord): 'none' | 'keep' | 'confirm' {
  const own = (record.annotations['argocd.argoproj.io/sync-options'] ?? '').split(',').map((word) => word.trim())
  const inherited = application?.facts.is === 'application' ? application.facts.syncOptions : []
  if (record.annotations['helm.sh/resource-policy'] === 'keep' && against === 'Delete') return 'keep'
  const word = own.find((one) => one.startsWith(`${against}=`)) ?? inherited.find((one) => one.startsWith(`${against}=`))
  if (word === `${against}=false`) return 'keep'
  if (word === `${against}=confirm`) return 'confirm'
  return 'none'
}

/** Whether an Application deploys to the cluster that it lives on. */
export function deploysHere(application: SlimRecord): boolean {
  if (application.facts.is !== 'application') return false
  const { server, name } = application.facts.destination
  return server === 'https://kubernetes.default.svc' || name === 'in-cluster' || (server === '' && name === '')
}

/**
 * What Argo CD deletes when a deleting Application is finalized: what carries its tracking, has no owner, is no
 * definition, not the Application itself and not guarded (argo-cd: appcontroller.go finalizeApplicationDeletion).
 */
export function wouldCascade(look: Look, application: SlimRecord): readonly SlimRecord[] {
  if (!deploysHere(application)) return []
  return trackedOf(look, application).filter(
    (one) =>
      one.owners.length === 0 &&
      one.kind !== 'CustomResourceDefinition' &&
      one.uid !== application.uid &&
      guardOf(one, 'Delete', application) === 'none',
  )
}

/** Everything that carries an Application's tracking, under its plain or its qualified name. */
export function trackedOf(look: Look, application: SlimRecord): readonly SlimRecord[] {
  const plain = findApplication(look, application.name)?.uid === application.uid ? look.trackedBy(application.name) : []
  return [...plain, ...look.trackedBy(`${application.namespace}_${application.name}`)]
}

/** The resources that the next automated sync of an Application will prune, hooks left out; empty when nothing will. `home` is the cluster it lives on. */
export function wouldPrune(look: Look, application: SlimRecord, home: Look = look): readonly SlimRecord[] {
  if (application.facts.is !== 'application' || application.deletingAt) return []
  const { automated, resources, sync } = application.facts
  if (!automated?.enabled || !automated.prune || sync === 'Unknown' || hasWindow(home, application)) return []
  const pruned: SlimRecord[] = []
  for (const row of resources) {
    if (!row.requiresPruning || row.hook) continue
    const live = look.find(row.kind, row.namespace, row.name, row.group)
    if (live && !live.deletingAt && guardOf(live, 'Prune', application) === 'none') pruned.push(live)
  }
  return pruned
}

/** A project with sync windows may hold a prune back; whether it does now is not ours to promise. */
function hasWindow(look: Look, application: SlimRecord): boolean {
  if (application.facts.is !== 'application') return false
  const project = look.find('AppProject', application.namespace, application.facts.project, ARGO)
  return project?.facts.is === 'appproject' && project.facts.windows > 0
}

/** The Application that a tracking name means: in an instance's own namespace, or `<namespace>_<name>` in any other (argo-cd: app-any-namespace.md). */
export function findApplication(look: Look, tracked: string): SlimRecord | undefined {
  const applications = look.list('Application', ARGO)
  if (applications.length === 0) return undefined
  for (const namespace of new Set(look.list('AppProject', ARGO).map((one) => one.namespace))) {
    const found = look.find('Application', namespace, tracked, ARGO)
    if (found) return found
  }
  const cut = tracked.indexOf('_')
  const elsewhere = cut > 0 ? look.find('Application', tracked.slice(0, cut), tracked.slice(cut + 1), ARGO) : undefined
  return elsewhere ?? applications.find((one) => one.name === tracked)
}

/**
 * The Application that tracks an object. Several Argo CDs may have one of that name: then the one that lists the object in its
 * `status.resources` is it, whatever their installation ids are. `fits` limits the search.
 */
export function applicationOf(
  look: Look,
  record: SlimRecord,
  fits: (application: SlimRecord) => boolean = () => true,
): SlimRecord | undefined {
  const tracked = record.tracking?.app
  if (tracked === undefined) return undefined
  const cut = tracked.indexOf('_')
  const named = look
    .list('Application', ARGO)
    .filter(
      (one) =>
        (one.name === tracked || (cut > 0 && one.namespace === tracked.slice(0, cut) && one.name === tracked.slice(cut + 1))) && fits(one),
    )
  return named.find((one) => named.length > 1 && listsResource(one, record)) ?? named[0]
}

function listsResource(application: SlimRecord, record: SlimRecord): boolean {
  return (
    application.facts.is === 'application' &&
    application.facts.resources.some(
      (row) =>
        row.kind === record.kind &&
        row.name === record.name &&
        row.namespace === record.namespace &&
        row.group === groupOf(record.apiVersion),
    )
  )
}

/** The instance that reconciles an Application: the one of its namespace, else the only one there is. */
export function instanceFor(namespace: string | null, instances: readonly Instance[]): Instance | undefined {
  return (
    instances.find((one) => one.namespace === namespace) ??
    (instances.length === 1 ? instances[0] : instances.find((one) => one.reconciling))
  )
}

/** Indexes a set of records of one moment, to be judged as a live store is. */
export function lookAt(records: Iterable<SlimRecord>): Look {
  const all = [...records]
  const by = <K>(keys: (record: SlimRecord) => readonly K[]) => {
    const map = new Map<K, SlimRecord[]>()
    for (const record of all) for (const key of keys(record)) (map.get(key) ?? map.set(key, []).get(key))?.push(record)
    return map
  }
  const uids = new Map(all.map((record) => [record.uid, record]))
  const kinds = by((record) => [record.kind])
  const keys = by((record) => [`${record.kind}/${record.namespace}/${record.name}`])
  const namespaces = by((record) => [record.namespace])
  const owned = by((record) => record.owners.map((owner) => owner.uid))
  const tracked = by((record) => (record.tracking ? [record.tracking.app] : []))
  const ofGroup = (records: readonly SlimRecord[], group: string | undefined) =>
    group === undefined ? records : records.filter((one) => groupOf(one.apiVersion) === group)
  return {
    get: (uid) => uids.get(uid),
    find: (kind, namespace, name, group) => ofGroup(keys.get(`${kind}/${namespace}/${name}`) ?? [], group)[0],
    list: (kind, group) => ofGroup(kinds.get(kind) ?? [], group),
    inNamespace: (namespace) => namespaces.get(namespace) ?? [],
    ownedBy: (uid) => owned.get(uid) ?? [],
    trackedBy: (application) => tracked.get(application) ?? [],
    all: () => all,
  }
}

/**
 * What would go if `target` were deleted now, and by which mechanism, followed to its end: namespace content,
 * Argo CD's cascade, garbage collection by owner, a definition's objects, a volume's reclaim policy.
 */
export function blastRadius(look: Look, target: SlimRecord, instances: readonly Instance[]): BlastRadius {
  const gone = new Map<string, SlimRecord>([[target.uid, target]])
  const steps: BlastStep[] = []
  const queue: SlimRecord[] = [target]
  for (let next = queue.shift(); next; next = queue.shift()) {
    for (const step of consequences(look, next, instances, gone)) {
      const objects = step.objects.filter((one) => !gone.has(one.uid))
      if (objects.length === 0) continue
      steps.push({ ...step, objects })
      for (const one of objects) {
        gone.set(one.uid, one)
        queue.push(one)
      }
    }
  }
  return { target, steps, objects: [...gone.values()], notes: notesOn(look, target, instances) }
}

function consequences(
  look: Look,
  by: SlimRecord,
  instances: readonly Instance[],
  gone: ReadonlyMap<string, SlimRecord>,
): readonly BlastStep[] {
  const steps: BlastStep[] = []
  const add = (mechanism: BlastStep['mechanism'], how: string, objects: readonly SlimRecord[], waits = false) =>
    objects.length > 0 && steps.push({ mechanism, by, how, objects, waits })
  if (by.kind === 'Namespace') add('namespace', `the namespace controller deletes everything in ${by.name}`, look.inNamespace(by.name))
  if (isApplication(by) && by.finalizers.some(cascades)) {
    const instance = instanceFor(by.namespace, instances)
    const dies = instance !== undefined && [...gone.values()].some((one) => one.kind === 'Namespace' && one.name === instance.namespace)
    const waits = !instance?.reconciling || dies
    add(
      'cascade',
      waits ? `Argo CD deletes the resources of ${by.name} as soon as a controller runs` : `Argo CD deletes the resources of ${by.name}`,
      wouldCascade(look, by),
      waits,
    )
  }
  if (by.facts.is === 'crd') {
    const { kind, group } = by.facts
    add('definition', `the API server deletes every ${kind}`, look.list(kind, group))
    const others = look
      .list('CustomResourceDefinition')
      .some((one) => one.facts.is === 'crd' && one.facts.group === group && !gone.has(one.uid))
    if (!others) {
      const served = look.list('APIService').filter((one) => one.name.endsWith(`.${group}`))
      add('definition', `the API server stops serving ${group}: nothing else is defined in it`, served)
    }
  }
  if (by.facts.is === 'claim' && by.facts.volume) {
    const volume = look.find('PersistentVolume', '', by.facts.volume)
    if (volume?.facts.is === 'volume' && volume.facts.policy === 'Delete')
      add('reclaim', `the volume's reclaim policy is Delete: its data goes with claim ${by.name}`, [volume])
  }
  add(
    'owner-reference',
    `the garbage collector deletes what ${by.kind} ${by.name} owns`,
    look.ownedBy(by.uid).filter((one) => onlyOwner(look, one, by, gone)),
  )
  return steps
}

/** Garbage collection takes an object when its last owner is gone (Kubernetes: garbage-collection). */
function onlyOwner(look: Look, dependent: SlimRecord, owner: SlimRecord, gone: ReadonlyMap<string, SlimRecord>): boolean {
  return dependent.owners.every((one) => one.uid === owner.uid || gone.has(one.uid) || look.get(one.uid) === undefined)
}

/** What a deletion does to objects that stay, or that are on another cluster. */
function farEffects(look: Look, target: SlimRecord): readonly string[] {
  const notes: string[] = []
  const applications = look.list('Application', ARGO)
  if (target.facts.is === 'appproject') {
    const members = applications.filter((one) => one.namespace === target.namespace && inProject(one, target.name)).length
    const effect = 'nothing is deleted, but Argo CD refuses to sync or to delete them'
    if (members > 0) notes.push(`${members === 1 ? '1 Application is' : `${members} Applications are`} in this project: ${effect}`)
  }
  if (target.facts.is === 'application' && !deploysHere(target) && target.finalizers.some(cascades)) {
    const { server, name } = target.facts.destination
    notes.push(`it deploys to ${server || name}: its resources there go, too, and are not counted here`)
  }
  if (target.facts.is === 'webhook') notes.push('nothing is deleted, but what it checks or changes is admitted unchecked and unchanged')
  if (target.facts.is === 'apiservice' && !target.facts.available)
    notes.push('it is not available: removing it lets namespaces finish again')
  return notes
}

function inProject(application: SlimRecord, project: string): boolean {
  return application.facts.is === 'application' && application.facts.project === project
}

function notesOn(look: Look, target: SlimRecord, instances: readonly Instance[]): readonly string[] {
  const notes: string[] = []
  const application = target.tracking ? findApplication(look, target.tracking.app) : undefined
  if (
    application?.facts.is === 'application' &&
    application.facts.automated?.selfHeal &&
    !application.deletingAt &&
    instanceFor(application.namespace, instances)?.reconciling
  ) {
    notes.push(`Application ${application.name} heals itself: Argo CD would create ${target.kind} ${target.name} again, with another uid`)
  }
  if (isApplication(target) && !target.finalizers.some(cascades))
    notes.push('it carries no cascading finalizer: its resources stay, unmanaged')
  notes.push(...farEffects(look, target))
  if (target.kind === 'ApplicationSet' && target.facts.is === 'applicationset' && target.facts.preserve)
    notes.push('preserveResourcesOnDeletion is set: generated Applications should carry no cascading finalizer')
  if (instances.some((one) => one.namespace !== '' && target.kind === 'Namespace' && target.name === one.namespace))
    notes.push('this is the namespace of an Argo CD instance: it would delete itself')
  return notes
}
