import { imagesOf, writeComparison } from '../argocd/application-status.ts'
import { setStatus } from '../argocd/applicationset-controller.ts'
import { APPS, PROJECTS, SETS } from '../argocd/bench.ts'
import { compare } from '../argocd/compare.ts'
import type { Git, Manifest } from '../argocd/git.ts'
import { controllerRef } from '../controllers/pods.ts'
import { TRACKING } from '../controllers/relations.ts'
import { createStation, stampOf } from '../controllers/station.ts'
import type { Obj, SandboxApi } from '../port.ts'
import { applicationOf, applicationSets, appNameOf, projects } from './applications.ts'
import { argocdInstall, repositorySecret } from './argocd-install.ts'
import type { ServiceDef } from './company.ts'
import { REPOSITORY, services } from './company.ts'
import { loadDefaultRoles } from './load-roles.ts'
import { imageOf, manifestsOf } from './manifests.ts'
import { createSettler } from './settle.ts'

const DAY_MS = 86_400_000
const SIZES = {
  S: { applications: 60, nodes: 3, podsPerProject: null },
  M: { applications: 600, nodes: 12, podsPerProject: 4 },
  L: { applications: 2_000, nodes: 60, podsPerProject: 14 },
} as const

/** Loads the company's platform at rest. Answers the images that its registry does not have. */
export function fillCompany(api: SandboxApi, git: Git, size: 'S' | 'M' | 'L', seed: number): readonly string[] {
  const { applications, nodes, podsPerProject } = SIZES[size]
  const now = api.clock.now()
  const born = (days: number) => stampOf(now - days * DAY_MS + seed)
  const all = services(applications)
  const unpullable = all.filter((each) => each.trouble === 'image').map(imageOf)
  const podsOf = (each: ServiceDef) =>
    podsPerProject !== null && each.set === 'projects' && each.shape !== 'store' ? podsPerProject : each.replicas

  loadCluster(api, nodes, born(90))
  // The server made these when it started; this cluster is older than that.
  for (const resource of ['namespaces', 'services'])
    for (const there of [...api.list(resource)])
      api.load(resource, { ...there, metadata: { ...there.metadata, creationTimestamp: born(90) } })
  const settler = createSettler(api, new Set(unpullable))
  const kinds = new Map(api.resources().map((each) => [`${each.apiVersion}/${each.kind}`, each.resource]))
  const put = (manifest: Manifest, since: string) =>
    settler.put(kinds.get(`${manifest.apiVersion}/${manifest.kind}`) ?? manifest.kind, manifest, since)

  loadNamespace(api, 'argocd', born(90))
  for (const manifest of argocdInstall().filter((each) => each.kind === 'CustomResourceDefinition')) put(manifest, born(90))
  for (const manifest of argocdInstall().filter((each) => each.kind !== 'CustomResourceDefinition')) put(manifest, born(90))
  for (const manifest of argocdSecrets()) put(manifest, born(90))
  for (const manifest of projects()) api.load(PROJECTS, { ...manifest, metadata: { ...manifest.metadata, creationTimestamp: born(89) } })
  const sets = new Map(
    applicationSets(all).map((manifest) => [
      manifest.metadata.name,
      api.load(SETS, { ...manifest, metadata: { ...manifest.metadata, creationTimestamp: born(89) } }),
    ]),
  )

  const paths = Object.fromEntries(
    all.map((each) => [
      each.path,
      {
        manifests: manifestsOf(each, podsOf(each)),
        sourceType: each.project === 'projects' ? ('Plugin' as const) : ('Kustomize' as const),
      },
    ]),
  )
  const commit = git.commit({ message: 'platform: all services', at: stampOf(now - 60 * DAY_MS), paths })
  const seen = new Set<string>()
  all.forEach((service, i) => {
    const since = born(80 - (i % 70))
    if (!seen.has(service.namespace)) loadNamespace(api, service.namespace, since)
    seen.add(service.namespace)
    if (service.dependsOn.includes('data/postgres-core')) put(credentials(service), since)
    for (const manifest of manifestsOf(service, podsOf(service))) put(tracked(service, manifest, kinds), since)
  })
  settler.slices()
  loadApplications(api, git, all, sets, commit.revision)
  return unpullable
}

