import type { Kind } from './kinds.ts'
import type { Obj } from './port.ts'
import { schemaOfCrd } from './typed/schema.ts'
import { fillDefaults } from './typed/structural-defaults.ts'

function fill(target: Record<string, unknown>, values: Record<string, unknown>): void {
  for (const [field, value] of Object.entries(values)) target[field] ??= value
}

/** What the server fills into a pod template that leaves it out. */
function fillPodSpec(spec: Obj['spec']): void {
  if (!spec || typeof spec !== 'object') return
  fill(spec, {
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
  })
  for (const container of Array.isArray(spec.containers) ? spec.containers : []) {
    const latest =
      !/[:@]/.test(
        String(container.image ?? '')
          .split('/')
          .at(-1) ?? '',
      ) || String(container.image).endsWith(':latest')
    fill(container, {
      resources: {},
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
      imagePullPolicy: latest ? 'Always' : 'IfNotPresent',
    })
    for (const port of container.ports ?? []) port.protocol ??= 'TCP'
  }
}

/** Empty maps of data are not stored. */
function dropEmptyData(object: Obj): void {
  for (const field of ['data', 'binaryData']) if (object[field] && Object.keys(object[field]).length === 0) delete object[field]
}

const BY_KIND: Readonly<Record<string, (object: Obj) => void>> = {
  namespaces(object) {
    object.metadata.labels = {
      ...object.metadata.labels,
      'kubernetes.io/metadata.name': object.metadata.name,
    }
    if (!object.metadata.deletionTimestamp) object.spec = { finalizers: ['kubernetes'], ...object.spec }
    object.status = { phase: 'Active', ...object.status }
  },
  pods(object) {
    object.spec ??= {}
    fillPodSpec(object.spec)
    fill(object.spec, {
      enableServiceLinks: true,
      serviceAccountName: 'default',
      preemptionPolicy: 'PreemptLowerPriority',
      priority: 0,
    })
    object.status = {
      phase: 'Pending',
      qosClass: 'BestEffort',
      ...object.status,
    }
  },
  'deployments.apps'(object) {
    object.spec ??= {}
    fill(object.spec, {
      replicas: 1,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' },
      },
    })
    fillPodSpec(object.spec.template?.spec)
  },
  'replicasets.apps'(object) {
    object.spec ??= {}
    fill(object.spec, { replicas: 1 })
    fillPodSpec(object.spec.template?.spec)
  },
  'statefulsets.apps'(object) {
    object.spec ??= {}
    fill(object.spec, {
      replicas: 1,
      revisionHistoryLimit: 10,
      podManagementPolicy: 'OrderedReady',
      updateStrategy: {
        type: 'RollingUpdate',
        rollingUpdate: { partition: 0 },
      },
      persistentVolumeClaimRetentionPolicy: {
        whenDeleted: 'Retain',
        whenScaled: 'Retain',
      },
    })
    fillPodSpec(object.spec.template?.spec)
  },
  'daemonsets.apps'(object) {
    object.spec ??= {}
    fill(object.spec, {
      revisionHistoryLimit: 10,
      updateStrategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxUnavailable: 1, maxSurge: 0 },
      },
    })
    fillPodSpec(object.spec.template?.spec)
  },
  'jobs.batch'(object) {
    object.spec ??= {}
    fill(object.spec, {
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      suspend: false,
      podReplacementPolicy: 'TerminatingOrFailed',
      manualSelector: false,
    })
    fillPodSpec(object.spec.template?.spec)
    if (!object.spec.selector) {
      const own = { 'batch.kubernetes.io/controller-uid': object.metadata.uid }
      object.spec.selector = { matchLabels: own }
      const labels = {
        ...own,
        'batch.kubernetes.io/job-name': object.metadata.name,
        'controller-uid': object.metadata.uid,
        'job-name': object.metadata.name,
      }
      if (object.spec.template)
        object.spec.template.metadata = {
          ...object.spec.template.metadata,
          labels: { ...object.spec.template.metadata?.labels, ...labels },
        }
    }
  },
  'cronjobs.batch'(object) {
    object.spec ??= {}
    fill(object.spec, {
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    })
  },
  configmaps: dropEmptyData,
  events(object) {
    object.source ??= {}
    for (const field of ['firstTimestamp', 'lastTimestamp', 'eventTime']) object[field] ??= null
    for (const field of ['reportingComponent', 'reportingInstance']) object[field] ??= ''
  },
  services(object) {
    object.spec ??= {}
    fill(object.spec, {
      type: 'ClusterIP',
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
    })
    if (object.spec.type !== 'ExternalName' && object.spec.clusterIP === undefined) {
      const hex = Number.parseInt(object.metadata.uid.slice(0, 4), 16)
      object.spec.clusterIP = `10.96.${(hex >> 8) & 255}.${hex & 255}`
    }
    if (object.spec.clusterIP) object.spec.clusterIPs ??= [object.spec.clusterIP]
    for (const port of object.spec.ports ?? []) fill(port, { protocol: 'TCP', targetPort: port.port })
    object.status ??= { loadBalancer: {} }
  },
  secrets(object) {
    object.type ??= 'Opaque'
    if (object.stringData) {
      const encoded = Object.entries(object.stringData as Record<string, string>).map(([key, text]) => [
        key,
        Buffer.from(String(text)).toString('base64'),
      ])
      object.data = { ...object.data, ...Object.fromEntries(encoded) }
      delete object.stringData
    }
  },
  persistentvolumeclaims(object) {
    object.spec ??= {}
    fill(object.spec, { volumeMode: 'Filesystem' })
    object.status ??= { phase: 'Pending' }
    protect(object, 'kubernetes.io/pvc-protection')
  },
  persistentvolumes(object) {
    object.spec ??= {}
    fill(object.spec, {
      volumeMode: 'Filesystem',
      persistentVolumeReclaimPolicy: 'Retain',
    })
    object.status ??= { phase: 'Pending' }
    protect(object, 'kubernetes.io/pv-protection')
  },
  'validatingwebhookconfigurations.admissionregistration.k8s.io': fillWebhooks,
  'mutatingwebhookconfigurations.admissionregistration.k8s.io'(object) {
    fillWebhooks(object)
    for (const hook of object.webhooks ?? []) hook.reinvocationPolicy ??= 'Never'
  },
  'validatingadmissionpolicies.admissionregistration.k8s.io'(object) {
    object.spec ??= {}
    fill(object.spec, { failurePolicy: 'Fail' })
    const match = object.spec.matchConstraints
    if (match)
      fill(match, {
        matchPolicy: 'Equivalent',
        namespaceSelector: {},
        objectSelector: {},
      })
    for (const rule of match?.resourceRules ?? []) rule.scope ??= '*'
  },
  'customresourcedefinitions.apiextensions.k8s.io'(object) {
    const names = object.spec?.names
    if (!names) return
    fill(names, {
      singular: String(names.kind ?? '').toLowerCase(),
      listKind: `${names.kind}List`,
    })
    fill(object.spec, { conversion: { strategy: 'None' } })
    object.status ??= {
      conditions: null,
      acceptedNames: { plural: '', kind: '' },
      storedVersions: (object.spec.versions ?? []).filter((v: { storage?: boolean }) => v.storage).map((v: { name: string }) => v.name),
    }
  },
  'storageclasses.storage.k8s.io'(object) {
    fill(object, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' })
  },
}

function protect(object: Obj, finalizer: string): void {
  if (object.metadata.deletionTimestamp || object.metadata.resourceVersion) return
  if (!object.metadata.finalizers?.includes(finalizer)) object.metadata.finalizers = [...(object.metadata.finalizers ?? []), finalizer]
}

function fillWebhooks(object: Obj): void {
  for (const hook of object.webhooks ?? []) {
    fill(hook, {
      failurePolicy: 'Fail',
      matchPolicy: 'Equivalent',
      namespaceSelector: {},
      objectSelector: {},
      timeoutSeconds: 10,
    })
    for (const rule of hook.rules ?? []) rule.scope ??= '*'
    if (hook.clientConfig?.service) hook.clientConfig.service.port ??= 443
  }
}

/** Fills in what the API server fills in before it stores an object; changes `object`. */
export function setDefaults(kind: Kind, object: Obj): void {
  BY_KIND[kind.resource]?.(object)
  const schema = kind.crd ? schemaOfCrd(kind) : null
  if (schema) fillDefaults(schema, object)
}
