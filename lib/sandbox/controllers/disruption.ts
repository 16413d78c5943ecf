import type { Obj, SandboxApi } from '../port.ts'
import { fitsSelector } from '../selectors.ts'
import { isActive, isReady, same } from './pods.ts'
import type { Station } from './station.ts'
import { namespaceOf } from './station.ts'

export const BUDGETS = 'poddisruptionbudgets.policy'
const BY = 'kube-controller-manager'

/** A count, or a percentage of `all`, rounded up (Kubernetes disruption controller). */
function countOf(value: string | number, all: number): number {
  return typeof value === 'string' && value.endsWith('%') ? Math.ceil((all * Number.parseFloat(value)) / 100) : Number(value)
}

/** Keeps the status of PodDisruptionBudgets: how many pods are healthy, how many must be, how many may go. */
export function startDisruption(station: Station): void {
  const { api } = station

  const look = (name: string, namespace: string) =>
    station.later(`pdb/${namespace}/${name}`, 50, () => {
      const budget = api.get(BUDGETS, namespace, name)
      if (budget) write(budget)
    })
  station.on(BUDGETS, ({ type, object }) => type !== 'DELETED' && look(object.metadata.name, namespaceOf(object)))
  station.on('pods', ({ object }) => {
    for (const budget of api.list(BUDGETS, namespaceOf(object)))
      if (fitsSelector(budget.spec?.selector, object.metadata.labels ?? {})) look(budget.metadata.name, namespaceOf(object))
  })

  function write(budget: Obj): void {
    const status = budgetStatus(api, budget, station.stamp())
    if (same(status, budget.status)) return
    const keep = (draft: Obj) => {
      draft.status = status
    }
    api.change(BUDGETS, namespaceOf(budget), budget.metadata.name, BY, keep, 'status')
  }
}

/** How many pods the owners of `pods` want. */
function expectedOf(api: Pick<SandboxApi, 'byUid'>, pods: readonly Obj[]): number {
  const owners = new Map(
    pods.flatMap(({ metadata }) => (metadata.ownerReferences ?? []).filter(({ controller }) => controller).map(({ uid }) => [uid, 0])),
  )
  const wanted = [...owners.keys()].map((uid) => api.byUid(uid)?.object.spec?.replicas ?? 0)
  const bare = pods.filter(({ metadata }) => !metadata.ownerReferences?.some(({ controller }) => controller)).length
  return wanted.reduce((sum: number, each: number) => sum + each, bare)
}

/** The status of a PodDisruptionBudget by the pods that stand now. */
export function budgetStatus(api: Pick<SandboxApi, 'list' | 'byUid'>, budget: Obj, now: string): Obj['status'] {
  const { spec, metadata } = budget
  const pods = api
    .list('pods', namespaceOf(budget))
    .filter((pod) => isActive(pod) && fitsSelector(spec?.selector, pod.metadata.labels ?? {}))
  const byShare = spec?.maxUnavailable !== undefined || String(spec?.minAvailable ?? '').endsWith('%')
  const expectedPods = byShare ? expectedOf(api, pods) : pods.length
  const desiredHealthy =
    spec?.maxUnavailable === undefined
      ? countOf(spec?.minAvailable ?? 1, expectedPods)
      : Math.max(0, expectedPods - countOf(spec.maxUnavailable, expectedPods))
  const currentHealthy = pods.filter(isReady).length
  const disruptionsAllowed = expectedPods === 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy)
  const condition = {
    type: 'DisruptionAllowed',
    status: disruptionsAllowed > 0 ? 'True' : 'False',
    observedGeneration: metadata.generation,
    reason: disruptionsAllowed > 0 ? 'SufficientPods' : 'InsufficientPods',
    message: '',
  }
  const before = (budget.status?.conditions ?? []).find((each: { status: string }) => each.status === condition.status)
  return {
    observedGeneration: metadata.generation,
    disruptionsAllowed,
    currentHealthy,
    desiredHealthy,
    expectedPods,
    conditions: [{ ...condition, lastTransitionTime: before?.lastTransitionTime ?? now }],
  }
}
