import { remoteApis } from '../aggregated-apis.ts'
import type { Obj } from '../port.ts'
import type { Station } from './station.ts'
import { namespaceOf } from './station.ts'

const BY = 'kube-controller-manager'
/** Nothing inside is touched in this time after the deletionTimestamp, so that other API servers stop creating (Kubernetes namespace controller). */
const GRACE_MS = 5_000

/** What a look at a terminating namespace found: objects, APIs that cannot be discovered, pods past their grace period. */
type Found = {
  readonly left: readonly { readonly resource: string; readonly object: Obj }[]
  readonly stale: readonly string[]
  readonly overdue: boolean
}

type Condition = readonly [type: string, status: 'True' | 'False', reason: string, message: string]

/** How namespaces empty; may change while the world runs. */
export type DeletionOrder = { order: 'pods-first' | 'any' | 'pods-last' }

/** Without the modern order one kind follows the other, so that what still runs has time to react. */
const KIND_MS = 250
/** How long an object with finalizers is thought to take (Kubernetes: finalizerEstimateSeconds). */
const FINALIZER_SECONDS = 15
/** A look that failed is tried again ever more slowly (Kubernetes: nsControllerRateLimiter); each takes some time by itself. */
const RETRY_MS = { first: 5, last: 60_000, look: 60 }
/** What keeps controllers running: last in the unlucky case of the older order. */
const RUNNING = ['configmaps', 'secrets', 'serviceaccounts', 'deployments.apps', 'statefulsets.apps', 'replicasets.apps', 'pods']

/**
 * Namespace lifecycle. With `pods-first` (Kubernetes >= 1.33, KEP-5080) pods must be gone before anything else is deleted;
 * before that the kinds went in any order, one after the other.
 */
export function startNamespaces(station: Station, deletion: DeletionOrder): void {
  const { api } = station
  const passing = new Map<string, string[]>()
  const failedLooks = new Map<string, number>()
  station.on('namespaces', ({ type, object }) => {
    const name = object.metadata.name
    if (type === 'DELETED') return
    // Every change of a terminating namespace, also of its own conditions, brings the next look GRACE_MS later.
    if (object.metadata.deletionTimestamp) again(name, GRACE_MS)
    else station.later(`namespace/${name}/defaults`, 30, () => giveDefaults(name))
  })
  // An object that left a terminating namespace may have been the last one.
  station.on('serviceaccounts', (change) => change.type === 'DELETED' && heal(namespaceOf(change.object)))
  station.on('configmaps', (change) => change.type === 'DELETED' && heal(namespaceOf(change.object)))

  function heal(name: string): void {
    if (api.get('namespaces', '', name)?.metadata.deletionTimestamp) return
    station.later(`namespace/${name}/defaults`, 100, () => giveDefaults(name))
  }

  function giveDefaults(name: string): void {
    const namespace = api.get('namespaces', '', name)
    if (!namespace || namespace.metadata.deletionTimestamp) return
    if (!api.get('serviceaccounts', name, 'default')) {
      api.create('serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: name } }, BY)
    }
    if (!api.get('configmaps', name, 'kube-root-ca.crt')) {
      const annotations = { 'kubernetes.io/description': 'Certificate authority by which pods verify the API server.' }
      api.create(
        'configmaps',
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'kube-root-ca.crt', namespace: name, annotations },
          data: { 'ca.crt': 'sandbox' },
        },
        BY,
      )
    }
  }

  function contents(name: string, resource: string): readonly Obj[] {
    return api.list(resource, name)
  }

  function empty(name: string): void {
    const namespace = api.get('namespaces', '', name)
    if (!namespace?.metadata.deletionTimestamp) return
    if (deletion.order !== 'pods-first') return emptyOneKind(name)
    sweep(name, 'pods')
    const pods = contents(name, 'pods')
    if (pods.length > 0) {
      const estimate = Math.max(0, ...pods.map(graceOf))
      const overdue = api.clock.now() - Date.parse(namespace.metadata.deletionTimestamp) >= estimate * 1_000
      say(name, { left: [], stale: staleApis(), overdue })
      return again(name, overdue ? retryAfter(name) : lookAfter(estimate))
    }
    const kinds = kindsInOrder()
    for (const resource of kinds) sweep(name, resource)
    judge(name, kinds)
  }

  /** The order of kinds differs from run to run. */
  function kindsInOrder(): string[] {
    const kinds = shuffle(
      api
        .resources()
        .filter((each) => each.namespaced)
        .map((each) => each.resource),
      () => api.random(),
    )
    return deletion.order === 'pods-last' ? [...kinds.filter((each) => !RUNNING.includes(each)), ...RUNNING] : kinds
  }

  function sweep(name: string, resource: string): void {
    for (const object of [...contents(name, resource)]) {
      if (!object.metadata.deletionTimestamp)
        api.remove(resource, name, object.metadata.name, { by: BY, uid: object.metadata.uid, propagation: 'Background' })
    }
  }

  function emptyOneKind(name: string): void {
    const kinds = passing.get(name) ?? kindsInOrder().filter((each) => contents(name, each).length > 0)
    const [next, ...rest] = kinds
    if (next === undefined) {
      passing.delete(name)
      return judge(name, kindsInOrder())
    }
    sweep(name, next)
    passing.set(name, rest)
    station.later(`namespace/${name}`, KIND_MS, () => emptyOneKind(name))
  }

  function judge(name: string, kinds: readonly string[]): void {
    const left = kinds.flatMap((resource) => contents(name, resource).map((object) => ({ resource, object })))
    const stale = staleApis()
    say(name, { left, stale, overdue: false })
    // What cannot be discovered may still hold objects.
    if (stale.length > 0) return again(name, retryAfter(name))
    failedLooks.delete(name)
    if (left.length > 0) return again(name, lookAfter(FINALIZER_SECONDS))
    api.change(
      'namespaces',
      '',
      name,
      BY,
      (draft) => {
        draft.spec = { ...draft.spec, finalizers: [] }
      },
      'finalize',
    )
  }

  function retryAfter(name: string): number {
    const looks = failedLooks.get(name) ?? 0
    failedLooks.set(name, looks + 1)
    return Math.min(RETRY_MS.last, RETRY_MS.look + RETRY_MS.first * 2 ** looks)
  }

  function again(name: string, ms: number): void {
    station.later(`namespace/${name}`, ms, () => empty(name))
  }

  function staleApis(): string[] {
    return remoteApis(api).flatMap(({ group, version, available }) => (available ? [] : [`${group}/${version}`]))
  }

  function say(name: string, found: Found): void {
    const now = station.stamp()
    api.change(
      'namespaces',
      '',
      name,
      BY,
      (draft) => {
        const old: Record<string, unknown>[] = draft.status?.conditions ?? []
        const conditions = conditionsOf(name, found).map(([type, status, reason, message]) => {
          const before = old.find((each) => each.type === type)
          return { type, status, lastTransitionTime: before?.status === status ? before.lastTransitionTime : now, reason, message }
        })
        draft.status = { ...draft.status, phase: 'Terminating', conditions }
      },
      'status',
    )
  }
}

