import type { Manifest } from '../argocd/git.ts'
import type { ServiceDef } from './company.ts'

/** What the repository renders for a service: its workload with what belongs to it. `pods` is the number of pods in all. */
export function manifestsOf(service: ServiceDef, pods = service.replicas): Manifest[] {
  const { name, namespace, shape } = service
  const backstage = service.says === 'backstage' ? { 'backstage.io/kubernetes-id': service.set === 'projects' ? namespace : name } : {}
  const labels = { 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': service.project, team: service.team, ...backstage }
  const selector = { 'app.kubernetes.io/name': name }
  const meta = (own: string, more: Record<string, string> = {}) => ({
    name: own,
    namespace,
    labels,
    ...(Object.keys(more).length ? { annotations: more } : {}),
  })
  const config: Manifest = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: meta(`${name}-config`),
    data: { LOG_LEVEL: 'info', SERVICE: name },
  }
  const account: Manifest = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: meta(name) }
  const front: Manifest = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: meta(name),
    spec: { type: 'ClusterIP', selector, ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }] },
  }
  const common = [config, account]
  if (shape === 'batch') return [...common, cronJob(service, meta(name, annotationsOf(service)), labels)]
  const template = { metadata: { labels: { ...labels } }, spec: { serviceAccountName: name, containers: [containerOf(service)] } }
  if (shape === 'agent')
    return [
      ...common,
      front,
      {
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        metadata: meta(name, annotationsOf(service)),
        spec: { selector: { matchLabels: selector }, template },
      },
    ]
  if (shape === 'store') {
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data' },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: service.claim ?? 'fast',
        resources: { requests: { storage: service.tier === 0 ? '200Gi' : '50Gi' } },
      },
    }
    const set: Manifest = {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: meta(name, annotationsOf(service)),
      spec: { replicas: pods, serviceName: name, selector: { matchLabels: selector }, template, volumeClaimTemplates: [claim] },
    }
    return [...common, front, set, budget(service, labels, selector)]
  }
  const deployment: Manifest = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: meta(name, annotationsOf(service)),
    spec: { replicas: pods, ...(service.trouble === 'paused' ? { paused: true } : {}), selector: { matchLabels: selector }, template },
  }
  const claim: Manifest[] = service.claim
    ? [
        {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: meta(`${name}-cache`),
          spec: { accessModes: ['ReadWriteOnce'], storageClassName: service.claim, resources: { requests: { storage: '20Gi' } } },
        },
      ]
    : []
  if (claim.length) Object.assign(template.spec, { volumes: [{ name: 'cache', persistentVolumeClaim: { claimName: `${name}-cache` } }] })
  return [
    ...common,
    ...(shape === 'web' ? [front] : []),
    ...claim,
    deployment,
    ...(pods > 1 ? [budget(service, labels, selector)] : []),
    ...(service.ingress ? [ingress(service, labels)] : []),
  ]
}

export function imageOf(service: ServiceDef): string {
  const version = service.trouble === 'image' ? '2.4.0-rc1' : `1.${service.name.length}.${service.tier}`
  return `registry.acme.test/${service.name}:${version}`
}

function containerOf(service: ServiceDef): Record<string, unknown> {
  return {
    name: service.name,
    image: imageOf(service),
    ports: [{ name: 'http', containerPort: 8080 }],
    envFrom: [{ configMapRef: { name: `${service.name}-config` } }],
    resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '256Mi' } },
    ...(service.dependsOn.includes('data/postgres-core')
      ? { env: [{ name: 'DATABASE_PASSWORD', valueFrom: { secretKeyRef: { name: `${service.name}-db`, key: 'password' } } }] }
      : {}),
  }
}

function annotationsOf(service: ServiceDef): Record<string, string> {
  if (service.says !== 'annotations') return {}
  return {
    'blackstart.dev/owner': service.team,
    'blackstart.dev/tier': String(service.tier),
    'blackstart.dev/contact': `#team-${service.team}`,
    ...(service.dependsOn.length ? { 'blackstart.dev/depends-on': service.dependsOn.join(',') } : {}),
    ...(service.tier === 0 ? { 'blackstart.dev/rto': '30m' } : {}),
  }
}

function budget(service: ServiceDef, labels: Record<string, string>, selector: Record<string, string>): Manifest {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: service.name, namespace: service.namespace, labels },
    spec: { maxUnavailable: 1, selector: { matchLabels: selector } },
  }
}

function ingress(service: ServiceDef, labels: Record<string, string>): Manifest {
  const host = `${service.name}.acme.test`
  const backend = { service: { name: service.name, port: { number: 80 } } }
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: service.name, namespace: service.namespace, labels },
    spec: { ingressClassName: 'nginx', rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }] },
  }
}

function cronJob(service: ServiceDef, metadata: Manifest['metadata'], labels: Record<string, string>): Manifest {
  const template = {
    metadata: { labels },
    spec: { restartPolicy: 'OnFailure', serviceAccountName: service.name, containers: [containerOf(service)] },
  }
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata,
    spec: { schedule: '0 3 * * *', concurrencyPolicy: 'Forbid', jobTemplate: { metadata: { labels }, spec: { template } } },
  }
}
