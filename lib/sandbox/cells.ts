import type { Obj } from './port.ts'

export type Column = {
  name: string
  type: string
  format?: string
  description?: string
  priority?: number
  jsonPath?: string
  of?: (object: Obj, now: number) => unknown
}

export function age(from: string | undefined, now: number): string {
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

export function podStatus(pod: Obj): string {
  if (pod.metadata.deletionTimestamp) return 'Terminating'
  for (const status of pod.status?.containerStatuses ?? []) {
    const reason = status.state?.waiting?.reason ?? status.state?.terminated?.reason
    if (reason) return reason
  }
  return pod.status?.reason ?? pod.status?.phase ?? 'Unknown'
}

export function countReady(pod: Obj): string {
  const statuses = pod.status?.containerStatuses ?? []
  return `${statuses.filter((status: { ready?: boolean }) => status.ready).length}/${pod.spec?.containers?.length ?? 0}`
}

export const NAME: Column = { name: 'Name', type: 'string', format: 'name', of: (object) => object.metadata.name }
export const AGE: Column = { name: 'Age', type: 'string', of: (object, now) => age(object.metadata.creationTimestamp, now) }
export const column = (name: string, type: string, of: (object: Obj) => unknown): Column => ({ name, type, of })
export const ports = (service: Obj) =>
  (service.spec?.ports ?? [])
    .map(
      (port: { port: number; nodePort?: number; protocol: string }) =>
        `${port.port}${port.nodePort ? `:${port.nodePort}` : ''}/${port.protocol}`,
    )
    .join(',') || '<none>'

export type Named = { readonly [field: string]: string | number | undefined }

export function joined(parts: readonly unknown[], none: string): string {
  return parts.length > 0 ? parts.join(',') : none
}

export function pairs(labels: Readonly<Record<string, string>> | undefined): string[] {
  return Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`)
}

export function jobStatus({ spec, status }: Obj): string {
  const conditions: readonly { type: string; status: string }[] = status?.conditions ?? []
  const holds = (type: string) => conditions.some((each) => each.type === type && each.status === 'True')
  if (holds('Complete')) return 'Complete'
  if (holds('Failed')) return 'Failed'
  return spec?.suspend ? 'Suspended' : 'Running'
}

export function jobDuration({ status }: Obj, now: number): string {
  return status?.startTime ? age(status.startTime, status.completionTime ? Date.parse(status.completionTime) : now) : ''
}

export function apiAvailable({ status }: Obj): string {
  const condition = (status?.conditions ?? []).find((each: { type: string }) => each.type === 'Available')
  if (!condition) return 'Unknown'
  return condition.status === 'True' ? 'True' : `${condition.status} (${condition.reason})`
}

export const CREATED: Column = { name: 'Created At', type: 'date', of: (object) => object.metadata.creationTimestamp }
export const ROLE = column('Role', 'string', ({ roleRef }) => `${roleRef?.kind}/${roleRef?.name}`)
export const WEBHOOKS = column('Webhooks', 'integer', (object) => object.webhooks?.length ?? 0)
const containersOf = ({ spec }: Obj): readonly Named[] => spec?.template?.spec?.containers ?? []
/** What `-o wide` adds to a workload. */
export const WIDE: readonly Column[] = [
  {
    ...column('Containers', 'string', (object) =>
      joined(
        containersOf(object).map(({ name }) => name),
        '<none>',
      ),
    ),
    priority: 1,
  },
  {
    ...column('Images', 'string', (object) =>
      joined(
        containersOf(object).map(({ image }) => image),
        '<none>',
      ),
    ),
    priority: 1,
  },
]
export const SELECTOR: Column = {
  ...column('Selector', 'string', ({ spec }) => joined(pairs(spec?.selector?.matchLabels), '<none>')),
  priority: 1,
}