/** Milliseconds after which the controller looks again at what takes `seconds` to go (Kubernetes: half of it and one second more). */
function lookAfter(seconds: number): number {
  return (Math.floor(seconds / 2) + 1) * 1_000
}

function graceOf(pod: Obj): number {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed' ? 0 : (pod.spec?.terminationGracePeriodSeconds ?? 0)
}

/** The five conditions of a terminating namespace in the order and words of Kubernetes 1.36 (recorded). */
function conditionsOf(name: string, { left, stale, overdue }: Found): Condition[] {
  const kinds = countBy(left.map(({ resource }) => (resource.includes('.') ? resource : `${resource}.`)))
  const finalizers = countBy(left.flatMap(({ object }) => object.metadata.finalizers ?? []))
  const remain = kinds.map(([kind, count]) => `${kind} has ${count} resource instances`).join(', ')
  const held = finalizers.map(([finalizer, count]) => `${finalizer} in ${count} resource instances`).join(', ')
  return [
    stale.length === 0
      ? ['NamespaceDeletionDiscoveryFailure', 'False', 'ResourcesDiscovered', 'All resources successfully discovered']
      : [
          'NamespaceDeletionDiscoveryFailure',
          'True',
          'DiscoveryFailed',
          `Discovery failed for some groups, ${stale.length} failing: unable to retrieve the complete list of server APIs: ${stale.map((each) => `${each}: stale GroupVersion discovery: ${each}`).join(', ')}`,
        ],
    ['NamespaceDeletionGroupVersionParsingFailure', 'False', 'ParsedGroupVersions', 'All legacy kube types successfully parsed'],
    overdue
      ? [
          'NamespaceDeletionContentFailure',
          'True',
          'ContentDeletionFailed',
          `Failed to delete all resource types, 1 remaining: unexpected items still remain in namespace: ${name} for gvr: /v1, Resource=pods`,
        ]
      : ['NamespaceDeletionContentFailure', 'False', 'ContentDeleted', 'All content successfully deleted, may be waiting on finalization'],
    remain
      ? ['NamespaceContentRemaining', 'True', 'SomeResourcesRemain', `Some resources are remaining: ${remain}`]
      : ['NamespaceContentRemaining', 'False', 'ContentRemoved', 'All content successfully removed'],
    held
      ? ['NamespaceFinalizersRemaining', 'True', 'SomeFinalizersRemain', `Some content in the namespace has finalizers remaining: ${held}`]
      : ['NamespaceFinalizersRemaining', 'False', 'ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
  ]
}

function countBy(words: readonly string[]): [string, number][] {
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1))
}

export function shuffle<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
