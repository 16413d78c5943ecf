import type { Manifest } from '../argocd/git.ts'
import { daemonSetStatus } from '../controllers/daemonsets.ts'
import { deploymentStatus } from '../controllers/deployment-status.ts'
import { BUDGETS, budgetStatus } from '../controllers/disruption.ts'
import { endpointSliceOf } from '../controllers/endpoints.ts'
import { controllerRef, podOf, runningStatus, safeHash, selects, waitingStatus } from '../controllers/pods.ts'
import { statefulSetStatus } from '../controllers/statefulsets.ts'
import { CLAIM_PROTECTION, volumeOf } from '../controllers/volumes.ts'
import type { Obj, SandboxApi } from '../port.ts'

/** Puts manifests into the cluster as they stand long after their controllers are done: children, claims, volumes, statuses. */
export type Settler = { put(resource: string, manifest: Manifest, since: string): Obj; slices(): void }

export function createSettler(api: SandboxApi, unpullable: ReadonlySet<string>): Settler {
  const nodes = api
    .list('nodes')
    .map((each) => ({ name: each.metadata.name, zone: each.metadata.labels?.['topology.kubernetes.io/zone'] ?? '' }))
  const zones = new Map(nodes.map((each) => [each.name, each.zone]))
  const podsByNamespace = new Map<string, Obj[]>()
  const services: Obj[] = []
  const budgets: Obj[] = []
  let placed = 0
  let addresses = 100

  function put(resource: string, manifest: Manifest, since: string): Obj {
    const given = { ...structuredClone(manifest), metadata: { ...structuredClone(manifest.metadata), creationTimestamp: since } }
    if (resource === 'deployments.apps') return deployment(given, since)
    if (resource === 'statefulsets.apps') return statefulSet(given, since)
    if (resource === 'daemonsets.apps') return daemonSet(given, since)
    if (resource === 'persistentvolumeclaims') return claim(given)
    if (resource === 'ingresses.networking.k8s.io')
      return api.load(resource, { ...given, status: { loadBalancer: { ingress: [{ ip: '198.51.100.10' }] } } })
    // Their controller is not simulated: with times of runs they would look missed after two days.
    if (resource === 'cronjobs.batch') return api.load(resource, { ...given, status: {} })
    const stored = api.load(resource, given)
    if (resource === 'services') services.push(stored)
    if (resource === BUDGETS) budgets.push(stored)
    return stored
  }

  /** Loads a workload to have its uid and defaults, then its status once its pods are there. */
  function report(resource: string, stored: Obj, status: Obj['status']): Obj {
    return (
      api.change(
        resource,
        stored.metadata.namespace ?? '',
        stored.metadata.name,
        'kube-controller-manager',
        (draft) => {
          draft.status = status
        },
        'status',
      ) ?? stored
    )
  }

  function deployment(given: Manifest, since: string): Obj {
    const stored = api.load('deployments.apps', {
      ...given,
      metadata: { ...given.metadata, annotations: { ...given.metadata.annotations, 'deployment.kubernetes.io/revision': '1' } },
    })
    const hash = safeHash({ template: stored.spec.template, collision: 0 })
    const labels = { ...stored.spec.template.metadata?.labels, 'pod-template-hash': hash }
    const replicas: number = stored.spec.replicas ?? 1
    const set = api.load('replicasets.apps', {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${stored.metadata.name}-${hash}`,
        namespace: stored.metadata.namespace ?? '',
        creationTimestamp: since,
        labels,
        annotations: {
          'deployment.kubernetes.io/revision': '1',
          'deployment.kubernetes.io/desired-replicas': String(replicas),
          'deployment.kubernetes.io/max-replicas': String(replicas + Math.ceil(replicas / 4)),
        },
        ownerReferences: [controllerRef(stored)],
      },
      spec: {
        replicas,
        selector: { matchLabels: { ...stored.spec.selector.matchLabels, 'pod-template-hash': hash } },
        template: { ...stored.spec.template, metadata: { ...stored.spec.template.metadata, labels } },
      },
    })
    const ready = Array.from({ length: replicas }, (_, i) =>
      pod(set, `${set.metadata.name}-${suffix(i, set.metadata.uid)}`, set.spec.template, since, {}, `${set.metadata.name}-`),
    ).filter(Boolean).length
    const counts = {
      replicas,
      fullyLabeledReplicas: replicas,
      ...(ready ? { readyReplicas: ready, availableReplicas: ready } : {}),
      terminatingReplicas: 0,
      observedGeneration: 1,
    }
    const settled = report('replicasets.apps', set, counts)
    const late = Date.parse(since) + 700_000
    const first = deploymentStatus(stored, [settled], since, Date.parse(since)).status
    return report('deployments.apps', stored, deploymentStatus({ ...stored, status: first }, [settled], since, late).status)
  }

  function statefulSet(given: Manifest, since: string): Obj {
    const stored = api.load('statefulsets.apps', given)
    const hash = `${stored.metadata.name}-${safeHash(stored.spec.template)}`
    const pods: Obj[] = []
    for (let i = 0; i < (stored.spec.replicas ?? 1); i++) {
      const name = `${stored.metadata.name}-${i}`
      const claims: Record<string, string> = {}
      for (const template of stored.spec.volumeClaimTemplates ?? []) {
        const own = `${template.metadata.name}-${name}`
        claims[template.metadata.name] = own
        claim({
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: {
            name: own,
            namespace: stored.metadata.namespace ?? '',
            creationTimestamp: since,
            labels: { ...template.metadata.labels, ...stored.spec.selector.matchLabels },
          },
          spec: { volumeMode: 'Filesystem', ...template.spec },
        })
      }
      const labels = {
        'apps.kubernetes.io/pod-index': String(i),
        'controller-revision-hash': hash,
        'statefulset.kubernetes.io/pod-name': name,
      }
      pods.push(...[podObject(stored, name, stored.spec.template, since, labels, `${stored.metadata.name}-`, claims)])
    }
    return report('statefulsets.apps', stored, statefulSetStatus(stored, pods))
  }

  function daemonSet(given: Manifest, since: string): Obj {
    const stored = api.load('daemonsets.apps', given)
    const labels = { 'controller-revision-hash': safeHash(stored.spec.template), 'pod-template-generation': '1' }
    const pods = nodes.map((node, i) =>
      podObject(
        stored,
        `${stored.metadata.name}-${suffix(i, stored.metadata.uid)}`,
        stored.spec.template,
        since,
        labels,
        `${stored.metadata.name}-`,
        {},
        node.name,
      ),
    )
    return report('daemonsets.apps', stored, daemonSetStatus(stored, nodes.length, pods))
  }

  function claim(given: Manifest): Obj {
    const stored = api.load('persistentvolumeclaims', { ...given, metadata: { ...given.metadata, finalizers: [CLAIM_PROTECTION] } })
    const storage = api.get('storageclasses.storage.k8s.io', '', stored.spec.storageClassName ?? 'fast')
    if (!storage) throw new Error(`fill: no storage class ${stored.spec.storageClassName}`)
    const volume = volumeOf(stored, storage)
    api.load('persistentvolumes', {
      ...volume,
      metadata: { ...volume.metadata, creationTimestamp: stored.metadata.creationTimestamp },
      status: { phase: 'Bound', lastPhaseTransitionTime: stored.metadata.creationTimestamp },
    })
    const namespace = stored.metadata.namespace ?? ''
    api.change('persistentvolumeclaims', namespace, stored.metadata.name, 'kube-controller-manager', (draft) => {
      draft.spec.volumeName = volume.metadata.name
      draft.metadata.annotations = {
        ...draft.metadata.annotations,
        'pv.kubernetes.io/bind-completed': 'yes',
        'pv.kubernetes.io/bound-by-controller': 'yes',
        'volume.kubernetes.io/storage-provisioner': storage.provisioner,
      }
    })
    return report('persistentvolumeclaims', stored, {
      phase: 'Bound',
      accessModes: stored.spec.accessModes,
      capacity: stored.spec.resources.requests,
    })
  }

  function pod(
    owner: Obj,
    name: string,
    template: Obj['spec'],
    since: string,
    labels: Record<string, string>,
    generateName: string,
  ): boolean {
    return podObject(owner, name, template, since, labels, generateName).status.phase === 'Running'
  }

  function podObject(
    owner: Obj,
    name: string,
    template: Obj['spec'],
    since: string,
    labels: Record<string, string>,
    generateName: string,
    claims: Record<string, string> = {},
    on?: string,
  ): Obj {
    const node = on ?? nodes[placed++ % nodes.length]?.name ?? ''
    const made = podOf({
      owner,
      name,
      generateName,
      template,
      labels: { ...labels, 'topology.kubernetes.io/zone': zones.get(node) ?? '' },
      node,
      claims,
    }) as unknown as Obj
    addresses++
    const ip = `10.${200 + (addresses >> 16)}.${(addresses >> 8) & 255}.${addresses & 255}`
    const bad = (made.spec.containers as { image: string }[]).find((each) => [...unpullable].some((part) => each.image.includes(part)))
    const status = bad
      ? waitingStatus(
          made,
          since,
          ip,
          'ImagePullBackOff',
          `Back-off pulling image "${bad.image}": ErrImagePull: failed to resolve reference "${bad.image}": not found`,
        )
      : runningStatus(made, since, ip)
    const stored = api.load('pods', { ...made, metadata: { ...made.metadata, creationTimestamp: since }, status })
    const namespace = stored.metadata.namespace ?? ''
    podsByNamespace.set(namespace, [...(podsByNamespace.get(namespace) ?? []), stored])
    return stored
  }

  function slices(): void {
    for (const service of services) {
      if (!service.spec.selector) continue
      const pods = (podsByNamespace.get(service.metadata.namespace ?? '') ?? []).filter(
        (each) => each.status.phase === 'Running' && selects(service.spec.selector, each.metadata.labels),
      )
      const slice = endpointSliceOf(service, pods, (node) => zones.get(node))
      api.load('endpointslices.discovery.k8s.io', {
        ...slice,
        metadata: { ...slice.metadata, creationTimestamp: service.metadata.creationTimestamp },
      })
    }
    for (const budget of budgets) report(BUDGETS, budget, budgetStatus(api, budget, budget.metadata.creationTimestamp))
  }
  return { put, slices }
}

function suffix(index: number, uid: string): string {
  return safeHash(`${uid}/${index}`, 5)
}
