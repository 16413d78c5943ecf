import type { SlimRecord } from '../cluster/schema.ts'
import { at, type Dict, dict, list, text } from '../kernel/wire.ts'
import { groupOf, hasUid, project, TRACKING_ID, unknownUid } from './rules.ts'

/** An object of an imported baseline; without a manifest it is known by name only and cannot be restored from it. */
export type Imported = { readonly record: SlimRecord; readonly manifest: Dict | null }
export type LeftOut = { readonly kind: string; readonly count: number; readonly why: string }

const SECRET = 'secret values are never kept'
const PASSING = 'it comes and goes by itself and is never restored'
/** What no history keeps, by kind. */
const LEFT_OUT: ReadonlyMap<string, string> = new Map([
  ['Secret', SECRET],
  ...['Event', 'Pod', 'ReplicaSet', 'Job', 'Endpoints', 'EndpointSlice', 'Lease', 'Node', 'ControllerRevision'].map(
    (kind): [string, string] => [kind, PASSING],
  ),
])
/** Kinds that live in a namespace, so that one without is a question; of others nothing is assumed. */
const NAMESPACED = new Set(
  'Application ApplicationSet AppProject ConfigMap ServiceAccount Service Ingress HTTPRoute Deployment StatefulSet DaemonSet CronJob Role RoleBinding PersistentVolumeClaim PodDisruptionBudget HorizontalPodAutoscaler NetworkPolicy ResourceQuota LimitRange'.split(
    ' ',
  ),
)
const OF_ARGOCD = new Set(['Application', 'ApplicationSet', 'AppProject'])

export function leftOutBecause(object: Dict): string | null {
  return LEFT_OUT.get(text(object.kind)) ?? null
}

/** The namespace an object belongs to; null when the file does not tell. `argocd admin export` leaves Argo CD's own out. */
export function homeOf(object: Dict, argocd: string, otherwise: string | null): string | null {
  const said = text(at(object, 'metadata', 'namespace'))
  const kind = text(object.kind)
  if (said !== '' || !NAMESPACED.has(kind)) return said
  const ofArgocd = OF_ARGOCD.has(kind) || (kind === 'ConfigMap' && text(at(object, 'metadata', 'name')).startsWith('argocd-'))
  return ofArgocd ? text(at(object, 'status', 'controllerNamespace')) || argocd : otherwise
}

/** An object of a file as the history holds one of `moment` (RFC 3339). */
export function imported(object: Dict, namespace: string, moment: string): Imported {
  const metadata: Dict = { ...dict(object.metadata), ...(namespace === '' ? {} : { namespace }) }
  const uid = text(metadata.uid) || unknownUid(groupOf(text(object.apiVersion)), text(object.kind), namespace, text(metadata.name))
  const whole = { ...object, metadata: { ...metadata, uid } }
  return { record: project(assumedWell(whole), moment), manifest: whole }
}

/** A manifest without a status says nothing of how it went; taken as it stands, every workload would have been down. */
function assumedWell(object: Dict): Dict {
  if (object.status !== undefined || !['Deployment', 'StatefulSet', 'DaemonSet'].includes(text(object.kind))) return object
  const replicas = at(object, 'spec', 'replicas')
  const all = typeof replicas === 'number' ? replicas : 1
  const count = { replicas: all, readyReplicas: all, updatedReplicas: all, availableReplicas: all, currentReplicas: all }
  return { ...object, status: { ...count, observedGeneration: 1 } }
}

/**
 * Objects that the Applications of a file name in `status.resources` and the file does not hold: known by name only.
 * `isHere` tells whether an Application deploys to this cluster.
 */
export function namedByApplications(
  held: readonly Imported[],
  isHere: (application: SlimRecord) => boolean,
  moment: string,
): readonly Imported[] {
  const known = new Set(held.map(({ record }) => keyOf(record)))
  const found: Imported[] = []
  for (const { record, manifest } of held) {
    if (record.facts.is !== 'application' || manifest === null || !isHere(record)) continue
    for (const row of list(at(manifest, 'status', 'resources')).map(dict)) {
      const [group, kind, namespace, name] = [text(row.group), text(row.kind), text(row.namespace), text(row.name)]
      if (kind === '' || name === '' || row.hook === true || LEFT_OUT.has(kind)) continue
      const named = byName(record, { group, version: text(row.version) || 'v1', kind, namespace, name }, moment)
      if (known.has(keyOf(named))) continue
      known.add(keyOf(named))
      found.push({ record: named, manifest: null })
    }
  }
  return found
}

type Row = { readonly group: string; readonly version: string; readonly kind: string; readonly namespace: string; readonly name: string }

function byName(application: SlimRecord, row: Row, moment: string): SlimRecord {
  const { group, version, kind, namespace, name } = row
  const id = `${application.name}:${group}/${kind}:${namespace}/${name}`
  const metadata = { name, namespace, uid: unknownUid(group, kind, namespace, name), annotations: { [TRACKING_ID]: id } }
  // How many replicas there were is not known; none is the only number that accuses nobody.
  return project(assumedWell({ apiVersion: group === '' ? version : `${group}/${version}`, kind, metadata, spec: { replicas: 0 } }), moment)
}

function keyOf(record: SlimRecord): string {
  return `${groupOf(record.apiVersion)}/${record.kind}/${record.namespace}/${record.name}`
}

const TIMES = ['creationTimestamp', 'reconciledAt', 'finishedAt', 'startedAt', 'lastTransitionTime', 'deployedAt', 'time']

/** The newest moment that the objects of a file speak of, up to `now`, ms since the epoch; null when they speak of none. */
export function newestMoment(objects: readonly Dict[], now: number): number | null {
  let newest: number | null = null
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, one] of Object.entries(value)) {
      if (typeof one !== 'string') look(one)
      else if (TIMES.includes(key) && /^\d{4}-\d\d-\d\dT/.test(one)) {
        const ms = Date.parse(one)
        if (ms <= now && (newest === null || ms > newest)) newest = ms
      }
    }
  }
  for (const object of objects) look(object)
  return newest
}

/** What people must know before they trust such a baseline. */
export function cannotKnow(
  objects: readonly Imported[],
  leftOut: readonly LeftOut[],
  placed: 'given' | 'from-file' | 'before-recording',
): string[] {
  const said = ['Whether anything was healthy then: pods are in no such file.']
  const named = objects.filter((one) => one.manifest === null).length
  const withoutUid = objects.some((one) => one.manifest !== null && !hasUid(one.record))
  const workloads = objects.some((one) => one.record.facts.is === 'workload' || one.record.facts.is === 'cronjob')
  if (withoutUid || named > 0)
    said.push('Uids: what was deleted and made again since looks like the same object, so a volume that is new and empty is not noticed.')
  if (named > 0)
    said.push(
      `${named} objects are known by name only, from what Applications said of them: their loss shows, they cannot be restored from here.`,
    )
  if (!workloads) said.push('Which workloads there were: the file names none.')
  if (leftOut.some((one) => one.kind === 'Secret')) said.push('Secrets: they were left out, and have to come from where you keep them.')
  const made = objects.filter((one) => one.record.kind === 'Application')
  if (objects.some((one) => one.record.kind === 'ApplicationSet') && !made.some((one) => one.record.owners.length > 0))
    said.push('Which Applications an ApplicationSet made: the file names no owners.')
  if (placed === 'from-file') said.push('Exactly when it was taken: its moment is the newest that the file speaks of.')
  if (placed === 'before-recording') said.push('When it was taken: the file names no time, so it stands just before the recording began.')
  return said
}
