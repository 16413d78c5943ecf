import type { Meta, Obj } from '../port.ts'
import { controllerRef, isReady, same, selects } from './pods.ts'
import type { Station } from './station.ts'
import { namespaceOf } from './station.ts'

const BY = 'kube-controller-manager'

/** Service with a selector → one EndpointSlice with its pods' addresses. */
export function startEndpoints(station: Station): void {
  const { api, relations } = station
  const wake = (service: Obj) =>
    station.later(`endpoints/${service.metadata.uid}`, station.between(20, 120), () => settle(service.metadata.uid))

  station.on('services', ({ type, object }) => type !== 'DELETED' && wake(object))
  station.on('endpointslices.discovery.k8s.io', ({ type, object }) => {
    const owner = type === 'DELETED' ? api.byUid(object.metadata.ownerReferences?.[0]?.uid ?? '')?.object : undefined
    if (owner) wake(owner)
  })
  station.on('pods', ({ object, old }) => {
    if (
      old &&
      isReady(old) === isReady(object) &&
      old.metadata.deletionTimestamp === object.metadata.deletionTimestamp &&
      old.status?.podIP === object.status?.podIP
    )
      return
    if (old === null && !object.status?.podIP) return
    for (const service of api.list('services', namespaceOf(object))) {
      if (service.spec.selector && selects(service.spec.selector, object.metadata.labels)) wake(service)
    }
  })

  function settle(uid: string): void {
    const service = api.byUid(uid)?.object
    if (!service?.spec.selector || service.metadata.deletionTimestamp) return
    const namespace = namespaceOf(service)
    const pods = api
      .list('pods', namespace)
      .filter((pod) => pod.status?.podIP && pod.status.phase === 'Running' && selects(service.spec.selector, pod.metadata.labels))
    const zone = (node: string) => api.get('nodes', '', node)?.metadata.labels?.['topology.kubernetes.io/zone']
    const slice = relations.dependents(uid).find((each) => each.resource === 'endpointslices.discovery.k8s.io')?.object
    const next = endpointSliceOf(service, pods, zone, slice)
    if (!slice) api.create('endpointslices.discovery.k8s.io', next, BY)
    else if (!same(sorted(slice.endpoints), sorted(next.endpoints)) || !same(slice.ports, next.ports)) {
      api.change('endpointslices.discovery.k8s.io', namespace, slice.metadata.name, BY, (draft) => {
        draft.endpoints = next.endpoints
        draft.ports = next.ports
      })
    }
  }
}

type Endpoint = { targetRef?: { uid: string } }

function sorted(endpoints: readonly Endpoint[] | undefined): readonly Endpoint[] {
  return [...(endpoints ?? [])].sort((a, b) => (a.targetRef?.uid ?? '').localeCompare(b.targetRef?.uid ?? ''))
}

export function endpointSliceOf(
  service: Obj,
  pods: readonly Obj[],
  zone: (node: string) => string | undefined,
  slice?: Obj,
): Omit<Obj, 'metadata'> & { metadata: Partial<Meta> & { name: string } } {
  const named = (port: { name?: string; targetPort?: number | string; port: number; protocol?: string; appProtocol?: string }) => ({
    name: port.name ?? '',
    protocol: port.protocol ?? 'TCP',
    port: portOf(port, pods[0]),
    ...(port.appProtocol ? { appProtocol: port.appProtocol } : {}),
  })
  const old: { name?: string }[] | undefined = slice?.ports
  const ports = (service.spec.ports ?? []).map(named)
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    addressType: 'IPv4',
    metadata: {
      name: `${service.metadata.name}-${service.metadata.uid.slice(0, 5)}`,
      generateName: `${service.metadata.name}-`,
      namespace: service.metadata.namespace ?? '',
      labels: {
        ...service.metadata.labels,
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        'kubernetes.io/service-name': service.metadata.name,
      },
      ownerReferences: [controllerRef(service)],
    },
    endpoints: pods.map((pod) => {
      const ready = isReady(pod) && !pod.metadata.deletionTimestamp
      return {
        addresses: [pod.status.podIP],
        conditions: { ready, serving: isReady(pod), terminating: pod.metadata.deletionTimestamp !== undefined },
        targetRef: { kind: 'Pod', namespace: pod.metadata.namespace, name: pod.metadata.name, uid: pod.metadata.uid },
        nodeName: pod.spec.nodeName,
        zone: zone(pod.spec.nodeName),
        ...(pod.spec.hostname && pod.spec.subdomain === service.metadata.name ? { hostname: pod.spec.hostname } : {}),
      }
    }),
    // Without an address a slice says no ports; the order of a recorded slice's ports is kept.
    ports:
      pods.length === 0
        ? null
        : old
          ? ports.sort(
              (a: { name: string }, b: { name: string }) =>
                old.findIndex((each) => each.name === a.name) - old.findIndex((each) => each.name === b.name),
            )
          : ports,
  }
}

function portOf(port: { targetPort?: number | string; port: number }, pod: Obj | undefined): number {
  if (typeof port.targetPort === 'number') return port.targetPort
  for (const container of pod?.spec.containers ?? []) {
    for (const each of container.ports ?? []) if (each.name === port.targetPort) return each.containerPort
  }
  return port.port
}
