import { at, type Dict, dict, num, text, textMap, texts } from '../kernel/wire.ts'
import { cascades } from './rules.ts'

/** The change that a request would make, as far as the gate must know it. */
export type Write = {
  readonly method: string
  readonly kind: string
  readonly subresource: string
  readonly manifest: unknown
  readonly current: unknown
}

const CONTROLLER = /(^|-)(application-controller|applicationset-controller)$/
const WORKLOADS: ReadonlySet<string> = new Set([
  'Deployment',
  'StatefulSet',
  'ReplicaSet',
  'Pod',
  'DaemonSet',
  'Job',
  'ReplicationController',
  'Scale',
])

/** Which Argo CD controller an object runs, by label, name or command; null when none. */
export function controllerOf(object: unknown): string | null {
  const meta = dict(dict(object).metadata)
  const labels = textMap(meta.labels)
  const containers = at(object, 'kind') === 'Pod' ? at(object, 'spec', 'containers') : at(object, 'spec', 'template', 'spec', 'containers')
  const words = [labels['app.kubernetes.io/component'] ?? '', labels['app.kubernetes.io/name'] ?? '', text(meta.name)]
  for (const container of Array.isArray(containers) ? containers : []) {
    words.push(text(dict(container).name), ...texts(dict(container).command), ...texts(dict(container).args))
  }
  for (const word of words) {
    const found = CONTROLLER.exec(word.split('/').at(-1) ?? '')
    if (found?.[2]) return found[2]
  }
  return null
}

function replicasOf(object: unknown): number {
  return num(at(object, 'spec', 'replicas'), 1)
}

/** Whether a write may make an Argo CD controller run: it creates one, raises one above 0, or changes one that is above 0. */
export function startsController(write: Write): boolean {
  if (write.method === 'DELETE' || write.method === 'GET' || !WORKLOADS.has(write.kind)) return false
  const target = write.kind === 'Scale' ? write.current : write.manifest
  if (controllerOf(target) === null && controllerOf(write.current) === null) return false
  return write.kind === 'Pod' || replicasOf(write.manifest) > 0
}

/** Whether an Application's automated sync is on: present, and not switched off by `enabled: false` (Argo CD 3.1). */
export function isAutomated(application: unknown): boolean {
  const automated = at(application, 'spec', 'syncPolicy', 'automated')
  return typeof automated === 'object' && automated !== null && dict(automated).enabled !== false
}

export function isRestored(application: unknown): boolean {
  return textMap(at(application, 'metadata', 'annotations'))['blackstart.dev/act'] !== undefined
}

export type Obstacle = { readonly namespace: string; readonly name: string; readonly why: 'awaits-deletion' | 'automation-not-in-ledger' }

/**
 * The Applications that a starting controller would turn into a disaster: those whose deletion it would finish,
 * and those we restored whose automation is on without having passed through the ledger.
 */
export function obstaclesToReinstall(
  applications: readonly unknown[],
  passedLedger: (namespace: string, name: string) => boolean,
): readonly Obstacle[] {
  const found: Obstacle[] = []
  for (const application of applications) {
    const meta: Dict = dict(dict(application).metadata)
    const [namespace, name] = [text(meta.namespace), text(meta.name)]
    if (text(meta.deletionTimestamp) !== '' && texts(meta.finalizers).some(cascades))
      found.push({ namespace, name, why: 'awaits-deletion' })
    else if (isRestored(application) && isAutomated(application) && !passedLedger(namespace, name))
      found.push({ namespace, name, why: 'automation-not-in-ledger' })
  }
  return found
}

export function tellObstacles(found: readonly Obstacle[]): string {
  const deleting = found.filter((one) => one.why === 'awaits-deletion')
  const loose = found.filter((one) => one.why === 'automation-not-in-ledger')
  const names = (some: readonly Obstacle[]) =>
    some
      .slice(0, 3)
      .map((one) => `${one.namespace}/${one.name}`)
      .join(', ') + (some.length > 3 ? ` and ${some.length - 3} more` : '')
  return [
    ...(deleting.length > 0
      ? [
          `${deleting.length} Applications await deletion (${names(deleting)}): a controller would delete their workloads within seconds. Remove Argo CD's finalizers from them first.`,
        ]
      : []),
    ...(loose.length > 0
      ? [`${loose.length} restored Applications have their automation on and never passed the ledger (${names(loose)}). Freeze them first.`]
      : []),
  ].join(' ')
}
