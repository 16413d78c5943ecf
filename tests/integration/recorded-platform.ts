import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { expect } from 'vitest'
import { canonicalJson } from '#lib/kernel/canonical-json'
import { eventually } from '#lib/testing/wait'
import type { Sandbox, Stage } from './run-stage.ts'
import { recording } from './sandbox-world.ts'

const BASELINE = new URL('../golden/baseline/lists/', import.meta.url)
/** What the scenarios did not record, and a cluster has all the same. */
const BESIDE = [
  'core.v1.serviceaccounts',
  'rbac.authorization.k8s.io.v1.roles',
  'rbac.authorization.k8s.io.v1.rolebindings',
  'rbac.authorization.k8s.io.v1.clusterroles',
  'rbac.authorization.k8s.io.v1.clusterrolebindings',
  'networking.k8s.io.v1.networkpolicies',
]

/** The lists of a scenario's start with those of the same cluster's baseline that it left out, as a file to start a sandbox from. */
export function recordedPlatform(scenario: string): string {
  const { lists, ...rest } = recording(scenario)
  const isGoing = lists.namespaces?.items.some((one) => one.metadata?.name === 'argocd' && one.metadata.deletionTimestamp)
  const more = Object.fromEntries(
    BESIDE.map((name) => {
      const list = JSON.parse(gunzipSync(readFileSync(new URL(`${name}.json.gz`, BASELINE))).toString())
      const items = list.items.filter((one: Stored) => !(isGoing && one.metadata.namespace === 'argocd'))
      return [name.split('.').at(-1) ?? '', { ...list, items }]
    }),
  )
  const file = join(mkdtempSync(join(tmpdir(), 'blackstart-recorded-')), 'lists.json.gz')
  writeFileSync(file, gzipSync(JSON.stringify({ ...rest, lists: { ...more, ...lists } })))
  return file
}

const REPO = 'http://127.0.0.1:13000/acme/apps.git'
const ARGO = { apiVersion: 'argoproj.io/v1alpha1' }
const FINALIZERS = ['resources-finalizer.argocd.argoproj.io']
const SERVER = 'https://kubernetes.default.svc'
const PROJECT = {
  ...ARGO,
  kind: 'AppProject',
  metadata: { name: 'projects', namespace: 'argocd', finalizers: FINALIZERS },
  spec: {
    sourceRepos: [REPO],
    destinations: [{ server: SERVER, namespace: 'project-*' }],
    clusterResourceWhitelist: [{ group: '', kind: 'Namespace' }],
  },
}
const SET = {
  ...ARGO,
  kind: 'ApplicationSet',
  metadata: { name: 'projects', namespace: 'argocd' },
  spec: {
    generators: [{ git: { directories: [{ path: 'projects/*' }], repoURL: REPO, revision: 'main' } }],
    goTemplate: true,
    goTemplateOptions: ['missingkey=error'],
    template: {
      metadata: { finalizers: FINALIZERS, labels: { team: 'platform' }, name: '{{.path.basename}}' },
      spec: {
        destination: { namespace: 'project-namespace', server: SERVER },
        project: 'projects',
        source: { path: '{{.path.path}}', repoURL: REPO, targetRevision: 'main' },
        syncPolicy: { automated: { prune: true, selfHeal: true }, syncOptions: ['CreateNamespace=true'] },
      },
    },
  },
}

async function commit({ sandbox }: Stage, namespace: string): Promise<void> {
  const manifests = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'project-settings', namespace: 'project-namespace' },
      data: { owner: 'atlas' },
    },
  ]
  const paths = { 'projects/project-namespace': { sourceType: 'Directory', manifests } }
  await sandbox.call('POST', '/_sandbox/inject', { kind: 'git-commit', message: `projects: ${namespace}`, paths })
}

/** The two commits of the recorded night, and the signal that tells of them. */
export async function deleteItself(at: Stage): Promise<void> {
  const { inventory } = at.watched
  const home = '/apis/argoproj.io/v1alpha1/namespaces/argocd'
  expect((await at.sandbox.call('POST', `${home}/appprojects`, PROJECT)).status).toBe(201)
  expect((await at.sandbox.call('POST', `${home}/applicationsets`, SET)).status).toBe(201)
  await commit(at, 'argocd')
  await eventually(
    () => inventory.find('Namespace', '', 'argocd')?.tracking?.app,
    (app) => app === 'project-namespace',
  )
  await commit(at, 'project-namespace')
  await eventually(
    () => at.impacts.signals().some((one) => one.kind === 'argocd-gone' && one.closedAt === null),
    (told) => told,
  )
}

const PATHS = [
  ...['namespaces', 'serviceaccounts', 'configmaps', 'services', 'secrets', 'persistentvolumeclaims', 'persistentvolumes'].map(
    (plural) => `/api/v1/${plural}`,
  ),
  ...['deployments', 'statefulsets', 'daemonsets'].map((plural) => `/apis/apps/v1/${plural}`),
  ...['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'].map((plural) => `/apis/rbac.authorization.k8s.io/v1/${plural}`),
  ...['applications', 'applicationsets', 'appprojects'].map((plural) => `/apis/argoproj.io/v1alpha1/${plural}`),
  ...['networkpolicies', 'ingresses'].map((plural) => `/apis/networking.k8s.io/v1/${plural}`),
  '/apis/batch/v1/cronjobs',
  '/apis/policy/v1/poddisruptionbudgets',
  '/apis/autoscaling/v2/horizontalpodautoscalers',
]

export type Stored = {
  readonly metadata: { name: string; namespace?: string; uid: string; ownerReferences?: { name: string }[] }
  readonly [field: string]: unknown
}

/** Everything that somebody made, as the API server has it now, by `<plural> <namespace>/<name>`. */
export async function everything({ call }: Sandbox): Promise<ReadonlyMap<string, Stored>> {
  const all = new Map<string, Stored>()
  for (const path of PATHS) {
    const { items } = (await call('GET', path)).body as { items: Stored[] }
    for (const one of items) all.set(`${path.split('/').at(-1)} ${one.metadata.namespace ?? ''}/${one.metadata.name}`, one)
  }
  return all
}

/** What somebody asked for, without what a server or a controller adds to it. */
export function wish(one: Stored): string {
  const { status: _status, metadata: _metadata, data, ...rest } = one
  const { clusterIP: _ip, clusterIPs: _ips, ...spec } = (rest.spec ?? {}) as Record<string, unknown>
  return canonicalJson({ ...rest, spec, ...(one.type === undefined ? { data } : {}) })
}
