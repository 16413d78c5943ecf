import { z } from 'zod'
import type { Permit } from '../auth/schema.ts'
import type { ClusterApi } from '../cluster/port.ts'
import { clusterNow } from '../cluster/rules.ts'
import { databaseAway } from '../db/away.ts'
import type { Watched } from '../inventory/port.ts'
import { ok, type Result } from '../kernel/result.ts'
import { type ImpactContext, type NotFound, noCluster } from './list-services.ts'
import { summaryOf } from './show-situation.ts'
import type { ClusterView } from './view.ts'

export const ShowCluster = z.object({
  cluster: z.string(),
  /** `false` leaves the permissions out: they take a question to the cluster for each. */
  report: z.enum(['true', 'false']).optional(),
})
export type ShowCluster = z.infer<typeof ShowCluster>

type Need = {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly subresource?: string
  readonly needed: string
}

const READS = ['list', 'watch'] as const
const ACTS: readonly Need[] = [
  { verb: 'patch', group: 'argoproj.io', resource: 'applications', needed: 'freeze, thaw, remove finalizers' },
  { verb: 'create', group: 'argoproj.io', resource: 'applications', needed: 'restore Applications' },
  { verb: 'patch', group: 'argoproj.io', resource: 'applicationsets', needed: 'freeze ApplicationSets' },
  { verb: 'create', group: 'argoproj.io', resource: 'applicationsets', needed: 'restore ApplicationSets' },
  { verb: 'patch', group: 'argoproj.io', resource: 'appprojects', needed: 'remove finalizers' },
  { verb: 'create', group: 'argoproj.io', resource: 'appprojects', needed: 'restore AppProjects' },
  { verb: 'create', group: '', resource: 'namespaces', needed: 'create the namespace again' },
  { verb: 'update', group: '', resource: 'namespaces', subresource: 'finalize', needed: 'force a namespace to finish' },
  { verb: 'patch', group: '', resource: 'persistentvolumes', needed: 'keep volumes (Retain)' },
  { verb: 'patch', group: 'apps', resource: 'statefulsets', subresource: 'scale', needed: 'stop and start controllers' },
  { verb: 'patch', group: 'apps', resource: 'deployments', subresource: 'scale', needed: 'stop and start controllers' },
  { verb: 'create', group: 'apps', resource: 'deployments', needed: 'restore workloads' },
  {
    verb: 'patch',
    group: 'admissionregistration.k8s.io',
    resource: 'validatingwebhookconfigurations',
    needed: 'end an admission deadlock',
  },
]

/** Connection, freshness per kind, and what the account may read and do, asked of the cluster itself. */
export async function showCluster(
  ctx: ImpactContext,
  _permit: Permit<'cluster.read'>,
  input: ShowCluster,
): Promise<Result<ClusterView, NotFound>> {
  const watched = ctx.clusters.get(input.cluster)
  if (!watched) return noCluster(input.cluster)
  const summary = summaryOf(watched, ctx.impacts)
  const kinds = [...watched.inventory.kinds()].sort((a, b) => a.kind.localeCompare(b.kind))
  const reads = kinds.flatMap((kind) =>
    READS.map(
      (verb): Need => ({
        verb,
        group: kind.apiVersion.includes('/') ? (kind.apiVersion.split('/')[0] ?? '') : '',
        resource: kind.plural,
        needed: 'see it',
      }),
    ),
  )
  const needs = summary.actions === 'on' ? [...ACTS, ...reads] : reads
  const permissions = input.report === 'false' ? [] : await review(watched.api, needs)
  return ok({ ...summary, kinds, permissions, record: await recordOf(watched) })
}

const WEEK_MS = 7 * 24 * 3_600_000

/** Since when the cluster is recorded, and what is missing of the last week; null while the database is away. */
async function recordOf(watched: Watched): Promise<ClusterView['record']> {
  const now = clusterNow(watched.clock)
  try {
    const { since, gaps } = await watched.history.stretch(new Date(now - WEEK_MS), new Date(now), 1)
    return { since, gaps: [...gaps].reverse() }
  } catch (error) {
    if (databaseAway(error)) return null
    throw error
  }
}

/** At most four questions at once; a cluster that does not answer has no report. */
async function review(api: ClusterApi, needs: readonly Need[]): Promise<ClusterView['permissions']> {
  const report: ClusterView['permissions'] = []
  for (let at = 0; at < needs.length; at += 4) {
    const answers = await Promise.all(needs.slice(at, at + 4).map((need) => ask(api, need)))
    for (const answer of answers) {
      if (answer === null) return report
      report.push(answer)
    }
  }
  return report
}

async function ask(api: ClusterApi, need: Need): Promise<ClusterView['permissions'][number] | null> {
  const { verb, group, resource, subresource = '', needed } = need
  try {
    const answer = await api.request({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: { verb, group, resource, ...(subresource ? { subresource } : {}) } },
      },
      timeoutMs: 5_000,
    })
    if (answer.status >= 300) return null
    const status = (answer.body as { status?: { allowed?: unknown } } | null)?.status
    return {
      verb,
      resource: `${resource}${subresource ? `/${subresource}` : ''}${group ? `.${group}` : ''}`,
      allowed: status?.allowed === true,
      needed,
    }
  } catch (error) {
    if (error instanceof Error && error.name === 'Unreachable') return null
    throw error
  }
}
