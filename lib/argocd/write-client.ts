import fastJsonPatch, { type Operation } from 'fast-json-patch'
import { type ApiRequest, type ApiResponse, type ClusterApi, Unreachable } from '../cluster/port.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import { at, dict, list, text } from '../kernel/wire.ts'
import { obstaclesToReinstall, startsController, tellObstacles } from './reinstall-rules.ts'

export type GateRefusal = { readonly code: 'reinstall-gate' | 'not-permitted'; readonly message: string }
export type Guard = {
  /** Whether the automation of an Application has ever been in the ledger. */
  readonly passedLedger: (namespace: string, name: string) => boolean
  /** The lead's approved and typed override; '' when there is none. */
  readonly override: string
  /** Why nothing may be written here at all; '' when it may. A dry run passes. */
  readonly forbidden: string
  /** Checked right before the request leaves; a throw keeps it here. */
  readonly mayStillAct?: () => void
}

const KIND_BY_PLURAL: Readonly<Record<string, string>> = {
  deployments: 'Deployment',
  statefulsets: 'StatefulSet',
  replicasets: 'ReplicaSet',
  pods: 'Pod',
  daemonsets: 'DaemonSet',
  jobs: 'Job',
  replicationcontrollers: 'ReplicationController',
}
const PAGE = 500

/** What a path names: `/apis/apps/v1/namespaces/argocd/statefulsets/x/scale` and the like. */
function parsePath(path: string): {
  readonly plural: string
  readonly name: string
  readonly subresource: string
  readonly object: string
} {
  const parts = path.split('/').filter(Boolean)
  const rest = parts.slice(parts[0] === 'api' ? 2 : 3)
  const scoped = rest[0] === 'namespaces' && rest.length > 2 && rest[2] !== 'finalize' && rest[2] !== 'status' ? rest.slice(2) : rest
  const [plural = '', name = '', subresource = ''] = scoped
  return { plural, name, subresource, object: subresource ? path.slice(0, -(subresource.length + 1)) : path }
}

/** Every Application of a cluster, asked of the API server now; empty where the kind is not served. Throws when there is no clear answer. */
export async function listApplications(api: ClusterApi): Promise<readonly unknown[]> {
  const items: unknown[] = []
  let next = ''
  do {
    const answer = await api.request({
      method: 'GET',
      path: '/apis/argoproj.io/v1alpha1/applications',
      query: { limit: PAGE, continue: next || undefined },
    })
    if (answer.status === 404) return []
    if (answer.status !== 200)
      throw new Unreachable(
        `Applications could not be listed (${answer.status}): without that list no controller may start`,
        answer.status === 401 || answer.status === 403,
      )
    items.push(...list(dict(answer.body).items))
    next = text(at(answer.body, 'metadata', 'continue'))
  } while (next !== '')
  return items
}

/** The object as it would be after the request; null when that cannot be told. */
function after(request: ApiRequest, current: unknown): unknown {
  if (request.method === 'POST' || request.method === 'PUT') return request.body
  if (request.contentType === 'application/json-patch+json') {
    const copy = structuredClone(current)
    try {
      return fastJsonPatch.applyPatch(
        copy,
        (request.body as Operation[]).filter((one) => one.op !== 'test'),
      ).newDocument
    } catch {
      return null
    }
  }
  const patched = dict(request.body)
  const replicas = at(patched, 'spec', 'replicas')
  return { ...dict(current), spec: { ...dict(dict(current).spec), ...(replicas === undefined ? {} : { replicas }) } }
}

async function refusal(api: ClusterApi, request: ApiRequest, guard: Guard): Promise<GateRefusal | null> {
  const target = parsePath(request.path)
  const finalizing = target.plural === 'namespaces' && target.subresource === 'finalize'
  const kind = KIND_BY_PLURAL[target.plural]
  if (!finalizing && !kind) return null
  if (finalizing) {
    const held = (await listApplications(api)).filter((one) => at(one, 'metadata', 'namespace') === target.name)
    const found = obstaclesToReinstall(held, guard.passedLedger).filter((one) => one.why === 'awaits-deletion')
    return found.length > 0
      ? { code: 'reinstall-gate', message: `Namespace ${target.name} still holds what awaits deletion. ${tellObstacles(found)}` }
      : null
  }
  const isNew = request.method === 'POST' && target.name === ''
  const current = isNew ? null : (await api.request({ method: 'GET', path: target.object })).body
  const manifest = after(request, current)
  const starts =
    manifest === null ||
    startsController({
      method: request.method,
      kind: kind ?? '',
      subresource: target.subresource,
      manifest:
        target.subresource === 'scale'
          ? { ...dict(current), spec: { ...dict(dict(current).spec), ...dict(dict(manifest).spec) } }
          : manifest,
      current,
    })
  if (!starts) return null
  const found = obstaclesToReinstall(await listApplications(api), guard.passedLedger)
  return found.length > 0 ? { code: 'reinstall-gate', message: tellObstacles(found) } : null
}

/**
 * The one door through which anything is written to a cluster. A write that can start an Argo CD controller passes only
 * while a fresh list shows no Application that would be deleted or changed by it; nothing but the lead's override opens it else.
 */
export async function write(api: ClusterApi, request: ApiRequest, guard: Guard): Promise<Result<ApiResponse, GateRefusal>> {
  const isDryRun = request.query?.dryRun === 'All'
  if (guard.forbidden !== '' && !isDryRun) return no({ code: 'not-permitted', message: guard.forbidden })
  if (guard.override === '') {
    const shut = await refusal(api, request, guard)
    if (shut) return no(shut)
  }
  if (!isDryRun) guard.mayStillAct?.()
  return ok(await api.request(request))
}
