import type { Kind } from './kinds.ts'
import type { Obj } from './port.ts'

/** Objects are never changed once stored, so each is turned into text once: the part after kind and apiVersion. */
const bodies = new WeakMap<Obj, string>()
const partials = new WeakMap<Obj, string>()

function bodyOf(object: Obj): string {
  let text = bodies.get(object)
  if (text === undefined) {
    const { apiVersion: _version, kind: _kind, ...rest } = object
    text = JSON.stringify(rest).slice(1)
    bodies.set(object, text)
  }
  return text
}

export function objectText(object: Obj, kind: Kind): string {
  return `{"kind":${JSON.stringify(kind.kind)},"apiVersion":${JSON.stringify(kind.apiVersion)},${bodyOf(object)}`
}

/** One item of a list: built-in kinds leave their kind and apiVersion to the list. */
export function itemText(object: Obj, kind: Kind): string {
  return kind.crd ? objectText(object, kind) : `{${bodyOf(object)}`
}

export function partialText(object: Obj): string {
  let text = partials.get(object)
  if (text === undefined) {
    text = `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":${JSON.stringify(object.metadata)}}`
    partials.set(object, text)
  }
  return text
}

type Column = {
  name: string
  type: string
  format?: string
  description?: string
  priority?: number
  jsonPath?: string
  of?: (object: Obj, now: number) => unknown
}

function age(from: string | undefined, now: number): string {
  if (!from) return '<unknown>'
  const s = Math.max(0, Math.floor((now - Date.parse(from)) / 1000))
  if (s < 120) return `${s}s`
  const m = Math.floor(s / 60)
  if (m < 10) return s % 60 === 0 ? `${m}m` : `${m}m${s % 60}s`
  if (m < 180) return `${m}m`
  const h = Math.floor(m / 60)
  if (h < 8) return m % 60 === 0 ? `${h}h` : `${h}h${m % 60}m`
  if (h < 48) return `${h}h`
  const d = Math.floor(h / 24)
  if (d < 8) return h % 24 === 0 ? `${d}d` : `${d}d${h % 24}h`
  return `${d}d`
}

function podStatus(pod: Obj): string {
  if (pod.metadata.deletionTimestamp) return 'Terminating'
  for (const status of pod.status?.containerStatuses ?? []) {
    const reason = status.state?.waiting?.reason ?? status.state?.terminated?.reason
    if (reason) return reason
  }
  return pod.status?.reason ?? pod.status?.phase ?? 'Unknown'
}

function countReady(pod: Obj): string {
  const statuses = pod.status?.containerStatuses ?? []
  return `${statuses.filter((status: { ready?: boolean }) => status.ready).length}/${pod.spec?.containers?.length ?? 0}`
}

const NAME: Column = { name: 'Name', type: 'string', format: 'name', of: (object) => object.metadata.name }
const AGE: Column = { name: 'Age', type: 'string', of: (object, now) => age(object.metadata.creationTimestamp, now) }
const column = (name: string, type: string, of: (object: Obj) => unknown): Column => ({ name, type, of })
const ports = (service: Obj) =>
  (service.spec?.ports ?? [])
    .map(
      (port: { port: number; nodePort?: number; protocol: string }) =>
        `${port.port}${port.nodePort ? `:${port.nodePort}` : ''}/${port.protocol}`,
    )
    .join(',') || '<none>'

