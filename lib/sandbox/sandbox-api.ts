import { setDefaults } from './defaults.ts'
import { serveDefinitions } from './definitions.ts'
import { type Kind, storageKey } from './kinds.ts'
import { ApiRefusal, type SandboxApi, type SandboxClock } from './port.ts'
import { createStorage, type Rules, type Storage } from './storage.ts'

const PLAIN_RULES: Rules = {
  defaults: setDefaults,
  validate() {},
  admit() {},
  track() {},
}

const SYSTEM_NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system']

/** How pods reach the API server; its address is the first of the range. */
const API_SERVICE = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
  spec: { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443, targetPort: 6443 }] },
}

/** The simulated API server's inside for controllers, with its storage for the HTTP side. */
export function createSandboxApi({
  seed,
  clock,
  rules,
}: {
  seed: number
  clock: SandboxClock
  rules?: (storage: () => Storage) => Partial<Rules>
}): SandboxApi & { readonly storage: Storage } {
  const made = rules?.(() => storage) ?? {}
  const storage: Storage & { random(): number } = createStorage({
    seed,
    clock,
    rules: { ...PLAIN_RULES, ...made },
  })
  const { registry } = storage
  serveDefinitions(storage)

  function kindOf(resource: string): Kind {
    const kind = registry.byResource(resource)
    if (!kind)
      throw new ApiRefusal({
        code: 404,
        reason: 'NotFound',
        message: 'the server could not find the requested resource',
        details: {},
      })
    return kind
  }

  for (const name of SYSTEM_NAMESPACES)
    storage.insert(kindOf('namespaces'), { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, { by: 'system:apiserver' })

  storage.insert(kindOf('services'), API_SERVICE, { by: 'system:apiserver' })

  return {
    storage,
    clock,
    random: storage.random,
    serves: (resource) => registry.byResource(resource) !== undefined,
    get: storage.get,
    list: storage.list,
    byUid: storage.byUid,
    resources: () =>
      registry
        .all()
        .filter(
          (kind) =>
            kind.verbs.includes('list') && registry.byResource(kind.resource) === kind && storageKey(kind.resource) === kind.resource,
        )
        .map(({ resource, apiVersion, kind, namespaced }) => ({
          resource,
          apiVersion,
          kind,
          namespaced,
        })),
    load: (resource, object) => storage.load(kindOf(resource), object),
    create: (resource, object, by) => storage.insert(kindOf(resource), object, { by }),
    change(resource, namespace, name, by, edit, subresource) {
      if (!storage.get(resource, namespace, name)) return undefined
      return storage.update(kindOf(resource), namespace, name, { by, ...(subresource ? { subresource } : {}) }, (draft) => {
        edit(draft)
        return draft
      })
    },
    remove(resource, namespace, name, options) {
      const kind = kindOf(resource)
      const there = storage.get(resource, namespace, name)
      if (!there || (options.uid !== undefined && options.uid !== there.metadata.uid)) return
      storage.remove(kind, namespace, name, options)
    },
    onChange: (listener) => storage.subscribe((resource, { type, object, old }) => listener({ type, resource, object, old })),
  }
}
