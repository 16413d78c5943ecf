import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { KindState, SlimRecord } from '../cluster/schema.ts'
import type { Delta, History, Inventory, RecordedChange, RecordedEvent } from '../inventory/port.ts'
import { project } from '../inventory/rules.ts'
import { createInventory, type Heard, type InventoryFeed } from '../inventory/store.ts'
import { type Dict, dict, list, text } from '../kernel/wire.ts'

type RawList = { readonly kind: string; readonly path: string; readonly items: readonly unknown[] }
type RawLine = { readonly ms: number; readonly resource: string; readonly type: string; readonly object: unknown }

export type Recording = {
  readonly startedAt: string
  readonly lists: Readonly<Record<string, RawList>>
  readonly lines: readonly RawLine[]
  readonly truth: Truth
}

export type TruthMoment = {
  readonly name: string
  readonly ms: number
  readonly counts: Readonly<Record<string, number>>
  readonly workloads: {
    readonly managed: readonly string[]
    readonly unmanaged: readonly { readonly resource: string; readonly key: string; readonly app: string; readonly uid: string }[]
  }
  readonly terminatingNamespaces: readonly { readonly name: string }[]
} & Readonly<Record<string, unknown>>

export type Truth = {
  readonly marks: readonly { readonly ms: number; readonly text: string; readonly data?: unknown }[]
  readonly moments: readonly TruthMoment[]
  readonly durationMs: number
}

/** Reads one recorded scenario from `folder` (initial.json.gz, watch.jsonl.gz, truth.json). */
export function readRecording(folder: string): Recording {
  const initial = dict(JSON.parse(gunzipSync(readFileSync(join(folder, 'initial.json.gz'))).toString('utf8')))
  const lines = gunzipSync(readFileSync(join(folder, 'watch.jsonl.gz')))
    .toString('utf8')
    .split('\n')
    .filter(Boolean)
  return {
    startedAt: text(initial.startedAt),
    lists: initial.lists as Recording['lists'],
    lines: lines.map((line) => JSON.parse(line) as RawLine),
    truth: JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8')) as Truth,
  }
}

export type Player = {
  readonly inventory: Inventory & InventoryFeed
  /** What a history would have recorded so far, oldest first. */
  readonly changes: readonly RecordedChange[]
  readonly events: readonly RecordedEvent[]
  /** The recorded past as a history would give it, without manifests. */
  readonly history: History
  /** Cluster time now, in ms since the epoch. */
  now(): number
  /** Milliseconds of the recording, its last line included. */
  readonly duration: number
  /** Plays on to this millisecond of the recording, in steps as it arrived. */
  playTo(ms: number, onStep?: (ms: number) => void): void
}

function whatOf(delta: Delta): RecordedChange['what'] {
  if (delta.type === 'gone') return 'gone'
  if (delta.was === null) return 'created'
  return delta.record.deletingAt && !delta.was.deletingAt ? 'deletion-started' : 'changed'
}

const LIVE_ONLY = new Set(['Pod', 'ReplicaSet', 'Job', 'Node', 'EndpointSlice'])

function isRecorded(record: SlimRecord): boolean {
  return !LIVE_ONLY.has(record.kind)
}

