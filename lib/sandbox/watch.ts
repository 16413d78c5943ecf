import type { ServerResponse } from 'node:http'
import { type Kind, storageKey } from './kinds.ts'
import type { Obj } from './port.ts'
import { checkWatchOptions, isTrue, matcherOf, type Query, readRevision, type Shape } from './read-options.ts'
import { objectText, partialText, tableOf } from './represent.ts'
import type { Matcher } from './selectors.ts'
import type { Storage } from './storage.ts'
import type { Logged } from './table.ts'

/** A server ends a watch that names no timeout after 30 to 60 minutes. */
const OWN_TIMEOUT_SECONDS = 1800
const BOOKMARK_MS = 60_000

/** Which events of its resource a watch tells: an object that enters or leaves its selection is ADDED or DELETED to it. */
export function eventFor(
  { type, object, old }: Logged,
  namespace: string | undefined,
  matches: Matcher,
): { readonly type: Logged['type']; readonly object: Obj } | null {
  if (namespace !== undefined && object.metadata.namespace !== namespace) return null
  const is = matches(object)
  const was = old !== null && matches(old)
  if (type === 'DELETED') return was || is ? { type, object } : null
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', object }
  if (!was) return null
  const left = { ...old, metadata: { ...old.metadata, resourceVersion: object.metadata.resourceVersion } }
  return { type: 'DELETED', object: left }
}

/** How a watch writes objects and bookmarks; only its first table names the columns. */
function createPen(storage: Storage, kind: Kind, query: Query, shape: Shape) {
  let headers = true
  function object(shown: Obj): string {
    if (shape === 'partial') return partialText(shown)
    if (shape === 'full') return objectText(shown, kind)
    const include = query.get('includeObject') ?? 'Metadata'
    const meta = { resourceVersion: shown.metadata.resourceVersion }
    const table = JSON.stringify(tableOf(kind, [shown], include, storage.clock.now(), meta, headers))
    headers = false
    return table
  }
  function bookmark(end: boolean): string {
    const resourceVersion = String(storage.revision())
    const metadata = { resourceVersion, ...(end ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}) }
    const partial = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata }
    if (shape === 'partial') return JSON.stringify(partial)
    if (shape === 'full') return JSON.stringify({ kind: kind.kind, apiVersion: kind.apiVersion, metadata })
    const rows = [{ cells: [], object: partial }]
    return JSON.stringify({ kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata: { resourceVersion }, columnDefinitions: null, rows })
  }
  return { object, bookmark }
}

function tooOld(rv: number, compacted: number): string {
  return JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `too old resource version: ${rv} (${compacted})`,
    reason: 'Expired',
    code: 410,
  })
}

/** Answers a WATCH: stays open until its time is over, the client goes, its resource ends or `hangUp` is called. */
export function answerWatch(
  response: ServerResponse,
  storage: Storage,
  kind: Kind,
  namespace: string | undefined,
  query: Query,
  shape: Shape,
  isSilent: () => boolean,
  onEnd: (hangUp: () => void) => () => void,
): void {
  const { matches } = matcherOf(query, kind)
  checkWatchOptions(query)
  const bookmarks = isTrue(query.get('allowWatchBookmarks'))
  const asked = query.get('resourceVersion') ?? ''
  const rv = asked === '' ? 0 : readRevision(asked, false)
  const initial = query.get('sendInitialEvents') === 'true'
  const pen = createPen(storage, kind, query, shape)
  const send = (type: string, object: string) => response.write(`{"type":"${type}","object":${object}}\n`)
  const emit = (logged: Logged) => {
    const event = eventFor(logged, namespace, matches)
    if (event) send(event.type, pen.object(event.object))
  }

  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' })
  response.flushHeaders()
  if (rv > 0 && !initial) {
    const backlog = storage.since(kind.resource, rv)
    if (backlog === null) {
      send('ERROR', tooOld(rv, storage.compacted(kind.resource)))
      response.end()
      return
    }
    if (!isSilent()) for (const logged of backlog) emit(logged)
  } else for (const object of storage.list(kind.resource, namespace)) if (matches(object)) send('ADDED', pen.object(object))
  if (initial && bookmarks) send('BOOKMARK', pen.bookmark(true))
  const watched = storageKey(kind.resource)
  const stop = storage.subscribe((resource, logged) => {
    if (resource === watched && logged.rv > rv && !isSilent()) emit(logged)
  })
  const seconds = Number(query.get('timeoutSeconds') ?? '') || OWN_TIMEOUT_SECONDS * (1 + Math.random())
  const ms = Math.max(1, Math.floor(seconds)) * 1000
  const timers: NodeJS.Timeout[] = [setTimeout(() => response.end(), ms)]
  if (bookmarks) {
    const mark = () => {
      if (!isSilent()) send('BOOKMARK', pen.bookmark(false))
    }
    if (ms > 2000) timers.push(setTimeout(mark, ms - 1000))
    timers.push(setInterval(mark, BOOKMARK_MS))
  }
  const forget = onEnd(() => response.end())
  response.once('close', () => {
    stop()
    forget()
    for (const timer of timers) clearTimeout(timer)
  })
}
