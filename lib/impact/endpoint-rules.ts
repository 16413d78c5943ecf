import type { Look } from '../argocd/schema.ts'
import type { SlimRecord } from '../cluster/schema.ts'

/**
 * Whether traffic to a Service reaches nobody: it chooses pods, its slices are read, and none of their endpoints is ready.
 * Slices of a Service belong to it (Kubernetes: endpointslice controller), so they are found by owner.
 */
export function reachesNobody(look: Look, service: SlimRecord): boolean {
  if (service.facts.is !== 'service' || service.facts.type === 'ExternalName' || Object.keys(service.facts.selector).length === 0)
    return false
  const slices = look.ownedBy(service.uid).filter((one) => one.facts.is === 'endpoints')
  if (slices.length === 0 || slices.some((one) => one.facts.is === 'endpoints' && one.facts.ready > 0)) return false
  const chosen = look.inNamespace(service.namespace).filter((one) => isChosen(service, one))
  // What stands at zero has no endpoints, and is judged for that itself.
  return chosen.length === 0 || chosen.some((one) => one.facts.is === 'workload' && one.facts.desired > 0)
}

function isChosen(service: SlimRecord, one: SlimRecord): boolean {
  if (service.facts.is !== 'service' || one.facts.is !== 'workload' || one.kind === 'ReplicaSet') return false
  const labels = one.facts.podLabels ?? {}
  return Object.entries(service.facts.selector).every(([key, value]) => labels[key] === value)
}
