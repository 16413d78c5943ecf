import type { Manifest } from '../argocd/git.ts'
import { APPLICATION_COLUMNS, ARGOCD_SCHEMAS } from './argocd-schemas.ts'

const VERSION = 'v3.5.1'
const NAMESPACE = 'argocd'

/** The Secret with the credentials of the company's repository; without it nothing can be rendered. */
export const REPOSITORY_SECRET = 'repo-acme'

/** Everything that installs Argo CD into namespace `argocd`, in order of application; no Secret is part of it. */
export function argocdInstall(): Manifest[] {
  return [...definitions(), ...clusterRoles(), ...configuration(), ...accounts(), ...components()]
}

/** The Secret that a person restores from the vault. */
export function repositorySecret(url: string): Manifest {
  const encode = (text: string) => Buffer.from(text).toString('base64')
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: { name: REPOSITORY_SECRET, namespace: NAMESPACE, labels: { 'argocd.argoproj.io/secret-type': 'repository' } },
    data: { type: encode('git'), url: encode(url), username: encode('argocd'), password: encode('sandbox') },
  }
}

function definitions(): Manifest[] {
  const kinds: [string, string, string[], boolean][] = [
    ['Application', 'applications', ['app', 'apps'], false],
    ['ApplicationSet', 'applicationsets', ['appset', 'appsets'], true],
    ['AppProject', 'appprojects', ['appproj', 'appprojs'], false],
  ]
  return kinds.map(([kind, plural, shortNames, status]) => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.argoproj.io`,
      labels: { 'app.kubernetes.io/name': `${plural}.argoproj.io`, 'app.kubernetes.io/part-of': 'argocd' },
    },
    spec: {
      group: 'argoproj.io',
      scope: 'Namespaced',
      conversion: { strategy: 'None' },
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase(), shortNames },
      versions: [
        {
          name: 'v1alpha1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: ARGOCD_SCHEMAS[kind] },
          ...(kind === 'Application' ? { additionalPrinterColumns: APPLICATION_COLUMNS } : {}),
          ...(status ? { subresources: { status: {} } } : {}),
        },
      ],
    },
  }))
}

const PARTS = ['application-controller', 'applicationset-controller', 'server'] as const

function clusterRoles(): Manifest[] {
  return PARTS.flatMap((part): Manifest[] => {
    const name = `argocd-${part}`
    const metadata = { name, labels: labels(name, part) }
    return [
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata,
        rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata,
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
        subjects: [{ kind: 'ServiceAccount', name, namespace: NAMESPACE }],
      },
    ]
  })
}

function configuration(): Manifest[] {
  const data: Record<string, Record<string, string>> = {
    'argocd-cm': { 'application.resourceTrackingMethod': 'annotation', 'timeout.reconciliation': '120s', url: 'https://argocd.acme.test' },
    'argocd-cmd-params-cm': { 'applicationsetcontroller.enable.progressive.syncs': 'false' },
    'argocd-rbac-cm': { 'policy.default': 'role:readonly', 'policy.csv': 'g, acme:platform, role:admin\n' },
    'argocd-ssh-known-hosts-cm': { ssh_known_hosts: '' },
    'argocd-tls-certs-cm': {},
    'argocd-gpg-keys-cm': {},
  }
  return Object.entries(data).map(([name, values]) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: NAMESPACE, labels: labels(name) },
    ...(Object.keys(values).length ? { data: values } : {}),
  }))
}

function accounts(): Manifest[] {
  return [...PARTS, 'repo-server', 'redis'].flatMap((part): Manifest[] => {
    const name = `argocd-${part}`
    const metadata = { name, namespace: NAMESPACE, labels: labels(name, part) }
    const rules = [
      { apiGroups: [''], resources: ['secrets', 'configmaps'], verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'] },
      { apiGroups: ['argoproj.io'], resources: ['applications', 'appprojects', 'applicationsets'], verbs: ['*'] },
    ]
    return [
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata,
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
        subjects: [{ kind: 'ServiceAccount', name, namespace: NAMESPACE }],
      },
    ]
  })
}

function components(): Manifest[] {
  const redisPassword = [{ name: 'REDIS_PASSWORD', valueFrom: { secretKeyRef: { name: 'argocd-redis', key: 'auth' } } }]
  return [
    service('redis', [6379]),
    service('repo-server', [8081]),
    service('server', [8080]),
    service('applicationset-controller', [7000, 8080]),
    service('application-controller', [8082], 'argocd-metrics'),
    workload('Deployment', 'redis', 'public.ecr.aws/docker/library/redis:8.2.2-alpine', [6379]),
    workload('Deployment', 'repo-server', `quay.io/argoproj/argocd:${VERSION}`, [8081], redisPassword),
    workload('Deployment', 'server', `quay.io/argoproj/argocd:${VERSION}`, [8080], redisPassword),
    workload('Deployment', 'applicationset-controller', `quay.io/argoproj/argocd:${VERSION}`, [7000, 8080]),
    workload('StatefulSet', 'application-controller', `quay.io/argoproj/argocd:${VERSION}`, [8082], redisPassword),
  ]
}

function service(part: string, ports: readonly number[], name = `argocd-${part}`): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: NAMESPACE, labels: labels(name, part) },
    spec: {
      type: 'ClusterIP',
      selector: { 'app.kubernetes.io/name': `argocd-${part}` },
      ports: ports.map((port) => ({ name: `port-${port}`, port, targetPort: port, protocol: 'TCP' })),
    },
  }
}

function workload(
  kind: 'Deployment' | 'StatefulSet',
  part: string,
  image: string,
  ports: readonly number[],
  env: readonly unknown[] = [],
): Manifest {
  const name = `argocd-${part}`
  const container = {
    name,
    image,
    args: part === 'redis' ? ['--save', '', '--appendonly', 'no'] : [`/usr/local/bin/${name}`],
    ports: ports.map((containerPort) => ({ containerPort })),
    ...(env.length ? { env } : {}),
  }
  const secretInit = {
    name: 'secret-init',
    image: `quay.io/argoproj/argocd:${VERSION}`,
    command: ['argocd', 'admin', 'redis-initial-password'],
  }
  const template = {
    metadata: { labels: { 'app.kubernetes.io/name': name } },
    spec: { serviceAccountName: name, ...(part === 'redis' ? { initContainers: [secretInit] } : {}), containers: [container] },
  }
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: NAMESPACE, labels: labels(name, part) },
    spec: {
      replicas: 1,
      selector: { matchLabels: { 'app.kubernetes.io/name': name } },
      ...(kind === 'StatefulSet' ? { serviceName: name } : {}),
      template,
    },
  }
}

function labels(name: string, component?: string): Record<string, string> {
  return {
    ...(component ? { 'app.kubernetes.io/component': component } : {}),
    'app.kubernetes.io/name': name,
    'app.kubernetes.io/part-of': 'argocd',
  }
}