/** Feeds a recording through projection and live store, as a collector would; time is that of the recording. */
export function openPlayer(recording: Recording, cluster = 'golden'): Player {
  const inventory = createInventory(cluster)
  const start = Date.parse(recording.startedAt)
  const changes: RecordedChange[] = []
  const events: RecordedEvent[] = []
  const kinds = new Map<string, { apiVersion: string; kind: string }>()
  let at = 0
  let next = 0
  const iso = (ms: number) => new Date(start + ms).toISOString()

  function kindOf(resource: string, sample: Dict): { apiVersion: string; kind: string } {
    const known = kinds.get(resource)
    if (known) return known
    return { apiVersion: text(sample.apiVersion), kind: text(sample.kind) }
  }
  function record(resource: string, object: unknown, ms: number): SlimRecord {
    const kind = kindOf(resource, dict(object))
    return project({ ...dict(object), ...kind }, iso(ms))
  }
  function keep(deltas: readonly Delta[], ms: number): void {
    for (const delta of deltas) {
      const what = whatOf(delta)
      const serverTime = what === 'created' ? delta.record.createdAt : what === 'deletion-started' ? delta.record.deletingAt : null
      changes.push({
        at: serverTime ?? iso(ms),
        observedAt: iso(ms),
        what,
        record: delta.record,
        was: delta.type === 'set' ? delta.was : null,
      })
    }
  }
  function event(object: Dict): void {
    const about = dict(object.involvedObject)
    events.push({
      at: text(object.lastTimestamp) || text(object.eventTime) || text(dict(object.metadata).creationTimestamp),
      type: text(object.type),
      reason: text(object.reason),
      message: text(object.message),
      object: { kind: text(about.kind), namespace: text(about.namespace), name: text(about.name), uid: text(about.uid) },
      source: text(dict(object.source).component) || text(object.reportingComponent),
    })
  }
  function hear(line: RawLine): void {
    if (line.type === 'RELIST') {
      const kind = kinds.get(line.resource)
      if (!kind) return
      const group = kind.apiVersion.includes('/') ? kind.apiVersion.slice(0, kind.apiVersion.indexOf('/')) : ''
      keep(
        inventory.replace(
          group,
          kind.kind,
          list(dict(line.object).items).map((one) => record(line.resource, one, line.ms)),
          iso(line.ms),
        ),
        line.ms,
      )
      return
    }
    if (!['ADDED', 'MODIFIED', 'DELETED'].includes(line.type)) return
    if (line.resource === 'events') {
      if (line.type !== 'DELETED') event(dict(line.object))
      return
    }
    const heard: Heard =
      line.type === 'DELETED'
        ? { type: 'gone', uid: text(dict(dict(line.object).metadata).uid), at: iso(line.ms) }
        : { type: 'set', record: record(line.resource, line.object, line.ms) }
    keep(inventory.apply([heard]), line.ms)
  }

  const states: KindState[] = []
  for (const [resource, raw] of Object.entries(recording.lists)) {
    const apiVersion = raw.path
      .replace(/^\/apis?\//, '')
      .split('/')
      .slice(0, raw.path.startsWith('/apis/') ? 2 : 1)
      .join('/')
    const kind = raw.kind === 'PartialObjectMetadataList' ? 'Secret' : raw.kind.replace(/List$/, '')
    kinds.set(resource, { apiVersion, kind })
    if (resource === 'events') {
      for (const one of raw.items) event(dict(one))
      continue
    }
    inventory.apply(raw.items.map((one) => ({ type: 'set' as const, record: record(resource, one, 0) })))
    states.push({ apiVersion, kind, plural: resource, freshness: 'live', observedAt: iso(0), count: raw.items.length, note: '' })
  }
  inventory.setKinds(states)
  inventory.setFacts({
    version: 'v1.36.0',
    incarnation: inventory.find('Namespace', '', 'kube-system')?.uid ?? '',
    freshness: 'live',
    observedAt: iso(0),
  })
  inventory.setReady(true)

  const first = [...inventory.all()]
  const history: History = {
    async at(instant) {
      const state = new Map(first.map((one) => [one.uid, one]))
      for (const change of changes) {
        if (Date.parse(change.observedAt) > instant.getTime()) break
        if (change.what === 'gone') state.delete(change.record.uid)
        else state.set(change.record.uid, change.record)
      }
      return [...state.values()].filter(isRecorded)
    },
    async changes(from, to, limit = 1_000, { newestFirst = false, uid, namespace, kind, madeAfter, behind } = {}) {
      const found = changes
        .map((one, i) => ({ ...one, place: String(i) }))
        .filter(
          ({ at: when, what, record }) =>
            Date.parse(when) >= from.getTime() &&
            Date.parse(when) < to.getTime() &&
            (uid === undefined || record.uid === uid) &&
            (namespace === undefined || record.namespace === namespace) &&
            (kind === undefined || record.kind === kind) &&
            !(what === 'created' && madeAfter !== undefined && Date.parse(when) <= madeAfter.getTime()),
        )
      if (newestFirst) found.sort((a, b) => Date.parse(b.at) - Date.parse(a.at) || Number(b.place) - Number(a.place))
      const start = behind === undefined ? 0 : found.findIndex((one) => one.place === behind) + 1
      return found.slice(start, start + limit)
    },
    events: async (from, to) => events.filter((one) => Date.parse(one.at) >= from.getTime() && Date.parse(one.at) < to.getTime()),
    async stretch(from, to) {
      const seen = changes.filter(
        (one) => isRecorded(one.record) && Date.parse(one.observedAt) > from.getTime() && Date.parse(one.observedAt) <= to.getTime(),
      )
      return {
        seen: seen.map(({ observedAt, record, what }) => ({ at: observedAt, record, gone: what === 'gone' })),
        gaps: [],
        since: iso(0),
      }
    },
    wholeSince: async () => iso(0),
    manifest: async () => null,
    revision: async () => null,
    gaps: async () => [],
    audit: async () => [],
    manifests: async () => [],
    flush: async () => {},
  }

  return {
    inventory,
    changes,
    events,
    history,
    now: () => start + at,
    duration: recording.lines.at(-1)?.ms ?? 0,
    playTo(ms, onStep) {
      for (let line = recording.lines[next]; line && line.ms <= ms; line = recording.lines[next]) {
        at = line.ms
        hear(line)
        next++
        onStep?.(at)
      }
      at = ms
      onStep?.(at)
    },
  }
}
