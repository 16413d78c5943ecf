import { expect, test } from 'vitest'
import { same } from '#lib/sandbox/controllers/pods'
import type { Stage } from './sandbox-world.ts'
import { first, namesOf, recording, stage, truth } from './sandbox-world.ts'

const REPO = 'http://127.0.0.1:13000/acme/apps.git'
const SPEC = {
  generators: [{ git: { directories: [{ path: 'projects/*' }], repoURL: REPO, revision: 'main' } }],
  goTemplate: true,
  goTemplateOptions: ['missingkey=error'],
  template: {
    metadata: { finalizers: ['resources-finalizer.argocd.argoproj.io'], labels: { team: 'platform' }, name: '{{.path.basename}}' },
    spec: {
      destination: { namespace: 'project-namespace', server: 'https://kubernetes.default.svc' },
      project: 'projects',
      source: { path: '{{.path.path}}', repoURL: REPO, targetRevision: 'main' },
      syncPolicy: {
        automated: { prune: true, selfHeal: true },
        retry: { backoff: { duration: '5s', factor: 2, maxDuration: '1m' }, limit: 2 },
        syncOptions: ['CreateNamespace=true'],
      },
    },
  },
}
const OURS = [
  {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'project-quota', namespace: 'project-namespace' },
    spec: { hard: { pods: '20' } },
  },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'project-settings', namespace: 'project-namespace' },
    data: { owner: 'team-atlas' },
  },
]

function commit({ world }: Stage, message: string, namespace: string): void {
  world.inject({
    kind: 'git-commit',
    message,
    paths: {
      'projects/project-namespace': {
        sourceType: 'Directory',
        manifests: [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, ...OURS],
      },
    },
  })
}

/** Does what the recording did, at the same times. */
function disaster(at: Stage): void {
  const { api, clock } = at
  clock.advance(4_200)
  api.create(
    'appprojects.argoproj.io',
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AppProject',
      metadata: { name: 'projects', namespace: 'argocd', finalizers: ['resources-finalizer.argocd.argoproj.io'] },
      spec: {
        clusterResourceWhitelist: [{ group: '', kind: 'Namespace' }],
        destinations: [{ namespace: 'project-*', server: 'https://kubernetes.default.svc' }],
        sourceRepos: [REPO],
      },
    },
    'kubectl',
  )
  api.create(
    'applicationsets.argoproj.io',
    { apiVersion: 'argoproj.io/v1alpha1', kind: 'ApplicationSet', metadata: { name: 'projects', namespace: 'argocd' }, spec: SPEC },
    'kubectl',
  )
  clock.advance(4_400)
  commit(at, 'projects: namespace and quota for the first tenant project', 'argocd')
  clock.advance(16_500)
}

const KINDS = {
  namespaces: 'namespaces',
  applications: 'applications.argoproj.io',
  applicationsets: 'applicationsets.argoproj.io',
  appprojects: 'appprojects.argoproj.io',
  deployments: 'deployments.apps',
  replicasets: 'replicasets.apps',
  statefulsets: 'statefulsets.apps',
  daemonsets: 'daemonsets.apps',
  pods: 'pods',
  jobs: 'jobs.batch',
  cronjobs: 'cronjobs.batch',
  services: 'services',
  ingresses: 'ingresses.networking.k8s.io',
  endpointslices: 'endpointslices.discovery.k8s.io',
  secrets: 'secrets',
  persistentvolumeclaims: 'persistentvolumeclaims',
  persistentvolumes: 'persistentvolumes',
  horizontalpodautoscalers: 'horizontalpodautoscalers.autoscaling',
  poddisruptionbudgets: 'poddisruptionbudgets.policy',
}

function counts({ api }: Stage, recorded: Record<string, number>): [Record<string, number>, Record<string, number>] {
  const ours = Object.fromEntries(Object.entries(KINDS).map(([plural, resource]) => [plural, api.list(resource).length]))
  return [ours, Object.fromEntries(Object.keys(KINDS).map((plural) => [plural, recorded[plural] ?? -1]))]
}

test('the recorded platform stays as it is until somebody changes it', () => {
  const { clock, heard } = stage({ snapshot: recording('argocd-namespace-deleted') })
  clock.advance(600_000)
  const noise = heard.filter(
    (each) =>
      each.resource !== 'events' &&
      each.resource !== 'applications.argoproj.io' &&
      each.object.metadata.name !== 'kube-root-ca.crt' &&
      !(each.resource === 'serviceaccounts' && each.type === 'ADDED'),
  )
  expect([
    ...new Set(noise.map((each) => `${each.type} ${each.resource} ${each.object.metadata.namespace}/${each.object.metadata.name}`)),
  ]).toEqual([])
  // An Application's status only moves its time of comparison.
  const fields = (was: Record<string, unknown>, is: Record<string, unknown>) =>
    Object.keys({ ...was, ...is })
      .filter((key) => key !== 'reconciledAt' && !same(was[key], is[key]))
      .map((key) => [key, was[key], is[key]])
  const moved = heard
    .filter((each) => each.resource === 'applications.argoproj.io')
    .flatMap((each) => fields(each.old?.status, each.object.status).map((one) => [each.object.metadata.name, ...one]))
  expect(moved).toEqual([])
})

