import type { Change, Obj, SandboxApi } from '../port.ts'

export type Held = { readonly resource: string; readonly object: Obj }

/** Who belongs to whom, kept current from every change: dependents by owner uid, and objects by the Application they name. */
export type Relations = {
  dependents(ownerUid: string): readonly Held[]
  tracked(application: string): readonly Held[]
  apply(change: Change): void
}

export const TRACKING = 'argocd.argoproj.io/tracking-id'

/** The Application named by an object's tracking-id, unless the id was copied from another object. */
export function trackingApp(object: Obj): string | null {
  const id = object.metadata.annotations?.[TRACKING]
  if (!id) return null
  const [app, kind, where] = id.split(':')
  if (!app || !kind || !where) return null
  const group = object.apiVersion.includes('/') ? object.apiVersion.split('/')[0] : ''
  const [namespace, ...name] = where.split('/')
  if (kind !== `${group}/${object.kind}` || name.join('/') !== object.metadata.name) return null
  return object.metadata.namespace === undefined || object.metadata.namespace === '' || object.metadata.namespace === namespace ? app : null
}

export function createIndex(api: SandboxApi): Relations {
  const owned = new Map<string, Map<string, Held>>()
  const tracked = new Map<string, Map<string, Held>>()

  function put(map: Map<string, Map<string, Held>>, key: string, held: Held): void {
    const set = map.get(key) ?? new Map<string, Held>()
    map.set(key, set.set(held.object.metadata.uid, held))
  }
  function cut(map: Map<string, Map<string, Held>>, key: string, uid: string): void {
    const set = map.get(key)
    if (set?.delete(uid) && set.size === 0) map.delete(key)
  }
  function apply({ type, resource, object, old }: Change): void {
    const before = old ?? (type === 'DELETED' ? object : null)
    if (before) {
      for (const owner of before.metadata.ownerReferences ?? []) cut(owned, owner.uid, before.metadata.uid)
      const app = trackingApp(before)
      if (app) cut(tracked, app, before.metadata.uid)
    }
    if (type === 'DELETED') return
    for (const owner of object.metadata.ownerReferences ?? []) put(owned, owner.uid, { resource, object })
    const app = trackingApp(object)
    if (app) put(tracked, app, { resource, object })
  }

  for (const { resource } of api.resources()) {
    for (const object of api.list(resource)) apply({ type: 'ADDED', resource, object, old: null })
  }
  return {
    dependents: (uid) => [...(owned.get(uid)?.values() ?? [])],
    tracked: (app) => [...(tracked.get(app)?.values() ?? [])],
    apply,
  }
}
