/** What the health paths of Kubernetes 1.36 run, in its order. */
const HOOKS =
  'start-apiserver-admission-initializer generic-apiserver-start-informers priority-and-fairness-config-consumer priority-and-fairness-filter storage-object-count-tracker-hook start-apiextensions-informers start-apiextensions-controllers crd-informer-synced start-system-namespaces-controller peer-endpoint-reconciler-controller start-cluster-authentication-info-controller start-kube-apiserver-identity-lease-controller start-kube-apiserver-identity-lease-garbage-collector storage-readiness start-legacy-token-tracking-controller start-service-ip-repair-controllers rbac/bootstrap-roles scheduling/bootstrap-system-priority-classes priority-and-fairness-config-producer bootstrap-controller start-kubernetes-service-cidr-controller aggregator-reload-proxy-client-cert start-kube-aggregator-informers apiservice-status-local-available-controller apiservice-status-remote-available-controller apiservice-registration-controller apiservice-wait-for-first-sync apiservice-discovery-controller kube-apiserver-autoregistration'
    .split(' ')
    .map((name) => `poststarthook/${name}`)
const OPENAPI = ['poststarthook/apiservice-openapi-controller', 'poststarthook/apiservice-openapiv3-controller']
const AFTER = ['autoregister-completion', ...OPENAPI]
const BASE = ['ping', 'log', 'loopback-serving-certificate', 'etcd']

export const HEALTH_CHECKS: Readonly<Record<string, readonly string[]>> = {
  '/healthz': [...BASE, ...HOOKS, ...AFTER],
  '/livez': [...BASE, ...HOOKS, ...AFTER],
  '/readyz': ['ping', 'log', 'informer-sync', ...HOOKS, ...AFTER, 'shutdown'],
}

/** The text of a health path asked with `verbose`; checks named by `exclude` are left out or warned of. */
export function verboseHealth(health: string, excluded: readonly string[]): string {
  const checks = HEALTH_CHECKS[health] ?? []
  const lines = checks.map((check) => (excluded.includes(check) ? `[+]${check} excluded: ok` : `[+]${check} ok`))
  const unknown = excluded.filter((name) => !checks.includes(name)).map((name) => JSON.stringify(name))
  const warning = unknown.length > 0 ? [`warn: some health checks cannot be excluded: no matches for ${unknown.join(', ')}`] : []
  return `${[...lines, ...warning, `${health.slice(1)} check passed`].join('\n')}\n`
}
