import {
  AGE,
  age,
  apiAvailable,
  type Column,
  CREATED,
  column,
  countReady,
  jobDuration,
  jobStatus,
  joined,
  type Named,
  pairs,
  podStatus,
  ports,
  ROLE,
  SELECTOR,
  WEBHOOKS,
  WIDE,
} from './cells.ts'
import type { Obj } from './port.ts'

/** What kubectl's table of a built-in kind shows after the name, in its order (Kubernetes printers). */
export const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  pods: [
    column('Ready', 'string', countReady),
    column('Status', 'string', podStatus),
    column('Restarts', 'string', (pod) =>
      String(
        (pod.status?.containerStatuses ?? []).reduce(
          (sum: number, status: { restartCount?: number }) => sum + (status.restartCount ?? 0),
          0,
        ),
      ),
    ),
    AGE,
    { ...column('IP', 'string', (pod) => pod.status?.podIP ?? '<none>'), priority: 1 },
    { ...column('Node', 'string', (pod) => pod.spec?.nodeName ?? '<none>'), priority: 1 },
    { ...column('Nominated Node', 'string', () => '<none>'), priority: 1 },
    { ...column('Readiness Gates', 'string', () => '<none>'), priority: 1 },
  ],
  namespaces: [column('Status', 'string', (ns) => ns.status?.phase ?? ''), AGE],
  nodes: [
    column(
      'Status',
      'string',
      (node) =>
        (node.status?.conditions?.some((c: Obj['spec']) => c.type === 'Ready' && c.status === 'True') ? 'Ready' : 'NotReady') +
        (node.spec?.unschedulable ? ',SchedulingDisabled' : ''),
    ),
    column('Roles', 'string', () => '<none>'),
    AGE,
    column('Version', 'string', (node) => node.status?.nodeInfo?.kubeletVersion ?? ''),
  ],
  configmaps: [column('Data', 'string', (map) => Object.keys(map.data ?? {}).length + Object.keys(map.binaryData ?? {}).length), AGE],
  secrets: [
    column('Type', 'string', (secret) => secret.type ?? 'Opaque'),
    column('Data', 'string', (secret) => Object.keys(secret.data ?? {}).length),
    AGE,
  ],
  services: [
    column('Type', 'string', (service) => service.spec?.type),
    column('Cluster-IP', 'string', (service) => service.spec?.clusterIP ?? '<none>'),
    column('External-IP', 'string', () => '<none>'),
    column('Port(s)', 'string', ports),
    AGE,
    {
      ...column(
        'Selector',
        'string',
        (service) =>
          Object.entries(service.spec?.selector ?? {})
            .map(([key, value]) => `${key}=${value}`)
            .join(',') || '<none>',
      ),
      priority: 1,
    },
  ],
  persistentvolumeclaims: [
    column('Status', 'string', (claim) => (claim.metadata.deletionTimestamp ? 'Terminating' : (claim.status?.phase ?? ''))),
    column('Volume', 'string', (claim) => claim.spec?.volumeName ?? ''),
    column('Capacity', 'string', (claim) => claim.status?.capacity?.storage ?? ''),
    column('Access Modes', 'string', (claim) =>
      (claim.status?.accessModes ?? []).map((mode: string) => mode.replace(/[a-z]/g, '')).join(','),
    ),
    column('StorageClass', 'string', (claim) => claim.spec?.storageClassName ?? ''),
    AGE,
  ],
  persistentvolumes: [
    column('Capacity', 'string', (volume) => volume.spec?.capacity?.storage ?? ''),
    column('Access Modes', 'string', (volume) =>
      (volume.spec?.accessModes ?? []).map((mode: string) => mode.replace(/[a-z]/g, '')).join(','),
    ),
    column('Reclaim Policy', 'string', (volume) => volume.spec?.persistentVolumeReclaimPolicy ?? ''),
    column('Status', 'string', (volume) => (volume.metadata.deletionTimestamp ? 'Terminating' : (volume.status?.phase ?? ''))),
    column('Claim', 'string', (volume) => (volume.spec?.claimRef ? `${volume.spec.claimRef.namespace}/${volume.spec.claimRef.name}` : '')),
    column('StorageClass', 'string', (volume) => volume.spec?.storageClassName ?? ''),
    AGE,
  ],
  'deployments.apps': [
    column('Ready', 'string', (object) => `${object.status?.readyReplicas ?? 0}/${object.spec?.replicas ?? 0}`),
    column('Up-to-date', 'string', (object) => object.status?.updatedReplicas ?? 0),
    column('Available', 'string', (object) => object.status?.availableReplicas ?? 0),
    AGE,
    ...WIDE,
    SELECTOR,
  ],
  'replicasets.apps': [
    column('Desired', 'integer', (object) => object.spec?.replicas ?? 0),
    column('Current', 'integer', (object) => object.status?.replicas ?? 0),
    column('Ready', 'integer', (object) => object.status?.readyReplicas ?? 0),
    AGE,
    ...WIDE,
    SELECTOR,
  ],
  'statefulsets.apps': [
    column('Ready', 'string', (object) => `${object.status?.readyReplicas ?? 0}/${object.spec?.replicas ?? 0}`),
    AGE,
    ...WIDE,
  ],
  'daemonsets.apps': [
    column('Desired', 'integer', (object) => object.status?.desiredNumberScheduled ?? 0),
    column('Current', 'integer', (object) => object.status?.currentNumberScheduled ?? 0),
    column('Ready', 'integer', (object) => object.status?.numberReady ?? 0),
    column('Up-to-date', 'integer', (object) => object.status?.updatedNumberScheduled ?? 0),
    column('Available', 'integer', (object) => object.status?.numberAvailable ?? 0),
    column('Node Selector', 'string', ({ spec }) => joined(pairs(spec?.template?.spec?.nodeSelector), '<none>')),
    AGE,
  ],
  events: [
    {
      name: 'Last Seen',
      type: 'string',
      of: (event, now) => age(event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp, now),
    },
    column('Type', 'string', (event) => event.type ?? ''),
    column('Reason', 'string', (event) => event.reason ?? ''),
    column('Object', 'string', (event) => `${(event.involvedObject?.kind ?? '').toLowerCase()}/${event.involvedObject?.name ?? ''}`),
    column('Message', 'string', (event) => event.message ?? ''),
  ],
  'ingresses.networking.k8s.io': [
    column('Class', 'string', (ingress) => ingress.spec?.ingressClassName ?? '<none>'),
    column('Hosts', 'string', (ingress) =>
      joined(
        (ingress.spec?.rules ?? []).map((rule: Named) => rule.host ?? '*'),
        '*',
      ),
    ),
    column('Address', 'string', (ingress) =>
      joined(
        (ingress.status?.loadBalancer?.ingress ?? []).map((at: Named) => at.ip ?? at.hostname),
        '',
      ),
    ),
    column('Ports', 'string', (ingress) => (ingress.spec?.tls?.length ? '80, 443' : '80')),
    AGE,
  ],
  'cronjobs.batch': [
    column('Schedule', 'string', (job) => job.spec?.schedule ?? ''),
    column('Timezone', 'string', (job) => job.spec?.timeZone ?? '<none>'),
    column('Suspend', 'string', (job) => (job.spec?.suspend ? 'True' : 'False')),
    column('Active', 'integer', (job) => job.status?.active?.length ?? 0),
    {
      name: 'Last Schedule',
      type: 'string',
      of: (job, now) => (job.status?.lastScheduleTime ? age(job.status.lastScheduleTime, now) : '<none>'),
    },
    AGE,
  ],
  'jobs.batch': [
    column('Status', 'string', jobStatus),
    column('Completions', 'string', (job) => `${job.status?.succeeded ?? 0}/${job.spec?.completions ?? 1}`),
    { name: 'Duration', type: 'string', of: jobDuration },
    AGE,
  ],
  'poddisruptionbudgets.policy': [
    column('Min Available', 'string', (budget) => String(budget.spec?.minAvailable ?? 'N/A')),
    column('Max Unavailable', 'string', (budget) => String(budget.spec?.maxUnavailable ?? 'N/A')),
    column('Allowed Disruptions', 'integer', (budget) => budget.status?.disruptionsAllowed ?? 0),
    AGE,
  ],
  'storageclasses.storage.k8s.io': [
    column('Provisioner', 'string', (storage) => storage.provisioner ?? ''),
    column('ReclaimPolicy', 'string', (storage) => storage.reclaimPolicy ?? 'Delete'),
    column('VolumeBindingMode', 'string', (storage) => storage.volumeBindingMode ?? 'Immediate'),
    column('AllowVolumeExpansion', 'boolean', (storage) => storage.allowVolumeExpansion ?? false),
    AGE,
  ],
  'endpointslices.discovery.k8s.io': [
    column('AddressType', 'string', (slice) => slice.addressType ?? ''),
    column('Ports', 'string', (slice) =>
      joined(
        (slice.ports ?? []).map((port: Named) => port.port),
        '<unset>',
      ),
    ),
    column('Endpoints', 'string', (slice) =>
      joined(
        (slice.endpoints ?? []).flatMap((each: { addresses?: string[] }) => each.addresses ?? []),
        '<unset>',
      ),
    ),
    AGE,
  ],
  'horizontalpodautoscalers.autoscaling': [
    column('Reference', 'string', (scaler) => `${scaler.spec?.scaleTargetRef?.kind}/${scaler.spec?.scaleTargetRef?.name}`),
    column('Targets', 'string', () => '<unknown>'),
    column('MinPods', 'string', (scaler) => String(scaler.spec?.minReplicas ?? 1)),
    column('MaxPods', 'integer', (scaler) => scaler.spec?.maxReplicas ?? 0),
    column('Replicas', 'integer', (scaler) => scaler.status?.currentReplicas ?? 0),
    AGE,
  ],
  'networkpolicies.networking.k8s.io': [
    column('Pod-Selector', 'string', (policy) => joined(pairs(policy.spec?.podSelector?.matchLabels), '<none>')),
    AGE,
  ],
  'apiservices.apiregistration.k8s.io': [
    column('Service', 'string', ({ spec }) => (spec?.service ? `${spec.service.namespace}/${spec.service.name}` : 'Local')),
    column('Available', 'string', apiAvailable),
    AGE,
  ],
  'customresourcedefinitions.apiextensions.k8s.io': [CREATED],
  'clusterroles.rbac.authorization.k8s.io': [CREATED],
  'roles.rbac.authorization.k8s.io': [CREATED],
  'rolebindings.rbac.authorization.k8s.io': [ROLE, AGE],
  'clusterrolebindings.rbac.authorization.k8s.io': [ROLE, AGE],
  'priorityclasses.scheduling.k8s.io': [
    column('Value', 'integer', (priority) => priority.value ?? 0),
    column('Global-Default', 'boolean', (priority) => priority.globalDefault ?? false),
    AGE,
  ],
  'leases.coordination.k8s.io': [column('Holder', 'string', (lease) => lease.spec?.holderIdentity ?? ''), AGE],
  'validatingwebhookconfigurations.admissionregistration.k8s.io': [WEBHOOKS, AGE],
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': [WEBHOOKS, AGE],
  resourcequotas: [
    column('Request', 'string', (quota) =>
      joined(
        Object.entries(quota.status?.hard ?? {}).map(([limit, most]) => `${limit}: ${quota.status?.used?.[limit] ?? 0}/${most}`),
        '',
      ),
    ),
    column('Limit', 'string', () => ''),
    AGE,
  ],
  serviceaccounts: [column('Secrets', 'string', (account) => String(account.secrets?.length ?? 0)), AGE],
}
