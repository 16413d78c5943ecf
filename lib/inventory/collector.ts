import { apiVersionOf, DiscoveryRefused, discover } from '../cluster/discovery.ts'
import { createGate } from '../cluster/gate.ts'
import { type ApiResponse, type ClusterApi, Unreachable } from '../cluster/port.ts'
import { type Reflector, type ReflectorState, type Streaming, startReflector } from '../cluster/reflector.ts'
import type { Pace } from '../cluster/reflector-rules.ts'
import { type ClusterClock, clusterNow } from '../cluster/rules.ts'
import type { ClusterEntry, KindState, SlimRecord } from '../cluster/schema.ts'
import { backoff, sleep } from '../kernel/pace.ts'
import { at, type Dict, dict, text } from '../kernel/wire.ts'
import { isToldEvent, recordedEvent } from './events.ts'
import { createLane, type Kept } from './kept.ts'
import { type CollectedKind, chooseKinds, kindKey } from './kinds.ts'
import { keptManifest, lastChange } from './manifest.ts'
import type { ClusterFacts } from './port.ts'
import { createRedactor } from './redact.ts'
import { project } from './rules.ts'

/** What the collector tells, in order. */
export type Told =
  /** `kept`: its manifest follows for the history. */
  | { readonly say: 'set'; readonly record: SlimRecord; readonly kept: boolean }
  | { readonly say: 'gone'; readonly uid: string; readonly at: string }
  /** The whole list of a kind was told; what is held of it and not named here is gone. */
  | { readonly say: 'listed'; readonly group: string; readonly kind: string; readonly uids: readonly string[]; readonly at: string }
  | { readonly say: 'state'; readonly kinds: readonly KindState[]; readonly facts: ClusterFacts; readonly ready: boolean }
  /** The cluster's past was taken back: what is held no longer counts, and nothing of it was deleted. */
  | { readonly say: 'restored'; readonly note: string }

export type CollectorOptions = {
  readonly api: ClusterApi
  readonly entry: ClusterEntry
  readonly clock: ClusterClock
  readonly redactionKey: Uint8Array
  readonly redactPaths?: readonly string[]
  readonly tell: (told: Told) => void
  readonly keep: (kept: Kept) => void
  readonly pace?: Partial<Pace> & { readonly rediscover?: number; readonly settle?: number }
}

export interface Collector {
  setClock(clock: ClusterClock): void
  /** Tells everything anew, for a listener that has missed some of it. */
  again(): void
  /** Finishes at once what the history has yet to be told. */
  drain(): void
  stop(): Promise<void>
}

type Watching = {
  readonly kind: CollectedKind
  readonly reflector: Reflector
  readonly held: Map<string, string>
  count: number
  seen: Set<string> | null
  gone: boolean
}

/** Names and labels only; without another choice, so that a server that cannot answer so refuses rather than send the whole. */
const METADATA = {
  list: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
  watch: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
}

const CORE_KINDS = new Set(['Namespace', 'Application', 'Deployment', 'StatefulSet', 'DaemonSet', 'Pod'])

