import type { Deed } from '../auth/schema.ts'
import type { DoorVerb } from './endpoint.ts'

const TAIL = '/accept-removal'

/** A service's id holds slashes, so what is asked of it stands behind the id in one catch-all path. */
export function ofRemoval<D extends Deed, I extends { readonly service: string }>(verb: DoorVerb<D, I>): DoorVerb<D, I> {
  return (ctx, permit, input, params, request) =>
    input.service.endsWith(TAIL)
      ? verb(ctx, permit, { ...input, service: input.service.slice(0, -TAIL.length) }, params, request)
      : { ok: false, error: { code: 'not-found', message: `What can be asked of a service is …${TAIL}.` } }
}
