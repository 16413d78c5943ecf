import type { ServerResponse } from 'node:http'
import type { Kind } from './kinds.ts'
import { ApiRefusal, type Obj } from './port.ts'
import { badRequest, invalid } from './refusal.ts'
import { itemText, objectText, partialText, tableOf } from './represent.ts'
import { fieldMatcher, labelMatcher, type Matcher } from './selectors.ts'
import type { Logged, Storage } from './storage.ts'

/** How objects are to be shown: in full, as metadata alone, or as a table for people. */
export type Shape = 'full' | 'partial' | 'table'

export type Query = URLSearchParams

const LIST_OPTIONS = { plural: 'listoptions', group: 'meta.k8s.io', kind: 'ListOptions' }

function isTrue(value: string | null): boolean {
  return value !== null && value !== '0' && value !== 'false'
}

function forbiddenOption(pairs: [field: string, message: string, reason?: string][]): ApiRefusal {
  return invalid(
    LIST_OPTIONS,
    '',
    pairs.map(([field, message, reason = 'FieldValueForbidden']) => ({ reason, message, field })),
  )
}

function checkOptions(query: Query, watching: boolean): void {
  const match = query.get('resourceVersionMatch') ?? ''
  const rv = query.get('resourceVersion') ?? ''
  const initial = query.get('sendInitialEvents')
  if (watching) {
    if (initial === null) {
      if (match !== '')
        throw forbiddenOption([
          ['resourceVersionMatch', 'Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'],
        ])
      return
    }
    const wrong: [string, string, string?][] = []
    if (match !== 'NotOlderThan')
      wrong.push(['resourceVersionMatch', 'Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'])
    if (match !== '' && match !== 'NotOlderThan')
      wrong.push(['resourceVersionMatch', `Unsupported value: "${match}": supported values: "NotOlderThan"`, 'FieldValueNotSupported'])
    if (wrong.length > 0) throw forbiddenOption(wrong)
    return
  }
  const wrong: [string, string, string?][] = []
  if (match !== '' && rv === '')
    wrong.push(['resourceVersionMatch', 'Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided'])
  if (match !== '' && query.get('continue'))
    wrong.push(['resourceVersionMatch', 'Forbidden: resourceVersionMatch is forbidden when continue is provided'])
  if (match !== '' && match !== 'Exact' && match !== 'NotOlderThan')
    wrong.push([
      'resourceVersionMatch',
      `Unsupported value: "${match}": supported values: "Exact", "NotOlderThan"`,
      'FieldValueNotSupported',
    ])
  if (match === 'Exact' && rv === '0')
    wrong.push(['resourceVersionMatch', 'Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"'])
  if (initial !== null) wrong.push(['sendInitialEvents', 'Forbidden: sendInitialEvents is forbidden for list'])
  if (wrong.length > 0) throw forbiddenOption(wrong)
}

function matcherOf(query: Query, kind: Kind): { matches: Matcher; selective: boolean } {
  const labels = labelMatcher(query.get('labelSelector') ?? '')
  const fields = fieldMatcher(query.get('fieldSelector') ?? '', kind)
  if (!labels && !fields) return { matches: () => true, selective: false }
  return { matches: (object) => (!labels || labels(object)) && (!fields || fields.matches(object)), selective: true }
}

function readRevision(text: string, listing: boolean): number {
  if (/^\d+$/.test(text)) return Number(text)
  const why = `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`
  throw listing ? badRequest(`invalid resource version: ${why}`) : new ApiRefusal({ code: 500, reason: '', message: why })
}

