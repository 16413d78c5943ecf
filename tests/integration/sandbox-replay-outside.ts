import type { Obj } from '#lib/sandbox/port'
import type { createSandboxApi } from '#lib/sandbox/sandbox-api'
import type { ManualClock } from '#lib/testing/manual-clock'

type Stage = { readonly api: ReturnType<typeof createSandboxApi>; readonly clock: ManualClock }

type Given = Parameters<Stage['api']['create']>[1]

const ADMISSION = 'admissionregistration.k8s.io'
const BY = 'recorder'

function make({ api }: Stage, resource: string, object: Given): void {
  api.create(resource, object, BY)
}

function change({ api }: Stage, resource: string, [namespace, name]: readonly [string, string], edit: (draft: Obj) => void): void {
  if (!api.change(resource, namespace, name, BY, edit)) throw new Error(`replay: no ${resource} ${namespace}/${name} to change`)
}

function configMap(namespace: string, name: string, finalizers?: string[]): Given {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, ...(finalizers ? { finalizers } : {}) } }
}

function template(name: string) {
  const containers = [{ name, image: `registry.acme.test/${name}:1` }]
  return { metadata: { labels: { app: name } }, spec: { terminationGracePeriodSeconds: 1, containers } }
}

function workload(kind: 'Deployment' | 'StatefulSet', namespace: string, name: string, replicas: number): Given {
  const own = kind === 'StatefulSet' ? { serviceName: name } : {}
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace, labels: { app: name } },
    spec: { ...own, replicas, selector: { matchLabels: { app: name } }, template: template(name) },
  }
}

function nodes(stage: Stage, count: number): void {
  for (let i = 1; i <= count; i++) {
    const conditions = [{ type: 'Ready', status: 'True' }]
    const room = { cpu: '8', memory: '32Gi', pods: '110' }
    make(stage, 'nodes', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: `node-${i}`, labels: { 'kubernetes.io/hostname': `node-${i}` } },
      status: { conditions, capacity: room, allocatable: room },
    })
  }
}

/** A restart of a server whose storage is compacted: what was before can no longer be read. */
function forgetAll(stage: Stage): void {
  make(stage, 'configmaps', configMap('default', 'written-later'))
  stage.api.storage.compact(stage.api.storage.revision())
}

function keepTerminating(stage: Stage, namespace: string): void {
  make(stage, 'configmaps', configMap(namespace, 'keeps-it', ['example.com/hold']))
  stage.api.remove('namespaces', '', namespace, { by: BY })
}

/** What the recorder did between its recorded exchanges, by topic and by the exchange before whose pause it did so. */
export const madeOutside: Readonly<Record<string, Readonly<Record<string, (stage: Stage, names: Map<string, string>) => void>>>> = {
  admission: {
    'delete is denied (dryRun)': (stage) =>
      make(stage, 'namespaces', {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'vault', labels: { 'acme.test/protected': 'true' } },
      }),
    'binding set to Warn: dryRun passes with a warning': (stage) =>
      change(stage, `validatingadmissionpolicybindings.${ADMISSION}`, ['', 'protect-namespaces'], (draft) => {
        draft.spec.validationActions = ['Warn']
      }),
    'webhook that refuses connections, Fail': (stage) =>
      change(stage, `validatingwebhookconfigurations.${ADMISSION}`, ['', 'dead'], (draft) => {
        draft.webhooks[0].failurePolicy = 'Fail'
        draft.webhooks[0].clientConfig = { url: 'https://127.0.0.1:9/validate' }
      }),
    'mutating webhook of a missing service, Fail': (stage) =>
      stage.api.remove(`validatingwebhookconfigurations.${ADMISSION}`, '', 'dead', { by: BY }),
    'quota exceeded: 403'(stage) {
      stage.api.remove(`mutatingwebhookconfigurations.${ADMISSION}`, '', 'dead', { by: BY })
      make(stage, 'configmaps', configMap('adm-test', 'third'))
      const count = stage.api.list('configmaps', 'adm-test').length
      make(stage, 'resourcequotas', {
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'q', namespace: 'adm-test' },
        spec: { hard: { configmaps: String(count) } },
      })
    },
  },
  create: { 'NamespaceTerminating cause': (stage) => keepTerminating(stage, 'create-test') },
  delete: {
    create: (stage) => nodes(stage, 3),
    'Background: delete the deployment': (stage) =>
      make(stage, 'deployments.apps', workload('Deployment', 'del-test', 'web-background', 1)),
  },
  'dry-run': {
    create: ({ api }) => api.remove('configmaps', 'dry-test', 'one', { by: BY }),
    'create of an existing name': (stage) => make(stage, 'configmaps', { ...configMap('dry-test', 'one'), data: { a: '1' } }),
  },
  events: {
    'list (core/v1)'(stage) {
      nodes(stage, 3)
      const pod = (name: string, selector: object): Given => ({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: 'ev-test' },
        spec: { ...template(name).spec, ...selector },
      })
      make(stage, 'pods', pod('stuck', { nodeSelector: { 'acme.test/none': 'true' } }))
      make(stage, 'pods', pod('fine', {}))
    },
  },
  list: {
    // The recording shows these events without who reported them.
    'events fieldSelector reportingComponent=default-scheduler'(stage) {
      for (const { metadata, reason } of stage.api.list('events', 'list-test'))
        change(stage, 'events', ['list-test', metadata.name], (draft) => {
          draft.reportingComponent = reason === 'Scheduled' ? 'default-scheduler' : 'kubelet'
        })
    },
    // The recorder restarted the server, which had compacted its history.
    'continue token older than the compacted history': forgetAll,
  },
  'watch-expired': { 'resourceVersion=1: the answer is 200 and an ERROR event': forgetAll },
  subresources: {
    'deployment scale'(stage) {
      nodes(stage, 3)
      make(stage, 'statefulsets.apps', workload('StatefulSet', 'sub-test', 'db', 2))
    },
    'finalize with a stale resourceVersion': ({ api }) => api.remove('namespaces', '', 'force-me', { by: BY }),
    // The version that no recorded answer shows is the current one, which the server took.
    'finalize with an empty list while terminating': ({ api }, names) =>
      void names.set('1380', api.get('namespaces', '', 'force-me')?.metadata.resourceVersion ?? ''),
    'eviction refused by the budget: 429': (stage) =>
      change(stage, 'deployments.apps', ['sub-test', 'web'], (draft) => {
        draft.spec.replicas = 1
      }),
    'eviction dryRun'({ api, clock }, names) {
      const waiting = () => api.list('pods', 'sub-test').find(({ metadata }) => metadata.name.startsWith('web-'))
      clock.until(() => waiting() !== undefined, 5_000)
      names.set('web-568d65dbfc-tsl99', waiting()?.metadata.name ?? '')
    },
  },
}

/** Bodies that the recording could not keep as they were sent. */
export const sentAs: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  create: {
    'duplicate field, fieldValidation=Strict': '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"uf4"},"data":{"a":"1","a":"2"}}',
  },
}