function tracked(service: ServiceDef, manifest: Manifest, kinds: ReadonlyMap<string, string>): Manifest {
  const group = manifest.apiVersion.includes('/') ? manifest.apiVersion.split('/')[0] : ''
  if (!kinds.has(`${manifest.apiVersion}/${manifest.kind}`)) throw new Error(`fill: ${manifest.kind} is not served`)
  const id = `${appNameOf(service)}:${group}/${manifest.kind}:${service.namespace}/${manifest.metadata.name}`
  const metadata = { ...manifest.metadata, annotations: { ...manifest.metadata.annotations, [TRACKING]: id } }
  // Somebody changed this one by hand after its last sync, and nothing heals it.
  return service.trouble === 'drift' && manifest.kind === 'ConfigMap'
    ? { ...manifest, metadata, data: { ...manifest.data, LOG_LEVEL: 'debug' } }
    : { ...manifest, metadata }
}

function credentials(service: ServiceDef): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: { name: `${service.name}-db`, namespace: service.namespace },
    data: { password: 'c2FuZGJveA==' },
  }
}

function argocdSecrets(): Manifest[] {
  const secret = (name: string, data: Record<string, string>): Manifest => ({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: { name, namespace: 'argocd', labels: { 'app.kubernetes.io/part-of': 'argocd' } },
    data,
  })
  return [
    secret('argocd-secret', { 'server.secretkey': 'c2FuZGJveA==' }),
    secret('argocd-redis', { auth: 'c2FuZGJveA==' }),
    repositorySecret(REPOSITORY),
  ]
}

/** Applications with the status of their last comparison and of a sync long ago. */
function loadApplications(api: SandboxApi, git: Git, all: readonly ServiceDef[], sets: ReadonlyMap<string, Obj>, revision: string): void {
  const station = createStation(api)
  const children = new Map<string, Obj[]>()
  all.forEach((service, i) => {
    const manifest = applicationOf(service)
    const set = sets.get(service.set ?? '')
    const since = stampOf(api.clock.now() - (80 - (i % 70)) * DAY_MS)
    const app = structuredClone({
      ...manifest,
      metadata: { ...manifest.metadata, creationTimestamp: since, ...(set ? { ownerReferences: [controllerRef(set)] } : {}) },
    }) as Obj
    const result = compare(station, git, app)
    if (typeof result === 'string') throw new Error(`fill: ${result}`)
    writeComparison(app, result, [], since, false)
    app.status = {
      ...app.status,
      reconciledAt: stampOf(api.clock.now() - ((i * 1_777) % 110_000)),
      ...lastSync(
        app,
        result.rows.flatMap((row) => row.live ?? []),
        revision,
        since,
      ),
    }
    const stored = api.load(APPS, app)
    if (service.set) children.set(service.set, [...(children.get(service.set) ?? []), stored])
  })
  station.close()
  for (const [name, set] of sets) {
    const status = setStatus(set, children.get(name) ?? [], null, set.metadata.creationTimestamp)
    api.change(
      SETS,
      'argocd',
      name,
      'argocd-applicationset-controller',
      (draft) => {
        draft.status = status
      },
      'status',
    )
  }
}