/** The objects as they were at `rv`, from what stands now and the changes since; null when those are forgotten. */
function listAt(storage: Storage, kind: Kind, namespace: string | undefined, rv: number): readonly Obj[] | null {
  if (rv >= storage.revision()) return storage.list(kind.resource, namespace)
  const changes = storage.since(kind.resource, rv)
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

/** Answers a LIST. */
export async function answerList(
  response: ServerResponse,
  storage: Storage,
  kind: Kind,
  namespace: string | undefined,
  query: Query,
  shape: Shape,
  extra?: { read: Matcher },
): Promise<void> {
  const { matches, selective } = matcherOf(query, kind)
  checkOptions(query, false)
  const limitText = query.get('limit') ?? '0'
  if (!/^-?\d+$/.test(limitText)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(limitText)}: invalid syntax`)
  const asked = query.get('resourceVersion') ?? ''
  const token = query.get('continue') ? readToken(query.get('continue') ?? '') : null
  if (token && asked !== '' && asked !== '0') throw badRequest('specifying resource version is not allowed when using continue')
  const wanted = asked === '' ? null : readRevision(asked, true)
  if (wanted !== null && wanted > storage.revision()) {
    throw new ApiRefusal({
      code: 504,
      reason: 'Timeout',
      message: `Timeout: Too large resource version: ${wanted}, current: ${storage.revision()}`,
      details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1 },
    })
  }
  const exact =
    query.get('resourceVersionMatch') === 'Exact' ||
    (wanted !== null && wanted > 0 && Number(limitText) > 0 && !query.get('resourceVersionMatch'))
  const rv = token && token.rv > 0 ? token.rv : exact && wanted !== null ? wanted : storage.revision()
  const all = listAt(storage, kind, namespace, rv)
  if (all === null) {
    if (!token) throw new ApiRefusal({ code: 410, reason: 'Expired', message: 'The resourceVersion for the provided list is too old.' })
    throw Object.assign(
      new ApiRefusal({
        code: 410,
        reason: 'Expired',
        message:
          'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
      }),
      { listMeta: { continue: Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: -1, start: token.start })).toString('base64url') } },
    )
  }
  const limit = wanted === 0 ? 0 : Math.max(0, Number(limitText))
  let from = 0
  if (token) {
    const start = token.start
    while (from < all.length && `${positionOf(all[from] as Obj, namespace)}\u0000` < start) from++
    // The token names the key just after the last one shown.
    while (from < all.length && `${positionOf(all[from] as Obj, namespace)}\u0000` === start) from++
  }
  const page: Obj[] = []
  let at = from
  for (; at < all.length && (limit === 0 || page.length < limit); at++) {
    const object = all[at]
    if (object && matches(object) && (extra?.read(object) ?? true)) page.push(object)
  }
  let more = at < all.length
  if (more && selective) more = all.slice(at).some(matches)
  const last = page.at(-1)
  const metadata: Record<string, unknown> = { resourceVersion: String(rv === -1 ? storage.revision() : rv) }
  if (more && last) {
    metadata.continue = writeToken(rv, positionOf(last, namespace))
    if (!selective) metadata.remainingItemCount = all.length - at
  }
  response.setHeader('content-type', 'application/json')
  if (shape === 'table') {
    response.end(JSON.stringify(tableOf(kind, page, query.get('includeObject') ?? 'Metadata', storage.clock.now(), metadata)))
    return
  }
  const head =
    shape === 'partial'
      ? { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata }
      : { kind: kind.listKind, apiVersion: kind.apiVersion, metadata: kind.crd ? { continue: '', ...metadata } : metadata }
  const text = shape === 'partial' ? partialText : (object: Obj) => itemText(object, kind)
  response.write(`${JSON.stringify(head).slice(0, -1)},"items":[`)
  for (let i = 0; i < page.length; i += 500) {
    const chunk = page
      .slice(i, i + 500)
      .map(text)
      .join(',')
    const flushed = response.write(i === 0 ? chunk : `,${chunk}`)
    if (!flushed)
      await new Promise<void>((resolve) => {
        response.once('drain', resolve)
        response.once('close', resolve)
      })
    else if (i > 0) await new Promise<void>((resolve) => setImmediate(resolve))
  }
  response.end(']}')
}

export type WatchFaults = { readonly silent: boolean }

/** Answers a WATCH: stays open until its time is over, the client goes, its resource ends or `hangUp` is called. */
export function answerWatch(
  response: ServerResponse,
  storage: Storage,
  kind: Kind,
  namespace: string | undefined,
  query: Query,
  shape: Shape,
  faults: () => WatchFaults,
  onEnd: (hangUp: () => void) => () => void,
): void {
  const { matches } = matcherOf(query, kind)
  checkOptions(query, true)
  const bookmarks = isTrue(query.get('allowWatchBookmarks'))
  const asked = query.get('resourceVersion') ?? ''
  const rv = asked === '' ? null : readRevision(asked, false)
  const initial = query.get('sendInitialEvents') === 'true'
  let headers = true
  const shown = (object: Obj): string => {
    if (shape === 'partial') return partialText(object)
    if (shape === 'full') return objectText(object, kind)
    const table = JSON.stringify(
      tableOf(
        kind,
        [object],
        query.get('includeObject') ?? 'Metadata',
        storage.clock.now(),
        { resourceVersion: object.metadata.resourceVersion },
        headers,
      ),
    )
    headers = false
    return table
  }
  const send = (type: string, object: string) => response.write(`{"type":"${type}","object":${object}}\n`)
  const bookmark = (end = false) => {
    const meta = { resourceVersion: String(storage.revision()), ...(end ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}) }
    const body =
      shape === 'table'
        ? {
            kind: 'Table',
            apiVersion: 'meta.k8s.io/v1',
            metadata: { resourceVersion: meta.resourceVersion },
            columnDefinitions: null,
            rows: [{ cells: [], object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: meta } }],
          }
        : shape === 'partial'
          ? { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: meta }
          : { kind: kind.kind, apiVersion: kind.apiVersion, metadata: meta }
    send('BOOKMARK', JSON.stringify(body))
  }
  const inside = (object: Obj) => namespace === undefined || object.metadata.namespace === namespace
  const emit = ({ type, object, old }: Logged) => {
    if (!inside(object)) return
    const is = matches(object)
    const was = old !== null && matches(old)
    if (type === 'DELETED') {
      if (was || is) send('DELETED', shown(object))
    } else if (is) send(was ? 'MODIFIED' : 'ADDED', shown(object))
    else if (was)
      send('DELETED', shown({ ...(old as Obj), metadata: { ...(old as Obj).metadata, resourceVersion: object.metadata.resourceVersion } }))
  }

  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' })
  response.flushHeaders()
  const backlog = rv !== null && rv > 0 && !initial ? storage.since(kind.resource, rv) : []
  if (backlog === null) {
    send(
      'ERROR',
      JSON.stringify({
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: `too old resource version: ${rv} (${storage.compacted()})`,
        reason: 'Expired',
        code: 410,
      }),
    )
    response.end()
    return
  }
  for (const logged of backlog) emit(logged)
  if (rv === null || rv === 0 || initial) {
    if (query.get('sendInitialEvents') !== 'false' || rv === null || rv === 0)
      for (const object of storage.list(kind.resource, namespace)) if (matches(object)) send('ADDED', shown(object))
    if (initial && bookmarks) bookmark(true)
  }
  const first = rv ?? 0
  const stop = storage.subscribe((resource, logged) => {
    if (resource !== storageName || logged.rv <= first || faults().silent) return
    emit(logged)
  })
  const storageName = kind.resource === 'events.events.k8s.io' ? 'events' : kind.resource
  const ms = Math.max(1, Number(query.get('timeoutSeconds') ?? '') || 1800 + Math.floor(Math.random() * 1800)) * 1000
  const timers: NodeJS.Timeout[] = [setTimeout(() => response.end(), ms)]
  if (bookmarks) {
    const mark = () => {
      if (!faults().silent) bookmark()
    }
    if (ms > 2000) timers.push(setTimeout(mark, ms - 1000))
    const minutely = setInterval(mark, 60_000)
    timers.push(minutely)
  }
  const forget = onEnd(() => response.end())
  response.once('close', () => {
    stop()
    forget()
    for (const timer of timers) clearTimeout(timer)
  })
}

export { isTrue }
