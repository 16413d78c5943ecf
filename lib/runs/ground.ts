import { type ApiResponse, type ClusterApi, Unreachable } from '../cluster/port.ts'
import { clusterNow } from '../cluster/rules.ts'
import type { ObjectRef } from '../cluster/schema.ts'
import type { ImpactBoard } from '../impact/port.ts'
import type { Watched } from '../inventory/port.ts'
import { at, dict, list, text } from '../kernel/wire.ts'
import type { ProbeConfig } from './checks/probe-rules.ts'
import { objectPath, type Resource, resourceOf } from './kind-rules.ts'
import { planOfRun, type RunState } from './rules.ts'
import type { LedgerRow } from './view.ts'

/** Where a step stands: the run, its cluster as one identity sees it, and what is in force. */
export type Ground = {
  readonly run: RunState
  readonly watched: Watched
  /** Speaks to the cluster as the person who acts. */
  readonly api: ClusterApi
  readonly board: ImpactBoard | undefined
  /** Ledger entries of the cluster, open and closed. */
  readonly ledger: readonly LedgerRow[]
  readonly bindings: Readonly<Record<string, unknown>>
  /** What checks may ask outside the cluster. */
  readonly probes: ProbeConfig
}

export type LiveObject = {
  readonly object: Readonly<Record<string, unknown>>
  readonly ref: ObjectRef
  readonly key: string
  readonly redacted: boolean
}

export function nowOf(ground: Pick<Ground, 'watched'>): string {
  return new Date(clusterNow(ground.watched.clock)).toISOString()
}

/** Why the run must not act on, or judge by, the cluster that answers under its name now; '' when it is the one it began on. */
export function otherCluster(ground: Pick<Ground, 'run' | 'watched'>, uid = ground.watched.inventory.facts().incarnation): string {
  const began = ground.run.started.clusters[0]
  const { replaced } = ground.watched.inventory.facts()
  const is = replaced && replaced.is !== began?.incarnation ? replaced.is : uid
  if (!began?.incarnation || is === '' || is === began.incarnation) return ''
  return `another cluster answers as ${began.name} (kube-system has uid ${is}, this run began on ${began.incarnation}): nothing is done or judged until a lead says whether it was rebuilt or the kubeconfig is wrong`
}

/** The same by asking the cluster itself, as every act does before it writes. Where it may not be read, the recorded word counts. */
export async function askOtherCluster(ground: Pick<Ground, 'run' | 'watched'>): Promise<string> {
  const answer = await ground.watched.api.request({ method: 'GET', path: '/api/v1/namespaces/kube-system' })
  const uid = answer.status === 200 ? text(at(answer.body, 'metadata', 'uid')) : ''
  return uid ? otherCluster(ground, uid) : otherCluster(ground)
}

const NOT_TOLD = { secrets: 'not known', repositories: 'not known', clusters: 'not known' }

/** What expressions see beside `object`. */
export function bindingsOf(run: RunState): Readonly<Record<string, unknown>> {
  const answers = Object.fromEntries(Object.entries(run.steps).map(([id, step]) => [id, step.answer ?? '']))
  const values = Object.fromEntries(planOfRun(run).steps.map((planned) => [planned.id, run.steps[planned.id]?.values ?? {}]))
  return {
    params: run.started.parameters,
    argocd: run.started.argocd,
    quarantine: run.started.quarantine,
    tiers: run.started.tiers,
    credentials: run.started.credentials ?? NOT_TOLD,
    answers,
    values,
    run: { id: run.id, kind: run.started.kind, t0: run.started.t0, cluster: run.started.clusters[0]?.name ?? '', startedAt: run.startedAt },
  }
}

export function refOfObject(object: Readonly<Record<string, unknown>>): ObjectRef {
  const meta = dict(object.metadata)
  const uid = text(meta.uid)
  return {
    apiVersion: text(object.apiVersion),
    kind: text(object.kind),
    namespace: text(meta.namespace),
    name: text(meta.name),
    ...(uid ? { uid } : {}),
  }
}

export function keyOf(ref: Pick<ObjectRef, 'kind' | 'namespace' | 'name'>): string {
  return `${ref.kind}/${ref.namespace}/${ref.name}`
}

export function liveObject(raw: unknown, resource: Pick<Resource, 'apiVersion' | 'kind'>, redacted = false): LiveObject {
  const object = { ...dict(raw), apiVersion: resource.apiVersion, kind: resource.kind }
  const ref = refOfObject(object)
  return { object, ref, key: keyOf(ref), redacted }
}

/** No list of that kind could be had, and why; never an empty answer. */
export class NotReadable extends Error {
  override readonly name = 'NotReadable'
}

export function resourceFor(ground: Pick<Ground, 'watched'>, kind: string, group?: string): Resource {
  const found = resourceOf(kind, group, ground.watched.inventory.kinds())
  if (!found) throw new NotReadable(`${kind} is not a kind that this cluster is known to serve`)
  return found
}

/**
 * What helps where the account may not act as the person: the API server names the verb `impersonate`, or for an account
 * without any such rule `impersonate-on:…` on whatever was asked for. '' when it is about something else.
 */
export function impersonationRemedy(message: string): string {
  if (!/cannot impersonate/.test(message)) return ''
  return ' Grant the account of the kubeconfig the verb impersonate on users and groups, or set `identity: account` for this cluster.'
}

function refused(answer: ApiResponse, what: string): Error {
  if (answer.status === 404) return new NotReadable(`${what} is not served by the cluster`)
  const message = text(at(answer.body, 'message'))
  if (answer.status === 403) return new NotReadable(`${what} may not be read: ${message || 'forbidden'}.${impersonationRemedy(message)}`)
  if (answer.status === 401) return new Unreachable('the cluster does not accept our credentials (401)', true)
  return new Unreachable(`${what}: the API server answered ${answer.status} ${text(at(answer.body, 'message'))}`)
}

const PAGE = 500

/** Every object of a kind, asked of the API server now (a list without resourceVersion). */
export async function listNow(
  api: ClusterApi,
  resource: Resource,
  namespace = '',
  selector?: Readonly<Record<string, string>>,
): Promise<readonly LiveObject[]> {
  const items: LiveObject[] = []
  let next = ''
  const labelSelector = selector
    ? Object.entries(selector)
        .map(([key, value]) => `${key}=${value}`)
        .join(',')
    : undefined
  do {
    const answer = await api.request({
      method: 'GET',
      path: objectPath(resource.apiVersion, resource.plural, resource.namespaced ? namespace : ''),
      query: { limit: PAGE, continue: next || undefined, labelSelector },
    })
    if (answer.status !== 200) throw refused(answer, `${resource.plural}${namespace ? ` in ${namespace}` : ''}`)
    for (const raw of list(dict(answer.body).items)) items.push(liveObject(raw, resource))
    next = text(at(answer.body, 'metadata', 'continue'))
  } while (next !== '')
  return items
}

/** One object, asked of the API server now; null when it is not there. */
export async function getNow(api: ClusterApi, resource: Resource, namespace: string, name: string): Promise<LiveObject | null> {
  const answer = await api.request({
    method: 'GET',
    path: objectPath(resource.apiVersion, resource.plural, resource.namespaced ? namespace : '', name),
  })
  if (answer.status === 404) return null
  if (answer.status !== 200) throw refused(answer, `${resource.kind} ${name}`)
  return liveObject(answer.body, resource)
}
