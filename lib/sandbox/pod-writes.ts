import { readBody, type WriteRequest, type Written, writeOf } from './body.ts'
import { ApiRefusal, type Obj } from './port.ts'
import { badRequest, conflict, internalError, noSuchResource, notFound } from './refusal.ts'
import { fitsSelector } from './selectors.ts'
import type { Storage } from './storage.ts'

const BUDGETS = 'poddisruptionbudgets.policy'

function done(): Written {
  return { code: 201, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }, warnings: [] }
}

/** Pods that serve nothing may go whatever their budget says (Kubernetes: canIgnorePDB). */
function isFree({ status, metadata }: Obj): boolean {
  return metadata.deletionTimestamp !== undefined || ['Succeeded', 'Failed', 'Pending'].includes(status?.phase)
}

/** Takes one disruption off the pod's budget; throws `ApiRefusal` 429 when there is none left. */
function spendBudget(storage: Storage, pod: Obj, dry: boolean): void {
  const namespace = pod.metadata.namespace ?? ''
  const budgets = storage.list(BUDGETS, namespace).filter(({ spec }) => fitsSelector(spec?.selector, pod.metadata.labels ?? {}))
  if (budgets.length > 1)
    throw internalError('This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.')
  const [budget] = budgets
  const kind = storage.registry.byResource(BUDGETS)
  if (!budget || !kind) return
  const { disruptionsAllowed = 0, desiredHealthy = 0, currentHealthy = 0 } = budget.status ?? {}
  if (disruptionsAllowed < 1) {
    const message = `The disruption budget ${budget.metadata.name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`
    throw new ApiRefusal({
      code: 429,
      reason: 'TooManyRequests',
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
      details: { causes: [{ reason: 'DisruptionBudget', message }] },
    })
  }
  storage.update(kind, namespace, budget.metadata.name, { by: 'kube-apiserver', dry, subresource: 'status' }, (draft) => ({
    ...draft,
    status: { ...draft.status, disruptionsAllowed: disruptionsAllowed - 1 },
  }))
}

function evict(storage: Storage, request: WriteRequest, pod: Obj, body: Obj): Written {
  const { kind, namespace, name } = request
  if (body.metadata.name && body.metadata.name !== name) throw badRequest('name in URL does not match name in Eviction object')
  const write = writeOf(request)
  if (!isFree(pod)) spendBudget(storage, pod, write.dry ?? false)
  const { gracePeriodSeconds: grace, preconditions } = body.deleteOptions ?? {}
  storage.remove(kind, namespace, name, {
    ...write,
    ...(grace === undefined ? {} : { graceSeconds: grace }),
    ...(preconditions?.uid === undefined ? {} : { uid: preconditions.uid }),
  })
  return done()
}

function bind(storage: Storage, request: WriteRequest, pod: Obj, body: Obj): Written {
  const { kind, namespace, name } = request
  if (pod.spec?.nodeName)
    throw conflict({ ...kind, plural: 'pods/binding' }, name, `pod ${name} is already assigned to node "${pod.spec.nodeName}"`)
  const { subresource: _, ...write } = writeOf(request)
  storage.update(kind, namespace, name, write, (draft) => ({ ...draft, spec: { ...draft.spec, nodeName: body.target?.name } }))
  return done()
}

/** Answers a create under a pod: its eviction or its binding to a node. */
export function createUnderPod(storage: Storage, request: WriteRequest): Written {
  const { kind, namespace, name, subresource } = request
  const pod = storage.get(kind.resource, namespace, name)
  if (!pod) throw notFound(kind, name)
  const body = readBody(request.text, request.contentType, subresource)
  if (kind.resource === 'pods' && subresource === 'eviction') return evict(storage, request, pod, body)
  if (kind.resource === 'pods' && subresource === 'binding') return bind(storage, request, pod, body)
  throw noSuchResource()
}
