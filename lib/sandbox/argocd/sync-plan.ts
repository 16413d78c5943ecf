import type { Obj, SandboxApi } from '../port.ts'
import { imagesOf } from './application-status.ts'
import { PROJECTS } from './bench.ts'
import type { Comparison, Row } from './compare.ts'
import { keyOf } from './compare.ts'
import { resourcePermitted } from './projects.ts'

/** One line of operationState.syncResult.resources. */
export type Result = {
  group: string
  hookPhase: string
  kind: string
  message: string
  name: string
  namespace: string
  status?: string
  syncPhase: string
  version: string
  hookType?: string
  images?: string[]
}
export type Task = { readonly phase: 'PreSync' | 'Sync' | 'PostSync'; readonly wave: number; readonly row: Row; readonly prune: boolean }

/** What stops a sync before it begins: a kind that is not served or not permitted. */
export function refusal(api: SandboxApi, app: Obj, rows: readonly Row[]): { message: string; results: Result[] } | null {
  const project = api.get(PROJECTS, app.metadata.namespace ?? '', app.spec.project)
  const bad = rows.flatMap((row): [Row, string][] => {
    if (!row.resource)
      return [
        [
          row,
          `The Kubernetes API could not find ${row.group}/${row.kind} for requested resource ${row.namespace}/${row.name}. Make sure the "${row.kind}" CRD is installed on the destination cluster.`,
        ],
      ]
    if (project && resourcePermitted(project, row, app.spec.destination)) return []
    return [
      [
        row,
        row.namespaced
          ? `namespace ${row.namespace} is not permitted in project '${app.spec.project}'`
          : `resource ${row.group}:${row.kind} is not permitted in project ${app.spec.project}`,
      ],
    ]
  })
  if (bad.length === 0) return null
  return {
    message: 'one or more synchronization tasks are not valid',
    results: bad.map(([row, message]) => result(row, 'Sync', 'SyncFailed', 'Failed', message)),
  }
}

/** What a sync does, in its order: phases, then waves, then kinds; what is pruned in reverse. */
export function tasksOf(api: SandboxApi, app: Obj, { hooks: all }: Comparison, rows: readonly Row[], operation: Obj['spec']): Task[] {
  const home: string = app.spec.destination?.namespace ?? ''
  const partial = (operation.sync?.resources ?? []).length > 0
  const create =
    ((operation.sync?.syncOptions ?? app.spec.syncPolicy?.syncOptions ?? []) as string[]).includes('CreateNamespace=true') &&
    !api.get('namespaces', '', home)
  const namespace: Row = {
    group: '',
    version: 'v1',
    kind: 'Namespace',
    namespace: '',
    name: home,
    resource: 'namespaces',
    namespaced: false,
    desired: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: home } },
    live: null,
    status: 'OutOfSync',
    hook: null,
    wave: -1_000,
  }
  const hooks = partial ? [] : all
  const hookTasks = (phase: Task['phase']) =>
    hooks.filter((row) => row.hook?.split(',').includes(phase)).map((row): Task => ({ phase, wave: row.wave, row, prune: false }))
  const applies = rows.filter((row) => row.desired && !row.hook).map((row): Task => ({ phase: 'Sync', wave: row.wave, row, prune: false }))
  const prunes = rows.filter((row) => !row.desired && !row.hook).map((row): Task => ({ phase: 'Sync', wave: row.wave, row, prune: true }))
  const byWave = (a: Task, b: Task) => a.wave - b.wave || rank(a.row) - rank(b.row)
  return [
    ...(create ? [{ phase: 'PreSync' as const, wave: namespace.wave, row: namespace, prune: false }] : []),
    ...hookTasks('PreSync').sort(byWave),
    ...applies.sort(byWave),
    ...prunes.sort((a, b) => b.wave - a.wave),
    ...hookTasks('PostSync').sort(byWave),
  ]
}

/** The compared objects that an operation is about: all, or those that it names. */
export function selected(
  comparison: Comparison,
  wanted: readonly { group?: string; kind: string; name: string; namespace?: string }[] | undefined,
): readonly Row[] {
  if (!wanted?.length) return comparison.rows.filter((row) => !row.hook)
  const keys = new Set(
    wanted.map((each) => keyOf({ group: each.group ?? '', kind: each.kind, namespace: each.namespace ?? '', name: each.name })),
  )
  return comparison.rows.filter((row) => keys.has(keyOf(row)))
}

const KINDS = [
  'Namespace',
  'ResourceQuota',
  'LimitRange',
  'NetworkPolicy',
  'PodDisruptionBudget',
  'ServiceAccount',
  'Secret',
  'ConfigMap',
  'StorageClass',
  'PersistentVolumeClaim',
  'CustomResourceDefinition',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
  'Service',
  'DaemonSet',
  'Deployment',
  'StatefulSet',
  'HorizontalPodAutoscaler',
  'Job',
  'CronJob',
  'Ingress',
]

/** Within a wave kinds go in this order; others after. */
function rank(row: Row): number {
  const at = KINDS.indexOf(row.kind)
  return at < 0 ? KINDS.length : at
}

export function result(row: Row, syncPhase: string, status: string, hookPhase: string, message: string): Result {
  return {
    group: row.group,
    hookPhase,
    kind: row.kind,
    message,
    name: row.name,
    namespace: row.namespace,
    status,
    syncPhase,
    version: row.version,
  }
}

/** The images of an applied object, as the result lists them. */
export function images(row: Row): { images?: string[] } {
  const all = row.desired ? imagesOf(row.desired as Obj) : []
  return all.length ? { images: all } : {}
}
