import type { ClusterEntry, SlimRecord } from '../cluster/schema.ts'
import { ARGO, applicationOf, instanceFor } from './rules.ts'
import type { Instance, KnownInstance, Look } from './schema.ts'

/** How Argo CD on other clusters may name a cluster: its name here, its server's address, and what was declared. */
export type Reach = {
  readonly name: string
  readonly server: string
  readonly declared: ClusterEntry['argocd']
}

/** Another watched cluster whose Argo CD manages objects of this one, as of one moment. */
export type Hub = {
  readonly cluster: string
  readonly look: Look
  readonly instances: readonly Instance[]
  /** Why what we know of it is too old to judge by; null when it is fresh. */
  readonly stale: string | null
  /** Whether an Application of the hub deploys to this cluster. */
  readonly reaches: (application: SlimRecord) => boolean
}

/** Addresses compare without regard to case of the host, a default port or a slash at the end. */
function address(server: string): string {
  try {
    const url = new URL(server)
    return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`
  } catch {
    return server
  }
}

/**
 * Whether a destination as an Argo CD elsewhere names it, server or name, is this cluster. Its cluster Secrets are not read,
 * so a name or an address of its own making has to be declared (`argocd.knownAs` in `blackstart.yaml`).
 */
export function isDestination(word: string, to: Reach): boolean {
  if (word === '' || word === 'in-cluster' || word === 'https://kubernetes.default.svc') return false
  const names = [to.name, to.server, ...(to.declared?.knownAs ?? [])].filter((one) => one !== '')
  return names.includes(word) || names.some((one) => one.includes('://') && address(one) === address(word))
}

export function reaches(application: SlimRecord, to: Reach): boolean {
  if (application.facts.is !== 'application') return false
  const { server, name } = application.facts.destination
  return isDestination(server, to) || isDestination(name, to)
}

/** Whether a cluster's Argo CD manages another: declared, or it has Applications for it, or had when it was last whole. */
export function serves(
  hub: { readonly name: string; readonly instances: readonly Instance[]; readonly known: readonly KnownInstance[] },
  to: Reach,
): boolean {
  if (to.declared?.hub === hub.name) return true
  const words = [...hub.instances.flatMap((one) => one.destinations), ...hub.known.flatMap((one) => one.destinations ?? [])]
  return words.some((word) => isDestination(word, to))
}

/** The Application on a hub that tracks an object of this cluster. */
export function onHub(record: SlimRecord, hubs: readonly Hub[]): { readonly hub: Hub; readonly application: SlimRecord } | null {
  for (const hub of hubs) {
    const application = applicationOf(hub.look, record, hub.reaches)
    if (application) return { hub, application }
  }
  return null
}

export type Steward = { readonly why: string; readonly since: string | null; readonly application: SlimRecord | null }

/** Why nobody on a hub reconciles a tracked object; `unknown` while the hub cannot be asked, null when somebody does. */
export function hubTrouble(record: SlimRecord, hubs: readonly Hub[]): (Steward & { readonly unknown: boolean }) | null {
  const found = onHub(record, hubs)
  const away = found ? (found.hub.stale ? found.hub : undefined) : hubs.find((hub) => hub.stale !== null)
  if (away) {
    const last = found ? `last known: reconciled by Application ${found.application.name}` : 'no Application of it is known'
    const why = `whether anybody reconciles it is not known, hub ${away.cluster} is not read: ${away.stale} (${last})`
    return { why, since: null, application: found?.application ?? null, unknown: true }
  }
  const app = record.tracking?.app ?? ''
  if (!found) {
    const names = hubs.map((hub) => hub.cluster).join(', ')
    const since = hubs.flatMap((hub) => hub.instances.flatMap((one) => one.faults.flatMap((fault) => fault.since ?? []))).sort()[0]
    return { why: `Application ${app} is gone from hub ${names}`, since: since ?? null, application: null, unknown: false }
  }
  const { hub, application } = found
  if (application.deletingAt) {
    const why = `Application ${application.name} on hub ${hub.cluster} is being deleted`
    return { why, since: application.deletingAt, application, unknown: false }
  }
  const instance = instanceFor(application.namespace, hub.instances)
  if (!instance || instance.reconciling) return null
  return {
    why: `no Argo CD controller runs in ${instance.namespace || ARGO} on hub ${hub.cluster}`,
    since: instance.faults.map((fault) => fault.since).find((since) => since !== null) ?? null,
    application,
    unknown: false,
  }
}
