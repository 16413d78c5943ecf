import type { Obj } from './port.ts'
import type { Storage } from './storage.ts'

const APISERVICES = 'apiservices.apiregistration.k8s.io'

/** A group version that an APIService hands to a server of its own. */
export type RemoteApi = { readonly group: string; readonly version: string; readonly available: boolean }

function isAvailable(service: Obj): boolean {
  const conditions: readonly { type: string; status: string }[] = service.status?.conditions ?? []
  return conditions.some(({ type, status }) => type === 'Available' && status === 'True')
}

/** The group versions that stored APIServices hand to Services, in order of their names. */
export function remoteApis(storage: Pick<Storage, 'list'>): RemoteApi[] {
  return storage
    .list(APISERVICES)
    .filter(({ spec }) => spec?.service && spec.group)
    .map((each) => ({ group: each.spec.group, version: each.spec.version, available: isAvailable(each) }))
}

/** Whether a path lies under a group version of another server; behind the Services of the sandbox none answers. */
export function isRemotePath(storage: Pick<Storage, 'list'>, path: string): boolean {
  const [root, group, version] = path.split('/').filter((step) => step !== '')
  return root === 'apis' && version !== undefined && remoteApis(storage).some((each) => each.group === group && each.version === version)
}
