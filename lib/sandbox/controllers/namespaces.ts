import type { Obj } from '../port.ts'
import type { Station } from './station.ts'
import { namespaceOf } from './station.ts'

const BY = 'kube-controller-manager'
/** Nothing inside is touched in this time after the deletionTimestamp, so that other API servers stop creating (Kubernetes namespace controller). */
const GRACE_MS = 5_000

type Condition = readonly [type: string, status: 'True' | 'False', reason: string, message: string]

/** How namespaces empty; may change while the world runs. */
export type DeletionOrder = { order: 'pods-first' | 'any' | 'pods-last' }

/** Without the modern order one kind follows the other, so that what still runs has time to react. */
const KIND_MS = 250
/** What keeps controllers running: last in the unlucky case of the older order. */
const RUNNING = ['configmaps', 'secrets', 'serviceaccounts', 'deployments.apps', 'statefulsets.apps', 'replicasets.apps', 'pods']

/**
 * Namespace lifecycle. With `pods-first` (Kubernetes >= 1.33, KEP-5080) pods must be gone before anything else is deleted;
 * before that the kinds went in any order, one after the other.
 */
export function startNamespaces(station: Station, deletion: DeletionOrder): void {
  const { api } = station
  const passing = new Map<string, string[]>()
  station.on('namespaces', ({ type, object }) => {
    const name = object.metadata.name
    if (type === 'DELETED') return
    if (object.metadata.deletionTimestamp) {
      const age = api.clock.now() - Date.parse(object.metadata.deletionTimestamp)
      station.later(`namespace/${name}`, Math.max(50, GRACE_MS - age), () => empty(name))
    } else station.later(`namespace/${name}/defaults`, 30, () => giveDefaults(name))
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
    if (contents(name, 'pods').length > 0) {
      say(name, [])
      return again(name, 3_000, 9_000)
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
    say(name, left)
    if (left.length > 0) return again(name, 4_500, 6_000)
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

  function again(name: string, low: number, high: number): void {
    station.later(`namespace/${name}`, station.between(low, high), () => empty(name))
  }

  function say(name: string, left: readonly { resource: string; object: Obj }[]): void {
    const now = station.stamp()
    api.change(
      'namespaces',
      '',
      name,
      BY,
      (draft) => {
        const old: Record<string, unknown>[] = draft.status?.conditions ?? []
        const conditions = conditionsOf(left).map(([type, status, reason, message]) => {
          const before = old.find((each) => each.type === type)
          return { type, status, lastTransitionTime: before?.status === status ? before.lastTransitionTime : now, reason, message }
        })
        draft.status = { ...draft.status, phase: 'Terminating', conditions }
      },
      'status',
    )
  }
}

/** The five conditions of a terminating namespace in the order and words of Kubernetes 1.36 (recorded). */
function conditionsOf(left: readonly { resource: string; object: Obj }[]): Condition[] {
  const kinds = countBy(left.map(({ resource }) => (resource.includes('.') ? resource : `${resource}.`)))
  const finalizers = countBy(left.flatMap(({ object }) => object.metadata.finalizers ?? []))
  const remain = kinds.map(([kind, count]) => `${kind} has ${count} resource instances`).join(', ')
  const held = finalizers.map(([finalizer, count]) => `${finalizer} in ${count} resource instances`).join(', ')
  return [
    ['NamespaceDeletionDiscoveryFailure', 'False', 'ResourcesDiscovered', 'All resources successfully discovered'],
    ['NamespaceDeletionGroupVersionParsingFailure', 'False', 'ParsedGroupVersions', 'All legacy kube types successfully parsed'],
    ['NamespaceDeletionContentFailure', 'False', 'ContentDeleted', 'All content successfully deleted, may be waiting on finalization'],
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