/** Discovers what the cluster serves and keeps up with each kind worth it, for ever. */
export function startCollector(options: CollectorOptions): Collector {
  const { api, entry, tell } = options
  const redact = createRedactor(options.redactionKey, options.redactPaths)
  const lane = createLane(redact, options.keep)
  const gate = createGate(2)
  const streaming: Streaming = { served: false }
  const watching = new Map<string, Watching>()
  const ended = new AbortController()
  const tracked = new Set<string>()
  let clock = options.clock
  let facts: ClusterFacts = { version: '', incarnation: '', freshness: 'catching-up', observedAt: null, trouble: '', blind: false }
  let discovered = false
  let discoveryTrouble: { readonly note: string; readonly blind: boolean; readonly since: number } | null = null
  let wake = new AbortController()
  let labelTracking = false
  let trackingSaid = ''
  const argocdBefore3 = new Set<string>()
  let stateDue: NodeJS.Timeout | null = null
  /** Whether the first whole state was told; until then each step of it is told at once. */
  let told = false

  const now = () => new Date(clusterNow(clock)).toISOString()
  /** Before the clock was last set, time passed at the wall's pace as far as anybody knows. */
  const wallToCluster = (ms: number) => new Date(ms < clock.at ? clock.base - (clock.at - ms) : clusterNow(clock, ms)).toISOString()

  /** Manifests are redacted whole before they are hashed; of a slim record only what it holds. */
  function slim(kind: CollectedKind, object: Dict): SlimRecord {
    if (kind.depth !== 'full') return project(object, now(), { labelTracking })
    if (options.redactPaths?.length) return project(redact(object).object, now(), { labelTracking })
    return redact(project(object, now(), { labelTracking })).object as SlimRecord
  }

  function take(one: Watching, raw: Dict): void {
    const { kind } = one
    // Items of a list carry neither apiVersion nor kind.
    const object: Dict =
      kind.depth === 'names' || raw.kind === undefined || raw.kind === ''
        ? { ...raw, apiVersion: apiVersionOf(kind), kind: kind.kind }
        : raw
    const uid = text(at(object, 'metadata', 'uid'))
    one.seen?.add(uid)
    if (kind.depth === 'events') {
      if (isToldEvent(object))
        lane.add({ keep: 'event', event: recordedEvent(object, now()), key: `${uid}:${text(at(object, 'metadata', 'resourceVersion'))}` })
      return
    }
    const version = text(at(object, 'metadata', 'resourceVersion'))
    if (one.held.get(uid) === version) return
    one.held.set(uid, version)
    const record = slim(kind, object)
    notice(record, object)
    const kept = kind.depth === 'full'
    tell({ say: 'set', record, kept })
    if (kept) lane.add({ keep: 'manifest', uid, version, manifest: keptManifest(object), by: lastChange(object) })
  }

  /** What a single object says about the cluster as a whole. */
  function notice(record: SlimRecord, object: Dict): void {
    if (record.kind === 'Namespace' && record.name === 'kube-system' && record.uid !== facts.incarnation) {
      facts = { ...facts, incarnation: record.uid }
      stateSoon()
    }
    if (record.facts.is === 'application') {
      const before = tracked.size
      for (const row of record.facts.resources) tracked.add(`${row.group}/${row.kind}`)
      if (tracked.size > before) rediscoverSoon()
    }
    if (record.kind === 'ConfigMap' && record.name === 'argocd-cm') {
      trackingSaid = text(at(object, 'data', 'application.resourceTrackingMethod'))
      chooseTracking()
    }
    if (record.facts.is === 'workload' && record.labels['app.kubernetes.io/part-of'] === 'argocd') {
      const before3 = record.facts.images.some(isBeforeVersion3)
      if (before3) argocdBefore3.add(record.uid)
      else argocdBefore3.delete(record.uid)
      chooseTracking()
    }
    if (record.kind === 'CustomResourceDefinition' || record.kind === 'APIService') rediscoverSoon()
  }

  /** What argocd-cm says binds; unset, Argo CD tracks by annotation since 3.0 and by label before. */
  function chooseTracking(): void {
    const byLabel = trackingSaid === 'label' || (trackingSaid === '' && argocdBefore3.size > 0)
    if (byLabel === labelTracking) return
    labelTracking = byLabel
    again()
  }

  function drop(one: Watching, object: Dict): void {
    if (one.kind.depth === 'events') return
    const uid = text(at(object, 'metadata', 'uid'))
    one.held.delete(uid)
    const when = now()
    tell({ say: 'gone', uid, at: when })
    if (one.kind.depth === 'full') lane.add({ keep: 'gone', uid, at: when })
    if (one.kind.kind === 'CustomResourceDefinition' || one.kind.kind === 'APIService') rediscoverSoon()
  }

  function watch(kind: CollectedKind): void {
    const one: Watching = {
      kind,
      held: new Map(),
      count: 0,
      seen: null,
      gone: false,
      reflector: startReflector({
        api,
        kind,
        gate,
        streaming,
        priority: kind.priority,
        pageSize: kind.pageSize,
        ...(kind.depth === 'names' ? { accept: METADATA } : {}),
        ...(options.pace ? { pace: options.pace } : {}),
        sink: {
          page(items, first) {
            lane.busy()
            if (first) one.seen = new Set()
            for (const item of items) take(one, item)
          },
          listed() {
            const uids = [...(one.seen ?? [])]
            const { group } = kind
            const when = now()
            if (kind.depth !== 'events') tell({ say: 'listed', group, kind: kind.kind, uids, at: when })
            if (kind.depth === 'full') lane.add({ keep: 'listed', group, kind: kind.kind, uids, at: when })
            for (const uid of one.held.keys()) if (!one.seen?.has(uid)) one.held.delete(uid)
            one.seen = null
            stateSoon()
          },
          event(type, object) {
            if (type === 'DELETED') drop(one, object)
            else take(one, object)
          },
          restored(was, is) {
            startOver(`the control plane was set back: the resourceVersion of ${kind.plural} fell from ${was} to ${is}`, one)
          },
          assure,
          changed(state) {
            if (state.freshness === 'no-longer-served') rediscoverSoon()
            stateSoon()
          },
        },
      }),
    }
    watching.set(kindKey(kind), one)
  }

  function again(): void {
    for (const one of watching.values()) {
      one.held.clear()
      one.reflector.relist()
    }
  }

  /** What is held no longer counts; `but` is listing already. */
  function startOver(note: string, but: Watching | null): void {
    if (but !== null) facts = { ...facts, restored: { at: now(), note } }
    tell({ say: 'restored', note })
    lane.add({ keep: 'restored', note })
    for (const one of watching.values()) {
      one.held.clear()
      // Every other kind was set back as well, and need not say so again.
      if (one !== but) one.reflector.relist(true)
    }
  }

  /** Before lists are compared with what is held: an empty cluster at the old address must not read as a mass deletion. */
  async function assure(): Promise<void> {
    if (facts.incarnation === '') return
    asking ??= api.request({ method: 'GET', path: '/api/v1/namespaces/kube-system', timeoutMs: 10_000 }).finally(() => {
      asking = null
    })
    const answer = await asking
    const uid = answer.status === 200 ? text(at(answer.body, 'metadata', 'uid')) : ''
    if (uid === '' || uid === facts.incarnation) return
    facts = { ...facts, incarnation: uid }
    startOver('another cluster answers at this address', null)
    tellState()
  }
  let asking: Promise<ApiResponse> | null = null

  /** An older server would take a streamed list for an ordinary watch and never say where the list ends. */
  function learnVersion(version: string): void {
    if (version === facts.version) return
    facts = { ...facts, version }
    streaming.served = streamsLists(version)
  }

  /** Starts what is served and wanted, stops what is no longer served; a group whose server is away is left as it is. */
  async function rediscover(): Promise<void> {
    const [version, found] = await Promise.all([api.request({ method: 'GET', path: '/version' }), discover(api)])
    if (version.status === 200) learnVersion(text(dict(version.body).gitVersion))
    const chosen = chooseKinds(found.kinds, { tracked, collect: entry.collect, secrets: entry.secrets })
    const wanted = new Map(chosen.map((kind) => [kindKey(kind), kind]))
    for (const [key, kind] of wanted) {
      const running = watching.get(key)
      if (running && !running.gone && running.kind.version === kind.version) continue
      if (running) await running.reflector.stop()
      watch(kind)
    }
    for (const [key, one] of watching) {
      if (wanted.has(key) || one.gone || found.stale.includes(one.kind.group)) continue
      one.gone = true
      await one.reflector.stop()
    }
    discovered = true
    discoveryTrouble = null
    stateSoon()
  }

  async function run(): Promise<void> {
    let failures = 0
    while (!ended.signal.aborted) {
      wake = new AbortController()
      const woken = AbortSignal.any([ended.signal, wake.signal])
      try {
        await rediscover()
        failures = 0
        await sleep(options.pace?.rediscover ?? 300_000, woken)
        // Several definitions come together; they are looked at together.
        if (!ended.signal.aborted) await sleep(options.pace?.settle ?? (told ? 500 : 20), ended.signal)
      } catch (error) {
        const blind =
          (error instanceof Unreachable && error.blind) ||
          (error instanceof DiscoveryRefused && (error.status === 401 || error.status === 403))
        discoveryTrouble = {
          note: error instanceof Error ? error.message : String(error),
          blind,
          since: discoveryTrouble?.since ?? Date.now(),
        }
        stateSoon()
        await sleep(backoff(failures++, options.pace?.backoffBase ?? 500, options.pace?.backoffCap ?? 30_000), ended.signal)
      }
    }
  }

  function rediscoverSoon(): void {
    wake.abort()
  }

  function stateSoon(): void {
    stateDue ??= setTimeout(
      () => {
        stateDue = null
        if (!ended.signal.aborted) tellState()
      },
      told ? 50 : 5,
    )
  }

  function tellState(): void {
    const seen = [...watching.values()].map((one) => ({ one, state: one.reflector.state() }))
    const kinds = seen.filter(({ one }) => one.kind.depth !== 'events').map(({ one, state }) => kindState(one, state))
    facts = { ...facts, ...summary(seen) }
    const settled = (state: ReflectorState) => state.listedOnce || state.freshness === 'forbidden' || state.freshness === 'no-longer-served'
    const ready = discovered && !wake.signal.aborted && seen.length > 0 && seen.every(({ state }) => settled(state))
    told ||= ready
    tell({ say: 'state', kinds, facts, ready })
  }

  function kindState(one: Watching, state: ReflectorState): KindState {
    const freshness = one.gone ? 'no-longer-served' : state.freshness
    return {
      apiVersion: apiVersionOf(one.kind),
      kind: one.kind.kind,
      plural: one.kind.plural,
      freshness,
      observedAt: state.heardAt === 0 ? null : wallToCluster(state.heardAt),
      count: one.held.size,
      note: one.gone ? `${one.kind.plural} is no longer served; what was known is kept` : state.note,
    }
  }

  function summary(
    seen: readonly { one: Watching; state: ReflectorState }[],
  ): Pick<ClusterFacts, 'freshness' | 'observedAt' | 'trouble' | 'blind'> {
    const core = seen.filter(({ one }) => CORE_KINDS.has(one.kind.kind) && !one.gone)
    // As old as the oldest that counts: one busy kind must not make the quiet ones look young.
    const ages = core.filter(({ state }) => state.freshness !== 'forbidden' && state.heardAt > 0).map(({ state }) => state.heardAt)
    const observedAt = ages.length === 0 ? null : wallToCluster(Math.min(...ages))
    if (core.length === 0) return { observedAt, ...undiscovered() }
    if (core.every(({ state }) => state.freshness === 'forbidden'))
      return { freshness: 'forbidden', observedAt, trouble: core[0]?.state.note ?? '', blind: true }
    const { freshness, trouble, blind } = worstOf(core.map(({ state }) => state))
    if (freshness === 'live') return { freshness, observedAt, trouble: '', blind: false }
    return { freshness, observedAt, trouble: trouble || 'nothing was heard for a while', blind }
  }

  function undiscovered(): Pick<ClusterFacts, 'freshness' | 'trouble' | 'blind'> {
    const lost = discoveryTrouble !== null && Date.now() - discoveryTrouble.since > (options.pace?.unreachableAfter ?? 60_000)
    return {
      freshness: lost || (discoveryTrouble && !discovered) ? 'unreachable' : 'catching-up',
      trouble: discoveryTrouble?.note ?? '',
      blind: discoveryTrouble?.blind ?? false,
    }
  }

  const done = run()
  // Ages grow while nothing happens, and silence must not be mistaken for a live collector.
  const beat = setInterval(tellState, 2_000)
  return {
    setClock(next) {
      clock = next
    },
    again,
    drain: () => lane.drain(),
    async stop() {
      ended.abort()
      clearInterval(beat)
      if (stateDue) clearTimeout(stateDue)
      await Promise.all([done, ...[...watching.values()].map((one) => one.reflector.stop())])
    },
  }
}

const RANK = ['live', 'catching-up', 'stale', 'unreachable'] as const

/** The worst word among kinds that may be read; one that may not be read says nothing about whether the cluster answers. */
function worstOf(states: readonly ReflectorState[]): {
  readonly freshness: (typeof RANK)[number]
  readonly trouble: string
  readonly blind: boolean
} {
  const rank = Math.max(0, ...states.map((state) => RANK.indexOf(state.freshness as (typeof RANK)[number])))
  return {
    freshness: RANK[rank] ?? 'live',
    trouble: states.find((state) => state.note !== '')?.note ?? '',
    blind: states.some((state) => state.blind && state.freshness !== 'forbidden'),
  }
}

/** WatchList is a beta that is on by default since Kubernetes 1.32; a server where it is off refuses it. */
function streamsLists(version: string): boolean {
  const [, major = '0', minor = '0'] = /^v(\d+)\.(\d+)/.exec(version) ?? []
  return Number(major) > 1 || (Number(major) === 1 && Number(minor) >= 32)
}

function isBeforeVersion3(image: string): boolean {
  return /(^|\/)argocd:v[12]\./.test(image)
}
