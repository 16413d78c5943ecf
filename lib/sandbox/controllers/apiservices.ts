import type { Station } from './station.ts'

const BY = 'kube-apiserver'

/** APIServices with a Service behind them: available while it has ready endpoints. */
export function startApiServices(station: Station): void {
  const { api } = station
  station.on(
    'apiservices.apiregistration.k8s.io',
    ({ type, object }) =>
      type !== 'DELETED' &&
      object.spec?.service &&
      station.later(`apiservice/${object.metadata.name}`, 500, () => probe(object.metadata.name)),
  )
  station.on('endpointslices.discovery.k8s.io', ({ object }) => {
    for (const each of api.list('apiservices.apiregistration.k8s.io')) {
      if (each.spec?.service?.namespace === object.metadata.namespace)
        station.later(`apiservice/${each.metadata.name}`, 1_000, () => probe(each.metadata.name))
    }
  })

  function probe(name: string): void {
    const service = api.get('apiservices.apiregistration.k8s.io', '', name)
    if (!service?.spec?.service) return
    const { namespace, name: backend } = service.spec.service
    const slices = api
      .list('endpointslices.discovery.k8s.io', namespace)
      .filter((each) => each.metadata.labels?.['kubernetes.io/service-name'] === backend)
    const ready = slices.some((slice) =>
      (slice.endpoints ?? []).some((each: { conditions?: { ready?: boolean } }) => each.conditions?.ready),
    )
    const [status, reason, message] = ready
      ? ['True', 'Passed', 'all checks passed']
      : api.get('services', namespace, backend)
        ? ['False', 'MissingEndpoints', `endpointslices for service/${backend} in "${namespace}" have no addresses with port name ""`]
        : ['False', 'ServiceNotFound', `service/${backend} in "${namespace}" is not present`]
    const before: { status: string; reason: string } | undefined = service.status?.conditions?.[0]
    if (before?.status === status && before.reason === reason) return
    api.change(
      'apiservices.apiregistration.k8s.io',
      '',
      name,
      BY,
      (draft) => {
        draft.status = { conditions: [{ type: 'Available', status, lastTransitionTime: station.stamp(), reason, message }] }
      },
      'status',
    )
  }
}