test('two commits delete Argo CD as recorded', () => {
  const at = stage({ snapshot: recording('argocd-namespace-deleted') })
  const { api, clock, heard } = at
  disaster(at)
  // The project's destinations are project-*, and yet the Namespace argocd is adopted: it is checked by kind only.
  expect(api.get('namespaces', '', 'argocd')?.metadata.annotations?.['argocd.argoproj.io/tracking-id']).toBe(
    'project-namespace:/Namespace:project-namespace/argocd',
  )
  const adopted = counts(at, truth('argocd-namespace-deleted', 'adopted').counts)
  expect(adopted[0]).toEqual(adopted[1])

  const pushed = clock.now()
  commit(at, 'projects: fix the rendered namespace', 'project-namespace')
  expect(clock.until(() => api.get('namespaces', '', 'argocd')?.metadata.deletionTimestamp !== undefined, 10_000)).toBe(true)
  const deleted = clock.now()
  expect(deleted - pushed).toBeLessThan(6_000)
  expect(api.get('applications.argoproj.io', 'argocd', 'project-namespace')?.status.resources).toContainEqual(
    expect.objectContaining({ kind: 'Namespace', name: 'argocd', requiresPruning: true, status: 'OutOfSync' }),
  )

  clock.advance(170_000)
  const end = truth('argocd-namespace-deleted', 'end')
  const [ours, recorded] = counts(at, end.counts)
  expect(ours).toEqual(recorded)
  const applications = api.list('applications.argoproj.io')
  expect(applications.filter((each) => each.metadata.deletionTimestamp).length).toBe(61)
  expect(applications.every((each) => each.metadata.finalizers?.includes('resources-finalizer.argocd.argoproj.io'))).toBe(true)
  expect(namesOf(api, 'appprojects.argoproj.io')).toEqual(['argocd/payments', 'argocd/platform', 'argocd/projects', 'argocd/shop'])
  const conditions = api
    .get('namespaces', '', 'argocd')
    ?.status.conditions.map(({ type, status, reason, message }: Record<string, string>) => ({ type, status, reason, message }))
  expect(conditions).toEqual(
    end.terminatingNamespaces[0].conditions.map(({ type, status, reason, message }: Record<string, string>) => ({
      type,
      status,
      reason,
      message,
    })),
  )

  // The causal order in namespace argocd.
  const ms = (test: (each: (typeof heard)[number]) => boolean) => first(heard, test)?.ms ?? Number.NaN
  const inArgocd = (each: (typeof heard)[number]) => each.object.metadata.namespace === 'argocd'
  const since = deleted - at.startedAt
  const podDeleting = ms((each) => inArgocd(each) && each.resource === 'pods' && each.object.metadata.deletionTimestamp !== undefined)
  const lastPod = heard.findLast((each) => inArgocd(each) && each.resource === 'pods' && each.type === 'DELETED')?.ms ?? Number.NaN
  const applicationDeleting = ms(
    (each) => each.resource === 'applications.argoproj.io' && each.object.metadata.deletionTimestamp !== undefined,
  )
  const deploymentGone = ms((each) => inArgocd(each) && each.resource === 'deployments.apps' && each.type === 'DELETED')
  expect(podDeleting - since).toBeGreaterThanOrEqual(4_000)
  expect(applicationDeleting).toBeGreaterThanOrEqual(lastPod)
  expect(deploymentGone).toBeGreaterThanOrEqual(lastPod)
  // No operation begins after its pods were told to end.
  expect(
    heard.some(
      (each) =>
        each.resource === 'applications.argoproj.io' &&
        each.ms > podDeleting &&
        each.object.status?.operationState?.phase === 'Running' &&
        each.old?.status?.operationState?.phase !== 'Running',
    ),
  ).toBe(false)
  // Every tracked workload outside argocd is untouched.
  expect(
    heard.filter(
      (each) =>
        each.type === 'DELETED' &&
        ['deployments.apps', 'statefulsets.apps', 'daemonsets.apps', 'pods'].includes(each.resource) &&
        !inArgocd(each),
    ),
  ).toEqual([])
})