function lastSync(app: Obj, live: readonly Obj[], revision: string, at: string): Record<string, unknown> {
  const { source, syncPolicy } = app.spec
  const initiatedBy = syncPolicy.automated ? { automated: true } : { username: 'admin' }
  const operation = { initiatedBy, retry: syncPolicy.retry, sync: { prune: true, revision, source, syncOptions: syncPolicy.syncOptions } }
  const resources = live.map((each) => {
    const [version = '', group = ''] = each.apiVersion.split('/').reverse()
    const images = imagesOf(each)
    return {
      group,
      hookPhase: 'Running',
      kind: each.kind,
      message: `${each.kind.toLowerCase()}${group ? `.${group}` : ''}/${each.metadata.name} created`,
      name: each.metadata.name,
      namespace: each.metadata.namespace ?? '',
      status: 'Synced',
      syncPhase: 'Sync',
      version,
      ...(images.length ? { images } : {}),
    }
  })
  return {
    history: [{ deployStartedAt: at, deployedAt: at, id: 0, initiatedBy, revision, source }],
    operationState: {
      finishedAt: at,
      message: 'successfully synced (all tasks run)',
      operation,
      phase: 'Succeeded',
      startedAt: at,
      syncResult: { resources, revision, source },
    },
  }
}

function loadCluster(api: SandboxApi, nodes: number, since: string): void {
  loadDefaultRoles(api, since)
  for (let i = 1; i <= nodes; i++) api.load('nodes', nodeOf(i, since))
  for (const [name, reclaimPolicy, byDefault] of [
    ['fast', 'Delete', 'true'],
    ['durable', 'Retain', 'false'],
  ] as const) {
    api.load('storageclasses.storage.k8s.io', {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name, creationTimestamp: since, annotations: { 'storageclass.kubernetes.io/is-default-class': byDefault } },
      provisioner: 'disk.csi.acme.test',
      reclaimPolicy,
      volumeBindingMode: 'Immediate',
      allowVolumeExpansion: true,
    })
  }
  for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease']) loadNamespace(api, name, since)
  const settler = createSettler(api, new Set())
  const labels = { 'k8s-app': 'kube-dns' }
  const template = {
    metadata: { labels },
    spec: {
      containers: [
        { name: 'coredns', image: 'registry.k8s.io/coredns/coredns:v1.13.1', ports: [{ name: 'dns', containerPort: 53, protocol: 'UDP' }] },
      ],
    },
  }
  settler.put(
    'deployments.apps',
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'coredns', namespace: 'kube-system', labels },
      spec: { replicas: 2, selector: { matchLabels: labels }, template },
    },
    since,
  )
  settler.put(
    'services',
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'kube-dns', namespace: 'kube-system', labels },
      spec: { type: 'ClusterIP', selector: labels, ports: [{ name: 'dns', port: 53, targetPort: 53, protocol: 'UDP' }] },
    },
    since,
  )
  settler.slices()
}

function loadNamespace(api: SandboxApi, name: string, since: string): void {
  if (!api.get('namespaces', '', name))
    api.load('namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, creationTimestamp: since, labels: { 'kubernetes.io/metadata.name': name } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    })
  const metadata = (own: string) => ({ name: own, namespace: name, creationTimestamp: since })
  if (!api.get('serviceaccounts', name, 'default'))
    api.load('serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata('default') })
  if (!api.get('configmaps', name, 'kube-root-ca.crt'))
    api.load('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('kube-root-ca.crt'), data: { 'ca.crt': 'sandbox' } })
}

function nodeOf(index: number, since: string): Manifest {
  const name = `node-${index}`
  const zone = `zone-${((index - 1) % 3) + 1}`
  const condition = (type: string, status: string, reason: string, message: string) => ({
    type,
    status,
    reason,
    message,
    lastHeartbeatTime: since,
    lastTransitionTime: since,
  })
  const capacity = { cpu: '32', memory: '256Gi', pods: '500' }
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      creationTimestamp: since,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'topology.kubernetes.io/zone': zone,
        'topology.kubernetes.io/region': 'sandbox',
      },
    },
    spec: {},
    status: {
      capacity,
      allocatable: capacity,
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      nodeInfo: { kubeletVersion: 'v1.36.2', operatingSystem: 'linux', architecture: 'amd64' },
      conditions: [
        condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
        condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
        condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
        condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
      ],
    },
  }
}
