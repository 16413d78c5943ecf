import { backoff, sleep } from '../kernel/pace.ts'
import { at, type Dict, dict, list, num, text } from '../kernel/wire.ts'
import { collectionPath } from './discovery.ts'
import type { Gate } from './gate.ts'
import { type ApiResponse, type ClusterApi, StreamRefused, Unreachable } from './port.ts'
import type { Freshness, KindRef } from './schema.ts'
import { retryAfterMs } from './transport.ts'

/** Where a reflector tells what it hears; every call is synchronous and in order. */
export type Sink = {
  /** One page of a list that is under way; `first` starts it anew. */
  page(items: readonly Dict[], first: boolean): void
  /** The list is whole: what was not in its pages is gone. */
  listed(): void
  event(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: Dict): void
  /** The server's clock of changes went back: what is held belongs to a past that no longer counts. Nothing of it was deleted. */
  restored(was: string, is: string): void
  changed(state: ReflectorState): void
  /** Asked before a list that will be compared with what is held: throws, or relists, when it is not the same cluster any more. */
  assure?(): Promise<void>
}

export type ReflectorState = {
  readonly freshness: Freshness
  /** Wall time of the last byte heard, ms since the epoch; 0 before the first. */
  readonly heardAt: number
  readonly listedOnce: boolean
  readonly note: string
  /** 401, 403 or TLS: our own fault, which says nothing about the cluster. */
  readonly blind: boolean
}

export type ReflectorOptions = {
  readonly api: ClusterApi
  readonly kind: KindRef
  readonly sink: Sink
  readonly gate: Gate
  /** Lower goes first when many kinds wait for their list. */
  readonly priority?: number
  readonly pageSize?: number
  readonly accept?: string
  readonly fieldSelector?: string
  /** Times in ms, shorter in tests. */
  readonly pace?: Partial<Pace>
}

export type Pace = {
  /** The server is asked to end each watch after a spread of these seconds. */
  readonly watchSeconds: readonly [number, number]
  /** How much longer than that the client waits, ms: a half-open connection ends here. */
  readonly grace: number
  readonly backoffBase: number
  readonly backoffCap: number
  readonly staleAfter: number
  readonly unreachableAfter: number
  readonly listTimeout: number
}

const PACE: Pace = {
  watchSeconds: [30, 40],
  grace: 5_000,
  backoffBase: 500,
  backoffCap: 30_000,
  staleAfter: 45_000,
  unreachableAfter: 60_000,
  listTimeout: 60_000,
}

export interface Reflector {
  readonly kind: KindRef
  state(): ReflectorState
  /** Drops the position and lists again at the next turn. */
  relist(): void
  stop(): Promise<void>
}

/** The position in the stream is too old: only a new list helps. */
class Expired extends Error {}
class Refused extends Error {
  readonly response: ApiResponse
  constructor(response: ApiResponse, doing: string) {
    super(`${doing} was refused with ${response.status}: ${reasonOf(response)}`)
    this.response = response
  }
}

