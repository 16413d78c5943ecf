import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type Dict, dict } from '../kernel/wire.ts'
import type { ApiServer, Resource, WatchEvent } from './api-server.ts'

export type GoldenList = {
  readonly apiVersion: string
  readonly kind: string
  readonly path: string
  readonly resourceVersion: string
  readonly items: readonly Dict[]
}
export type GoldenEvent = { readonly ms: number; readonly resource: string; readonly type: string; readonly object: Dict }
export type Recording = {
  readonly startedAt: string
  readonly lists: Readonly<Record<string, GoldenList>>
  readonly events: readonly GoldenEvent[]
  readonly truth: Truth
}

export type MomentResource = {
  readonly gone: readonly string[]
  readonly deleting: readonly { readonly key: string; readonly deletionTimestamp: string }[]
  readonly uidChanged: readonly { readonly key: string; readonly was: string; readonly is: string }[]
  readonly added: readonly string[]
}
export type Moment = { readonly ms: number; readonly name: string; readonly counts: Readonly<Record<string, number>> }
export type Truth = { readonly marks: readonly { readonly ms: number; readonly text: string }[]; readonly moments: readonly Moment[] }

/** What a moment says of one resource against the initial lists; undefined where it was not judged. */
export function judged(moment: Moment, plural: string): MomentResource | undefined {
  const found = (moment as unknown as Readonly<Record<string, unknown>>)[plural]
  return typeof found === 'object' && found !== null && 'gone' in found ? (found as MomentResource) : undefined
}

const ROOT = join(process.cwd(), 'tests/golden')

export function readGolden(path: string): unknown {
  const bytes = readFileSync(join(ROOT, path))
  return JSON.parse((path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'))
}

export function readRecording(scenario: string): Recording {
  const initial = dict(readGolden(`scenarios/${scenario}/initial.json.gz`))
  const lines = gunzipSync(readFileSync(join(ROOT, `scenarios/${scenario}/watch.jsonl.gz`)))
    .toString('utf8')
    .split('\n')
  return {
    startedAt: String(initial.startedAt),
    lists: initial.lists as Recording['lists'],
    events: lines.filter((line) => line !== '').map((line) => JSON.parse(line) as GoldenEvent),
    truth: readGolden(`scenarios/${scenario}/truth.json`) as Truth,
  }
}

/** The resources of a recording as a server would serve them; events and Secrets stay out, for they are not collected as objects. */
export function resourcesOf(recording: Recording): ReadonlyMap<string, Resource> {
  return new Map(
    Object.entries(recording.lists)
      .filter(([plural]) => plural !== 'secrets')
      .map(([plural, list]) => {
        const slash = list.apiVersion.indexOf('/')
        const namespaced = list.items.some((one) => dict(one.metadata).namespace !== undefined)
        return [
          plural,
          {
            group: slash < 0 ? '' : list.apiVersion.slice(0, slash),
            version: list.apiVersion.slice(slash + 1),
            kind: list.kind.replace(/List$/, ''),
            plural,
            namespaced,
          },
        ] as const
      }),
  )
}

/** Puts the initial lists of a recording into a server. */
export function loadRecording(server: ApiServer, recording: Recording, resources: ReadonlyMap<string, Resource>): void {
  for (const [plural, list] of Object.entries(recording.lists)) {
    const resource = resources.get(plural)
    if (resource) for (const item of list.items) server.put(resource, item)
    server.setVersion(Math.max(Number(list.resourceVersion), server.version()))
  }
}

export function play(server: ApiServer, resources: ReadonlyMap<string, Resource>, event: GoldenEvent): void {
  const resource = resources.get(event.resource)
  if (resource && (event.type === 'ADDED' || event.type === 'MODIFIED' || event.type === 'DELETED'))
    server.emit(resource, { type: event.type, object: event.object } satisfies WatchEvent)
}
