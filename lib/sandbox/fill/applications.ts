import { FINALIZER, IN_CLUSTER } from '../argocd/bench.ts'
import type { Manifest } from '../argocd/git.ts'
import type { ServiceDef } from './company.ts'
import { REPOSITORY } from './company.ts'

const API = 'argoproj.io/v1alpha1'
const NAMESPACE = 'argocd'

/** AppProjects and ApplicationSets of the company, as somebody applied them. */
export function projects(): Manifest[] {
  const project = (
    name: string,
    description: string,
    destinations: string[],
    clusterKinds: { group: string; kind: string }[],
  ): Manifest => ({
    apiVersion: API,
    kind: 'AppProject',
    metadata: { name, namespace: NAMESPACE, finalizers: [FINALIZER] },
    spec: {
      description,
      sourceRepos: [REPOSITORY],
      destinations: destinations.map((namespace) => ({ server: IN_CLUSTER, namespace })),
      clusterResourceWhitelist: clusterKinds,
    },
  })
  const namespaces = [{ group: '', kind: 'Namespace' }]
  return [
    {
      apiVersion: API,
      kind: 'AppProject',
      metadata: { name: 'default', namespace: NAMESPACE },
      spec: { clusterResourceWhitelist: [{ group: '*', kind: '*' }], destinations: [{ namespace: '*', server: '*' }], sourceRepos: ['*'] },
    },
    project(
      'platform',
      'what everything rests on',
      ['platform-*', 'tools-*'],
      [...namespaces, { group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition' }],
    ),
    project('data', 'shared data stores', ['data'], namespaces),
    project('projects', 'one namespace per data-science project', ['project-*'], namespaces),
  ]
}

export function applicationSets(all: readonly ServiceDef[]): Manifest[] {
  const set = (name: string, project: string, generators: unknown[], path: string, app: string, namespace: string): Manifest => ({
    apiVersion: API,
    kind: 'ApplicationSet',
    metadata: { name, namespace: NAMESPACE },
    spec: {
      goTemplate: true,
      goTemplateOptions: ['missingkey=error'],
      generators,
      syncPolicy: { preserveResourcesOnDeletion: false },
      template: {
        metadata: { name: app, finalizers: [FINALIZER], labels: { set: name } },
        spec: applicationSpec(project, path, namespace, true),
      },
    },
  })
  const elements = (of: ServiceDef['set']) => all.filter((each) => each.set === of).map((each) => ({ name: each.name }))
  return [
    set(
      'platform-services',
      'platform',
      [{ list: { elements: elements('platform-services') } }],
      'platform/{{.name}}',
      '{{.name}}',
      'platform-{{.name}}',
    ),
    set('data-stores', 'data', [{ list: { elements: elements('data-stores') } }], 'data/{{.name}}', '{{.name}}', 'data'),
    set(
      'tools',
      'platform',
      [{ matrix: { generators: [{ clusters: {} }, { list: { elements: elements('tools').map(({ name }) => ({ tool: name })) } }] } }],
      'tools/{{.tool}}',
      '{{.tool}}',
      'tools-{{.tool}}',
    ),
    set(
      'projects',
      'projects',
      [{ git: { repoURL: REPOSITORY, revision: 'main', directories: [{ path: 'projects/*' }] } }],
      '{{.path.path}}',
      '{{.path.basename}}',
      '{{.path.basename}}',
    ),
  ]
}

export function appNameOf(service: ServiceDef): string {
  return service.set === 'projects' ? service.namespace : service.name
}

export function applicationOf(service: ServiceDef): Manifest {
  const labels = service.set ? { labels: { set: service.set } } : {}
  const automated = service.trouble !== 'drift'
  return {
    apiVersion: API,
    kind: 'Application',
    metadata: { name: appNameOf(service), namespace: NAMESPACE, finalizers: [FINALIZER], ...labels },
    spec: applicationSpec(service.project, service.path, service.namespace, automated),
  }
}

function applicationSpec(project: string, path: string, namespace: string, automated: boolean): Record<string, unknown> {
  return {
    project,
    source: { repoURL: REPOSITORY, path, targetRevision: 'main' },
    destination: { server: IN_CLUSTER, namespace },
    syncPolicy: {
      ...(automated ? { automated: { prune: true, selfHeal: true } } : {}),
      retry: { limit: 2, backoff: { duration: '5s', factor: 2, maxDuration: '1m' } },
      syncOptions: ['CreateNamespace=true'],
    },
  }
}
