import type { Obj } from '../port.ts'
import type { Station } from './station.ts'

const APISERVICES = 'apiservices.apiregistration.k8s.io'
const CRDS = 'customresourcedefinitions.apiextensions.k8s.io'
const BY = 'kube-apiserver'
const MANAGED = 'kube-aggregator.kubernetes.io/automanaged'

/** Group, version and the two priorities of what a kube-apiserver 1.36 registers by itself. */
const OWN = [
  '- v1 18000 1',
  'admissionregistration.k8s.io v1 16700 15',
  'apiextensions.k8s.io v1 16700 15',
  'apps v1 17800 15',
  'authentication.k8s.io v1 17700 15',
  'authorization.k8s.io v1 17600 15',
  'autoscaling v1 17500 15',
  'autoscaling v2 17500 30',
  'batch v1 17400 15',
  'certificates.k8s.io v1 17300 15',
  'coordination.k8s.io v1 16500 15',
  'discovery.k8s.io v1 16200 15',
  'events.k8s.io v1 17750 15',
  'flowcontrol.apiserver.k8s.io v1 16100 21',
  'networking.k8s.io v1 17200 15',
  'node.k8s.io v1 16300 15',
  'policy v1 17100 15',
  'rbac.authorization.k8s.io v1 17000 15',
  'resource.k8s.io v1 16200 21',
  'scheduling.k8s.io v1 16600 15',
  'storage.k8s.io v1 16800 15',
]

/** Keeps a local APIService for each group version that the server serves itself: its own, and those of definitions. */
export function registerApiServices(station: Station): void {
  const { api } = station

  function register(group: string, version: string, priorities: readonly [number, number], managed: string): void {
    const name = `${version}.${group}`
    if (api.get(APISERVICES, '', name)) return
    const available = { type: 'Available', status: 'True', reason: 'Local', message: 'Local APIServices are always available' }
    api.load(APISERVICES, {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name, labels: { [MANAGED]: managed } },
      spec: { ...(group === '' ? {} : { group }), version, groupPriorityMinimum: priorities[0], versionPriority: priorities[1] },
      status: { conditions: [{ ...available, lastTransitionTime: station.stamp() }] },
    })
  }

  const versionsOf = ({ spec }: Obj): { group: string; version: string }[] =>
    (spec?.versions ?? []).map((each: { name: string }) => ({ group: spec.group, version: each.name }))

  function drop(group: string, version: string): void {
    const serves = (crd: Obj) => versionsOf(crd).some((each) => each.group === group && each.version === version)
    if (!api.list(CRDS).some(serves)) api.remove(APISERVICES, '', `${version}.${group}`, { by: BY })
  }

  for (const row of OWN) {
    const [group = '', version = '', minimum, priority] = row.split(' ')
    register(group === '-' ? '' : group, version, [Number(minimum), Number(priority)], 'onstart')
  }
  station.on(CRDS, ({ type, object }) => {
    for (const { group, version } of versionsOf(object))
      if (type === 'DELETED') drop(group, version)
      else if (!object.metadata.deletionTimestamp) register(group, version, [1000, 100], 'true')
  })
}
