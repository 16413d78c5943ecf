import type { Kind } from './kinds.ts'
import { ApiRefusal } from './port.ts'

export type Cause = { reason?: string; message: string; field?: string }

type Named = Pick<Kind, 'plural' | 'group' | 'kind'>

/** How messages name a resource: `configmaps`, `deployments.apps`. */
export function resourceName(kind: Named): string {
  return kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`
}

function kindName(kind: Named): string {
  return kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`
}

function about(kind: Named, name: string, word: string): { name: string; group?: string; kind: string } {
  return {
    name,
    ...(kind.group === '' ? {} : { group: kind.group }),
    kind: word,
  }
}

export function notFound(kind: Named, name: string): ApiRefusal {
  return new ApiRefusal({
    code: 404,
    reason: 'NotFound',
    message: `${resourceName(kind)} "${name}" not found`,
    details: about(kind, name, kind.plural),
  })
}

export function noSuchResource(): ApiRefusal {
  return new ApiRefusal({
    code: 404,
    reason: 'NotFound',
    message: 'the server could not find the requested resource',
    details: {},
  })
}

export function alreadyExists(kind: Named, name: string, deleting = false): ApiRefusal {
  const message = `${deleting ? 'object is being deleted: ' : ''}${resourceName(kind)} "${name}" already exists`
  return new ApiRefusal({
    code: 409,
    reason: 'AlreadyExists',
    message,
    details: about(kind, name, kind.plural),
  })
}

export const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again'

export function conflict(kind: Named, name: string, why: string, causes?: Cause[]): ApiRefusal {
  const message = `Operation cannot be fulfilled on ${resourceName(kind)} "${name}": ${why}`
  return new ApiRefusal({
    code: 409,
    reason: 'Conflict',
    message,
    details: {
      ...about(kind, name, kind.plural),
      ...(causes ? { causes } : {}),
    },
  })
}

/** 422: `causes` in the order in which the server would list them; one stands alone, several in brackets. */
export function invalid(kind: Named, name: string, causes: Cause[]): ApiRefusal {
  const texts = [...new Set(causes.map((cause) => (cause.field ? `${cause.field}: ${cause.message}` : cause.message)))]
  const message = `${kindName(kind)} "${name}" is invalid: ${texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`}`
  return new ApiRefusal({
    code: 422,
    reason: 'Invalid',
    message,
    details: {
      ...(name === '' ? {} : { name }),
      ...(kind.group === '' ? {} : { group: kind.group }),
      ...(kind.kind === '' ? {} : { kind: kind.kind }),
      causes,
    },
  })
}

export function badRequest(message: string): ApiRefusal {
  return new ApiRefusal({ code: 400, reason: 'BadRequest', message })
}

export function forbidden(kind: Named, name: string, why: string, causes?: Cause[]): ApiRefusal {
  const message = `${resourceName(kind)}${name === '' ? '' : ` "${name}"`} is forbidden: ${why}`
  return new ApiRefusal({
    code: 403,
    reason: 'Forbidden',
    message,
    details: {
      ...(name === '' ? {} : { name }),
      ...(kind.group === '' ? {} : { group: kind.group }),
      kind: kind.plural,
      ...(causes ? { causes } : {}),
    },
  })
}

export function internalError(why: string): ApiRefusal {
  return new ApiRefusal({
    code: 500,
    reason: 'InternalError',
    message: `Internal error occurred: ${why}`,
    details: { causes: [{ message: why }] },
  })
}

export function methodNotAllowed(): ApiRefusal {
  const message = 'the server does not allow this method on the requested resource'
  return new ApiRefusal({ code: 405, reason: 'MethodNotAllowed', message, details: {} })
}

export function initializing(): ApiRefusal {
  return new ApiRefusal({
    code: 429,
    reason: 'TooManyRequests',
    message: 'storage is (re)initializing',
    details: { retryAfterSeconds: 1 },
  })
}
