import type { Obj } from '../port.ts'
import type { Station } from './station.ts'

export type Note = {
  readonly about: Obj
  readonly type?: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  readonly by: string
  readonly namespace?: string
}

const LIFE_MS = 3_600_000
/** More than this many Events at once are not kept: the oldest goes. */
const MOST = 3_000

/** Writes Events as a cluster does; they live an hour. Events into a terminating namespace are refused there, too, and dropped. */
export function createNotes(station: Station): (note: Note) => void {
  const { api } = station
  let count = 0
  const alive: { namespace: string; name: string }[] = []
  return ({ about, type = 'Normal', reason, message, by, namespace = about.metadata.namespace || 'default' }) => {
    const home = api.get('namespaces', '', namespace)
    if (!home || home.metadata.deletionTimestamp) return
    const now = station.stamp()
    const name = `${about.metadata.name}.${(api.clock.now() * 4096 + (count++ % 4096)).toString(16)}`
    api.create(
      'events',
      {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name, namespace },
        reason,
        message,
        type,
        count: 1,
        firstTimestamp: now,
        lastTimestamp: now,
        eventTime: null,
        source: { component: by },
        reportingComponent: by,
        reportingInstance: '',
        involvedObject: {
          apiVersion: about.apiVersion,
          kind: about.kind,
          name: about.metadata.name,
          namespace: about.metadata.namespace,
          uid: about.metadata.uid,
          resourceVersion: about.metadata.resourceVersion,
        },
      },
      by,
    )
    alive.push({ namespace, name })
    const forget = (each: { namespace: string; name: string }) => api.remove('events', each.namespace, each.name, { by: 'kube-apiserver' })
    if (alive.length > MOST) {
      const oldest = alive.shift()
      if (oldest) forget(oldest)
    }
    station.later(`event/${namespace}/${name}`, LIFE_MS, () => forget({ namespace, name }), true)
  }
}
