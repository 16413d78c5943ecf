import { usedOf } from '../quota.ts'
import { same } from './pods.ts'
import type { Station } from './station.ts'
import { namespaceOf } from './station.ts'

const BY = 'kube-controller-manager'

/** Keeps in the status of ResourceQuotas how many objects stand against their limits. */
export function startQuotas(station: Station): void {
  const { api } = station

  station.onAny(({ type, resource, object }) => {
    if (type === 'MODIFIED' && resource !== 'resourcequotas' && resource !== 'pods') return
    for (const { metadata } of api.list('resourcequotas', namespaceOf(object)))
      station.later(`quota/${namespaceOf(object)}/${metadata.name}`, 100, () => write(namespaceOf(object), metadata.name))
  })

  function write(namespace: string, name: string): void {
    const quota = api.get('resourcequotas', namespace, name)
    if (!quota) return
    const status = { hard: quota.spec?.hard ?? {}, used: usedOf(api, quota) }
    if (same(status, quota.status)) return
    const keep = (draft: typeof quota) => {
      draft.status = status
    }
    api.change('resourcequotas', namespace, name, BY, keep, 'status')
  }
}
