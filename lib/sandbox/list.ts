import type { ServerResponse } from 'node:http'
import type { Kind } from './kinds.ts'
import { pageOf, readPageAsk } from './pages.ts'
import type { Obj } from './port.ts'
import { checkListOptions, matcherOf, type Query, type Shape } from './read-options.ts'
import { itemText, partialText, tableOf } from './represent.ts'
import type { Storage } from './storage.ts'

/** Objects written between two looks at whether the client keeps up. */
const CHUNK = 500

/** Answers a LIST. */
export async function answerList(
  response: ServerResponse,
  storage: Storage,
  kind: Kind,
  namespace: string | undefined,
  query: Query,
  shape: Shape,
): Promise<void> {
  const matcher = matcherOf(query, kind)
  checkListOptions(query)
  const { items, metadata } = pageOf(storage, kind, namespace, readPageAsk(query, storage.revision()), matcher)
  response.setHeader('content-type', 'application/json')
  if (shape === 'table') {
    response.end(JSON.stringify(tableOf(kind, items, query.get('includeObject') ?? 'Metadata', storage.clock.now(), metadata)))
    return
  }
  const head =
    shape === 'partial'
      ? { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata }
      : { kind: kind.listKind, apiVersion: kind.apiVersion, metadata: kind.crd ? { continue: '', ...metadata } : metadata }
  const text = shape === 'partial' ? partialText : (object: Obj) => itemText(object, kind)
  // An empty list of metadata is null, as the real server's conversion leaves it.
  if (shape === 'partial' && items.length === 0) {
    response.end(JSON.stringify({ ...head, items: null }))
    return
  }
  response.write(`${JSON.stringify(head).slice(0, -1)},"items":[`)
  for (let i = 0; i < items.length; i += CHUNK) {
    const chunk = items
      .slice(i, i + CHUNK)
      .map(text)
      .join(',')
    const flushed = response.write(i === 0 ? chunk : `,${chunk}`)
    if (!flushed) await drained(response)
    else if (i > 0) await new Promise<void>((resolve) => setImmediate(resolve))
  }
  response.end(']}')
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.once('drain', resolve)
    response.once('close', resolve)
  })
}