/** Keeps up with one kind for ever: paged list, then watches from its resourceVersion; every failure is met with a pause and another try. */
export function startReflector(options: ReflectorOptions): Reflector {
  const { api, kind, sink, gate } = options
  const pace: Pace = { ...PACE, ...options.pace }
  const path = collectionPath(kind)
  const ended = new AbortController()
  let turn = new AbortController()
  let position = ''
  let failures = 0
  let heardAt = 0
  let listedOnce = false
  let phase: 'catching-up' | 'following' | 'failing' | 'forbidden' | 'no-longer-served' = 'catching-up'
  let note = ''
  let blind = false
  let told = ''

  function state(): ReflectorState {
    return { freshness: freshness(), heardAt, listedOnce, note, blind }
  }

  function freshness(): Freshness {
    if (phase === 'forbidden' || phase === 'no-longer-served') return phase
    const silent = Date.now() - heardAt
    if (phase === 'failing' && failures >= 2 && (heardAt === 0 || silent > pace.unreachableAfter)) return 'unreachable'
    if (!listedOnce) return 'catching-up'
    if (silent > pace.staleAfter) return 'stale'
    // A short break is not yet staleness: the last word is young.
    return phase === 'catching-up' ? 'catching-up' : 'live'
  }

  function tell(): void {
    const now = state()
    const key = `${now.freshness} ${now.listedOnce} ${now.note} ${now.blind}`
    if (key === told) return
    told = key
    sink.changed(now)
  }

  function heard(): void {
    heardAt = Date.now()
    if (failures > 0) {
      failures = 0
      note = ''
      blind = false
    }
  }

  async function listAll(): Promise<void> {
    const before = position
    let token: string | undefined
    let first = true
    let version = ''
    do {
      const answer = await api.request({
        method: 'GET',
        path,
        timeoutMs: pace.listTimeout,
        signal: turn.signal,
        ...(options.accept ? { accept: options.accept } : {}),
        query: { limit: options.pageSize ?? 500, continue: token, fieldSelector: options.fieldSelector },
      })
      if (answer.status === 410) throw new Expired()
      if (answer.status !== 200) throw new Refused(answer, `listing ${kind.plural}`)
      heard()
      const body = dict(answer.body)
      if (!Array.isArray(body.items) && body.items !== null) throw new Error(`the list of ${kind.plural} has no items`)
      version = text(at(body, 'metadata', 'resourceVersion'))
      if (first && isOlder(version, before)) {
        sink.restored(before || lastPosition, version)
        lastPosition = version
      }
      sink.page(list(body.items).map(dict), first)
      first = false
      token = text(at(body, 'metadata', 'continue')) || undefined
    } while (token !== undefined)
    if (turn.signal.aborted) return
    position = version
    listedOnce = true
    phase = 'following'
    sink.listed()
  }

  async function follow(): Promise<void> {
    const [least, most] = pace.watchSeconds
    const seconds = Math.round(least + Math.random() * (most - least))
    const from = position
    let lines = 0
    let trouble: unknown = null
    const stop = new AbortController()
    await api
      .stream(
        {
          method: 'GET',
          path,
          timeoutMs: seconds * 1_000 + pace.grace,
          signal: AbortSignal.any([turn.signal, stop.signal]),
          ...(options.accept ? { accept: options.accept } : {}),
          query: {
            watch: true,
            allowWatchBookmarks: true,
            resourceVersion: from,
            timeoutSeconds: seconds,
            fieldSelector: options.fieldSelector,
          },
        },
        (line) => {
          if (trouble !== null || turn.signal.aborted) return
          try {
            lines++
            read(line)
          } catch (error) {
            trouble = error
            stop.abort()
          }
        },
        () => {
          heard()
          phase = 'following'
          tell()
        },
      )
      .catch((error: unknown) => {
        if (trouble === null) throw error
      })
    if (trouble !== null) throw trouble
    // A server that was set back keeps a watch from its future silent, without even the bookmark that ends every other one.
    if (lines === 0) await checkPosition(from)
  }

  async function checkPosition(from: string): Promise<void> {
    const answer = await api.request({
      method: 'GET',
      path,
      signal: turn.signal,
      ...(options.accept ? { accept: options.accept } : {}),
      query: { limit: 1, fieldSelector: options.fieldSelector },
    })
    if (answer.status === 200 && isOlder(text(at(answer.body, 'metadata', 'resourceVersion')), from)) throw new Expired()
  }

  function read(line: string): void {
    const event = dict(JSON.parse(line))
    const object = dict(event.object)
    heard()
    const version = text(at(object, 'metadata', 'resourceVersion'))
    switch (event.type) {
      case 'BOOKMARK':
        if (isOlder(version, position)) throw new Expired()
        position = version
        return
      case 'ADDED':
      case 'MODIFIED':
      case 'DELETED':
        // Versions of one kind only grow: what goes back is another past, and only a new list tells which.
        if (isOlder(version, position)) throw new Expired()
        if (version === position) return
        position = version
        sink.event(event.type, object)
        return
      case 'ERROR':
        if (num(object.code) === 410) throw new Expired()
        throw new Refused({ status: num(object.code, 500), headers: {}, body: object, text: line }, `watching ${kind.plural}`)
      default:
        throw new Error(`the watch of ${kind.plural} sent a line of an unknown type`)
    }
  }

  async function listInTurn(): Promise<void> {
    phase = 'catching-up'
    const leave = await gate.enter(options.priority ?? 5, turn.signal)
    try {
      if (turn.signal.aborted) return
      if (listedOnce) await sink.assure?.()
      if (turn.signal.aborted) return
      await listAll()
    } finally {
      leave()
    }
  }

  let relists = 0

  async function step(): Promise<void> {
    if (position !== '') {
      await follow()
      relists = 0
      return
    }
    // A server that expires every list at once is not hammered.
    if (relists++ > 0) await sleep(backoff(Math.min(relists - 1, 6), pace.backoffBase / 2, pace.backoffCap), turn.signal)
    if (turn.signal.aborted) return
    await listInTurn()
    tell()
  }

  async function run(): Promise<void> {
    while (!ended.signal.aborted) {
      if (turn.signal.aborted) turn = linked(ended.signal)
      try {
        await step()
      } catch (error) {
        if (turn.signal.aborted) continue
        if (isExpiry(error)) restart()
        else await rest(error)
      }
    }
  }

  /** Keeps the old position as what the next list is compared with. */
  function restart(): void {
    lastPosition = position || lastPosition
    position = ''
  }
  let lastPosition = ''

  async function rest(error: unknown): Promise<void> {
    failures++
    const response = error instanceof StreamRefused ? error.response : error instanceof Refused ? error.response : null
    phase = response?.status === 403 ? 'forbidden' : response?.status === 404 ? 'no-longer-served' : 'failing'
    blind = response ? response.status === 401 || response.status === 403 : error instanceof Unreachable && error.blind
    note = sentence(error, response, kind, position === '' ? 'list' : 'watch')
    tell()
    const asked = response ? retryAfterMs(response) : null
    const pause =
      phase === 'forbidden' || phase === 'no-longer-served' ? pace.backoffCap : backoff(failures - 1, pace.backoffBase, pace.backoffCap)
    const until = turn.signal
    // Staleness shows while we wait, not only when something happens.
    const ticking = setInterval(tell, 1_000)
    await sleep(Math.max(pause, asked ?? 0), until)
    clearInterval(ticking)
  }

  turn = linked(ended.signal)
  const clock = setInterval(tell, 1_000)
  clock.unref()
  const done = run().finally(() => clearInterval(clock))
  return {
    kind,
    state,
    relist() {
      restart()
      turn.abort()
    },
    async stop() {
      ended.abort()
      await done
    },
  }

  function isOlder(version: string, than: string): boolean {
    const reference = than || lastPosition
    return /^\d+$/.test(version) && /^\d+$/.test(reference) && BigInt(version) < BigInt(reference)
  }
}

function isExpiry(error: unknown): boolean {
  return error instanceof Expired || (error instanceof StreamRefused && error.response.status === 410)
}

function linked(parent: AbortSignal): AbortController {
  const child = new AbortController()
  if (parent.aborted) child.abort()
  else parent.addEventListener('abort', () => child.abort(), { once: true })
  return child
}

function reasonOf(response: ApiResponse): string {
  return text(at(response.body, 'message')) || response.text.trim().slice(0, 200)
}

function sentence(error: unknown, response: ApiResponse | null, kind: KindRef, verb: string): string {
  const name = kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`
  if (response === null) return error instanceof Error ? error.message : String(error)
  if (response.status === 403) return `the account may not ${verb} ${name}: grant it the verb "${verb}"`
  if (response.status === 401) return 'the API server does not accept our credentials (401): renew them'
  if (response.status === 404) return `the API server no longer serves ${name}`
  if (response.status === 429) return 'the API server asks us to wait (429)'
  return `the API server answered ${response.status} to ${verb} ${name}: ${reasonOf(response)}`
}
