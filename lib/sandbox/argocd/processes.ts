import type { Kubelet } from '../controllers/kubelet.ts'
import { isReady } from '../controllers/pods.ts'
import type { Station } from '../controllers/station.ts'
import type { Obj } from '../port.ts'

export const ARGOCD = 'argocd'
const COMPONENTS = [
  'argocd-application-controller',
  'argocd-applicationset-controller',
  'argocd-repo-server',
  'argocd-redis',
  'argocd-server',
] as const
export type Component = (typeof COMPONENTS)[number]

export type Processes = {
  running(component: Component): boolean
  /** Hears when a component's first pod is Ready and when its last ready pod is told to end. */
  on(component: Component, act: { readonly start: (warm: boolean) => void; readonly stop: () => void }): void
}

/**
 * Which parts of Argo CD run: a part runs while one of its own pods is Ready and not being deleted, so deleting namespace `argocd`
 * stops Argo CD and installing it wakes it. The application controller exits without the ConfigMap `argocd-cm`.
 */
export function startProcesses(station: Station, kubelet: Kubelet): Processes {
  const { api } = station
  const ready = new Map<Component, Set<string>>(COMPONENTS.map((each) => [each, new Set()]))
  const parts = new Map<Component, { start: (warm: boolean) => void; stop: () => void }[]>()
  let warm = true

  kubelet.crashes.push((pod) => {
    if (componentOf(pod) !== 'argocd-application-controller' || api.get('configmaps', ARGOCD, 'argocd-cm')) return null
    return 'error loading cache settings: configmap "argocd-cm" not found'
  })
  // The redis Deployment's init container makes the password that the other parts mount.
  kubelet.beforeStart.push((pod) => {
    if (componentOf(pod) !== 'argocd-redis' || api.get('secrets', ARGOCD, 'argocd-redis')) return
    api.create(
      'secrets',
      {
        apiVersion: 'v1',
        kind: 'Secret',
        type: 'Opaque',
        metadata: { name: 'argocd-redis', namespace: ARGOCD },
        data: { auth: 'c2FuZGJveA==' },
      },
      'argocd',
    )
  })

  station.on('pods', ({ type, object }) => {
    const component = componentOf(object)
    const set = component && ready.get(component)
    if (!set) return
    const before = set.size
    if (type !== 'DELETED' && isReady(object) && !object.metadata.deletionTimestamp) set.add(object.metadata.uid)
    else set.delete(object.metadata.uid)
    if (warm || (before === 0) === (set.size === 0)) return
    for (const act of parts.get(component) ?? []) set.size > 0 ? act.start(false) : act.stop()
  })
  warm = false

  return {
    running: (component) => (ready.get(component)?.size ?? 0) > 0,
    on(component, act) {
      parts.set(component, [...(parts.get(component) ?? []), act])
      if ((ready.get(component)?.size ?? 0) > 0) act.start(true)
    },
  }
}

export function componentOf(pod: Obj): Component | undefined {
  if (pod.metadata.namespace !== ARGOCD) return undefined
  return COMPONENTS.find((each) => each === pod.metadata.labels?.['app.kubernetes.io/name'])
}
