import type { Kind } from './kinds.ts'
import { ApiRefusal, type Obj } from './port.ts'
import { type Query, readRevision } from './read-options.ts'
import { badRequest } from './refusal.ts'
import type { Matcher } from './selectors.ts'
import type { Storage } from './storage.ts'

/** The objects as they were at `rv`, from what stands now and the changes since; null when those are forgotten. */
function listAt(storage: Storage, kind: Kind, namespace: string | undefined, rv: number): readonly Obj[] | null {
  if (rv >= storage.revision()) return storage.list(kind.resource, namespace)
  const changes = storage.history(kind.resource, rv)
  if (changes === null) return null
  if (changes.length === 0) return storage.list(kind.resource, namespace)
  const keyOf = (object: Obj) => `${object.metadata.namespace ?? ''}/${object.metadata.name}`
  const held = new Map(storage.list(kind.resource, namespace).map((object) => [keyOf(object), object]))
  for (const { object, old } of [...changes].reverse()) {
    if (namespace !== undefined && (object.metadata.namespace ?? '') !== namespace) continue
    if (old) held.set(keyOf(object), old)
    else held.delete(keyOf(object))
  }
  return [...held].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object)
}

type Token = { v: string; rv: number; start: string }

function readToken(text: string): Token {
  const raw = Buffer.from(text, 'base64url').toString()
  try {
    const token = JSON.parse(raw)
    if (typeof token.rv === 'number' && typeof token.start === 'string') return token
  } catch {
    throw badRequest(
      `invalid continue token: continue key is not valid: invalid character '${raw[0] ?? ''}' looking for beginning of value`,
    )
  }
  throw badRequest('invalid continue token: continue key is not valid: incorrect encoded start resourceVersion')
}

function writeToken(rv: number, key: string): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv, start: `${key}\u0000` })).toString('base64url')
}

function positionOf(object: Obj, namespace: string | undefined): string {
  return namespace === undefined && object.metadata.namespace !== undefined
    ? `/${object.metadata.namespace}/${object.metadata.name}`
    : `/${object.metadata.name}`
}

/** From which state a list is answered and where its page begins. */
export type PageAsk = { readonly rv: number; readonly limit: number; readonly start: string | null }
export type Page = { readonly items: readonly Obj[]; readonly metadata: Readonly<Record<string, unknown>> }

/** Reads resourceVersion, limit and continue of a LIST; throws `ApiRefusal` 400 or 504. */
export function readPageAsk(query: Query, current: number): PageAsk {
  const limitText = query.get('limit') ?? '0'
  if (!/^-?\d+$/.test(limitText)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(limitText)}: invalid syntax`)
  const asked = query.get('resourceVersion') ?? ''
  const given = query.get('continue') ?? ''
  const token = given === '' ? null : readToken(given)
  if (token && asked !== '' && asked !== '0') throw badRequest('specifying resource version is not allowed when using continue')
  const wanted = asked === '' ? null : readRevision(asked, true)
  if (wanted !== null && wanted > current) throw tooLarge(wanted, current)
  const limit = wanted === 0 ? 0 : Math.max(0, Number(limitText))
  if (token) return { rv: token.rv > 0 ? token.rv : current, limit, start: token.start }
  const match = query.get('resourceVersionMatch')
  const exact = wanted !== null && (match === 'Exact' || (wanted > 0 && Number(limitText) > 0 && !match))
  return { rv: exact ? wanted : current, limit, start: null }
}

function tooLarge(wanted: number, current: number): ApiRefusal {
  return new ApiRefusal({
    code: 504,
    reason: 'Timeout',
    message: `Timeout: Too large resource version: ${wanted}, current: ${current}`,
    details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1 },
  })
}

function expired(start: string | null): ApiRefusal {
  if (start === null)
    return new ApiRefusal({ code: 410, reason: 'Expired', message: 'The resourceVersion for the provided list is too old.' })
  const refusal = new ApiRefusal({
    code: 410,
    reason: 'Expired',
    message:
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
  })
  const token = Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: -1, start })).toString('base64url')
  return Object.assign(refusal, { listMeta: { continue: token } })
}

/** One page of a list with its ListMeta. Throws `ApiRefusal` 410 when its state is no longer known. */
export function pageOf(
  storage: Storage,
  kind: Kind,
  namespace: string | undefined,
  { rv, limit, start }: PageAsk,
  { matches, selective }: { readonly matches: Matcher; readonly selective: boolean },
): Page {
  const all = listAt(storage, kind, namespace, rv)
  if (all === null) throw expired(start)
  // The token names the key just after the last one shown.
  const from = start === null ? 0 : all.findIndex((object) => `${positionOf(object, namespace)}\u0000` > start)
  const items: Obj[] = []
  let at = from < 0 ? all.length : from
  for (; at < all.length && (limit === 0 || items.length < limit); at++) {
    const object = all[at]
    if (object && matches(object)) items.push(object)
  }
  const metadata: Record<string, unknown> = { resourceVersion: String(rv) }
  const last = items.at(-1)
  const more = at < all.length && (!selective || all.slice(at).some(matches))
  if (more && last) {
    metadata.continue = writeToken(rv, positionOf(last, namespace))
    if (!selective) metadata.remainingItemCount = all.length - at
  }
  return { items, metadata }
}
