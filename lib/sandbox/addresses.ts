import type { Obj } from './port.ts'
import { invalid } from './refusal.ts'
import type { Storage } from './storage.ts'

/** Refuses (422) a Service that asks for a cluster address which another one has. */
export function checkAddress(storage: Pick<Storage, 'list'>, { metadata, spec }: Obj): void {
  const asked: string | undefined = spec?.clusterIP
  if (!asked || asked === 'None' || !storage.list('services').some((each) => each.spec?.clusterIP === asked)) return
  const message = `Invalid value: ["${asked}"]: failed to allocate IP ${asked}: provided IP is already allocated`
  throw invalid({ plural: 'services', group: '', kind: 'Service' }, metadata.name, [
    { reason: 'FieldValueInvalid', message, field: 'spec.clusterIPs' },
  ])
}