const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  pods: [
    column('Ready', 'string', countReady),
    column('Status', 'string', podStatus),
    column('Restarts', 'string', (pod) =>
      String(
        (pod.status?.containerStatuses ?? []).reduce(
          (sum: number, status: { restartCount?: number }) => sum + (status.restartCount ?? 0),
          0,
        ),
      ),
    ),
    AGE,
    { ...column('IP', 'string', (pod) => pod.status?.podIP ?? '<none>'), priority: 1 },
    { ...column('Node', 'string', (pod) => pod.spec?.nodeName ?? '<none>'), priority: 1 },
    { ...column('Nominated Node', 'string', () => '<none>'), priority: 1 },
    { ...column('Readiness Gates', 'string', () => '<none>'), priority: 1 },
  ],
  namespaces: [column('Status', 'string', (ns) => ns.status?.phase ?? ''), AGE],
  nodes: [
    column(
      'Status',
      'string',
      (node) =>
        (node.status?.conditions?.some((c: Obj['spec']) => c.type === 'Ready' && c.status === 'True') ? 'Ready' : 'NotReady') +
        (node.spec?.unschedulable ? ',SchedulingDisabled' : ''),
    ),
    column('Roles', 'string', () => '<none>'),
    AGE,
    column('Version', 'string', (node) => node.status?.nodeInfo?.kubeletVersion ?? ''),
  ],
  configmaps: [column('Data', 'integer', (map) => Object.keys(map.data ?? {}).length + Object.keys(map.binaryData ?? {}).length), AGE],
  secrets: [
    column('Type', 'string', (secret) => secret.type ?? 'Opaque'),
    column('Data', 'integer', (secret) => Object.keys(secret.data ?? {}).length),
    AGE,
  ],
  services: [
    column('Type', 'string', (service) => service.spec?.type),
    column('Cluster-IP', 'string', (service) => service.spec?.clusterIP ?? '<none>'),
    column('External-IP', 'string', () => '<none>'),
    column('Port(s)', 'string', ports),
    AGE,
    {
      ...column(
        'Selector',
        'string',
        (service) =>
          Object.entries(service.spec?.selector ?? {})
            .map(([key, value]) => `${key}=${value}`)
            .join(',') || '<none>',
      ),
      priority: 1,
    },
  ],
  persistentvolumeclaims: [
    column('Status', 'string', (claim) => (claim.metadata.deletionTimestamp ? 'Terminating' : (claim.status?.phase ?? ''))),
    column('Volume', 'string', (claim) => claim.spec?.volumeName ?? ''),
    column('Capacity', 'string', (claim) => claim.status?.capacity?.storage ?? ''),
    column('Access Modes', 'string', (claim) =>
      (claim.status?.accessModes ?? []).map((mode: string) => mode.replace(/[a-z]/g, '')).join(','),
    ),
    column('StorageClass', 'string', (claim) => claim.spec?.storageClassName ?? ''),
    AGE,
  ],
  persistentvolumes: [
    column('Capacity', 'string', (volume) => volume.spec?.capacity?.storage ?? ''),
    column('Access Modes', 'string', (volume) =>
      (volume.spec?.accessModes ?? []).map((mode: string) => mode.replace(/[a-z]/g, '')).join(','),
    ),
    column('Reclaim Policy', 'string', (volume) => volume.spec?.persistentVolumeReclaimPolicy ?? ''),
    column('Status', 'string', (volume) => (volume.metadata.deletionTimestamp ? 'Terminating' : (volume.status?.phase ?? ''))),
    column('Claim', 'string', (volume) => (volume.spec?.claimRef ? `${volume.spec.claimRef.namespace}/${volume.spec.claimRef.name}` : '')),
    column('StorageClass', 'string', (volume) => volume.spec?.storageClassName ?? ''),
    AGE,
  ],
  'deployments.apps': [
    column('Ready', 'string', (object) => `${object.status?.readyReplicas ?? 0}/${object.spec?.replicas ?? 0}`),
    column('Up-to-date', 'integer', (object) => object.status?.updatedReplicas ?? 0),
    column('Available', 'integer', (object) => object.status?.availableReplicas ?? 0),
    AGE,
  ],
  'replicasets.apps': [
    column('Desired', 'integer', (object) => object.spec?.replicas ?? 0),
    column('Current', 'integer', (object) => object.status?.replicas ?? 0),
    column('Ready', 'integer', (object) => object.status?.readyReplicas ?? 0),
    AGE,
  ],
  'statefulsets.apps': [column('Ready', 'string', (object) => `${object.status?.readyReplicas ?? 0}/${object.spec?.replicas ?? 0}`), AGE],
  'daemonsets.apps': [
    column('Desired', 'integer', (object) => object.status?.desiredNumberScheduled ?? 0),
    column('Current', 'integer', (object) => object.status?.currentNumberScheduled ?? 0),
    column('Ready', 'integer', (object) => object.status?.numberReady ?? 0),
    AGE,
  ],
  events: [
    column('Type', 'string', (event) => event.type ?? ''),
    column('Reason', 'string', (event) => event.reason ?? ''),
    column('Object', 'string', (event) => `${(event.involvedObject?.kind ?? '').toLowerCase()}/${event.involvedObject?.name ?? ''}`),
    column('Message', 'string', (event) => event.message ?? ''),
  ],
}

function columnsOf(kind: Kind): Column[] {
  const own = COLUMNS[kind.resource]
  if (own) return [NAME, ...own]
  const printed: Column[] = kind.crd?.spec.versions.find((v: { name: string }) => v.name === kind.version)?.additionalPrinterColumns ?? []
  return printed.length > 0 ? [NAME, ...printed] : [NAME, kind.crd ? { ...AGE, type: 'date' } : AGE]
}

function cell(column: Column, object: Obj, now: number): unknown {
  if (column.of) return column.of(object, now)
  let value: unknown = object
  for (const step of (column.jsonPath ?? '').replace(/^\./, '').split('.')) value = (value as Record<string, unknown> | undefined)?.[step]
  if (column.type === 'date') return typeof value === 'string' ? age(value, now) : null
  return value ?? (column.type === 'integer' ? null : '')
}

/** A meta.k8s.io/v1 Table of objects, as kubectl prints it; `include` is the query's includeObject. */
export function tableOf(
  kind: Kind,
  objects: readonly Obj[],
  include: string,
  now: number,
  metadata: Record<string, unknown>,
  headers = true,
): Record<string, unknown> {
  const columns = columnsOf(kind)
  const shown = (object: Obj) =>
    include === 'None'
      ? {}
      : {
          object:
            include === 'Object'
              ? { ...object, apiVersion: kind.apiVersion, kind: kind.kind }
              : { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
        }
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: headers
      ? columns.map(({ name, type, format = '', description = '', priority = 0 }) => ({ name, type, format, description, priority }))
      : null,
    rows: objects.map((object) => ({ cells: columns.map((entry) => cell(entry, object, now)), ...shown(object) })),
  }
}
