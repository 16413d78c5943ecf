import { backoff, sleep } from '../kernel/pace.ts'
import { at, type Dict, dict, list, text } from '../kernel/wire.ts'
import { collectionPath } from './discovery.ts'
import type { Gate } from './gate.ts'
import { type ApiRequest, type ClusterApi, StreamRefused, Unreachable } from './port.ts'
import {
  Expired,
  INITIAL_END,
  isExpiry,
  isNotStreamed,
  isOlder,
  NotStreamed,
  PACE,
  PAGE,
  type Pace,
  Refused,
  refusal,
  SHORT,
  sentence,
} from './reflector-rules.ts'
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
  /** Whether this server streams lists (WatchList); asked before each list, told when it turns out not to. */
  readonly streaming?: Streaming
  /** Lower goes first when many kinds wait for their list. */
  readonly priority?: number
  readonly pageSize?: number
  /** What is asked for where whole objects are too much; a list and a watch have names of their own for it. */
  readonly accept?: { readonly list: string; readonly watch: string }
  readonly fieldSelector?: string
  /** Times in ms, shorter in tests. */
  readonly pace?: Partial<Pace>
}

/** One for all reflectors of a cluster: whether it may be asked for a list as a stream. */
export type Streaming = { served: boolean }

export interface Reflector {
  readonly kind: KindRef
  state(): ReflectorState
  /** Drops the position and lists again at the next turn; `afresh`: the old position belongs to a past that no longer counts. */
  relist(afresh?: boolean): void
  stop(): Promise<void>
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
    let token: string | undefined
    let first = true
    let version = ''
    do {
      const answer = await api.request({
        method: 'GET',
        path,
        timeoutMs: pace.listTimeout,
        signal: turn.signal,
        ...(options.accept ? { accept: options.accept.list } : {}),
        query: { limit: options.pageSize ?? 500, continue: token, fieldSelector: options.fieldSelector },
      })
      if (answer.status === 410) throw new Expired()
      if (answer.status !== 200) throw new Refused(answer, `listing ${kind.plural}`)
      heard()
      const body = dict(answer.body)
      if (!Array.isArray(body.items) && body.items !== null) throw new Error(`the list of ${kind.plural} has no items`)
      version = text(at(body, 'metadata', 'resourceVersion'))
      if (first) noticeRestore(version)
      sink.page(list(body.items).map(dict), first)
      first = false
      token = text(at(body, 'metadata', 'continue')) || undefined
    } while (token !== undefined)
    if (!turn.signal.aborted) whole(version)
  }

  function whole(version: string): void {
    position = version
    listedOnce = true
    phase = 'following'
    sink.listed()
  }

  /** One watch; the lines go to `read`, which may throw to end it. */
  async function watch(
    query: ApiRequest['query'],
    read: (line: string) => void,
    opened: () => void,
    cut = new AbortController(),
  ): Promise<void> {
    const [least, most] = pace.watchSeconds
    const seconds = Math.round(least + Math.random() * (most - least))
    const startedAt = Date.now()
    let trouble: unknown = null
    shaken = true
    await api
      .stream(
        {
          method: 'GET',
          path,
          timeoutMs: seconds * 1_000 + pace.grace,
          signal: AbortSignal.any([turn.signal, cut.signal]),
          ...(options.accept ? { accept: options.accept.watch } : {}),
          query: { watch: true, allowWatchBookmarks: true, timeoutSeconds: seconds, fieldSelector: options.fieldSelector, ...query },
        },
        (line) => {
          if (trouble !== null || turn.signal.aborted) return
          try {
            read(line)
          } catch (error) {
            trouble = error
            cut.abort()
          }
        },
        opened,
      )
      .catch((error: unknown) => {
        if (trouble === null) throw error
      })
    if (trouble !== null) throw trouble
    shaken = Date.now() - startedAt < seconds * 800
  }

  function opened(): void {
    // An open stream is a sign of life, not yet of success: what follows it may be another error.
    heardAt = Date.now()
    note = ''
    blind = false
    tell()
  }

  async function follow(): Promise<void> {
    const from = position
    // A control plane that comes back from a backup cuts every watch, and may have grown past our position before one would tell.
    if (shaken && isOlder(await currentVersion(), from)) throw new Expired()
    const openedAt = Date.now()
    let lines = 0
    await watch(
      { resourceVersion: from },
      (line) => {
        lines++
        read(line)
      },
      () => {
        phase = 'following'
        opened()
      },
    )
    heard()
    // A server that was set back keeps a watch from its future silent, without even the bookmark that ends every other one.
    if (lines === 0 && isOlder(await currentVersion(), from)) throw new Expired()
    // One that ends every watch at once is not hammered.
    short = Date.now() - openedAt < SHORT ? short + 1 : 0
    if (short > 1) await sleep(backoff(short - 2, pace.backoffBase, pace.backoffCap), turn.signal)
  }

  /** The list as the beginning of a watch, which goes on after it: what the server holds ready comes one by one, and `leave` frees the place in the queue. */
  async function listStreaming(leave: () => void): Promise<void> {
    // What is told page by page cannot be taken back, so whether the server was set back is asked before.
    if (lastPosition !== '') noticeRestore(await currentVersion())
    const cut = new AbortController()
    let page: Dict[] = []
    let first = true
    let told = false
    let lineAt = Date.now()
    const turnOver = (): void => {
      if (page.length === 0 && !first) return
      sink.page(page, first)
      first = false
      page = []
    }
    const begin = (line: string): void => {
      const event = dict(JSON.parse(line))
      const object = dict(event.object)
      if (event.type === 'ERROR') throw refusal(object, line, kind)
      heard()
      lineAt = heardAt
      if (event.type === 'ADDED') {
        page.push(object)
        if (page.length >= PAGE) turnOver()
        return
      }
      if (event.type !== 'BOOKMARK' || at(object, 'metadata', 'annotations', INITIAL_END) !== 'true') throw new NotStreamed()
      const version = text(at(object, 'metadata', 'resourceVersion'))
      if (isOlder(version, lastPosition)) throw new Expired()
      turnOver()
      whole(version)
      told = true
      leave()
      tell()
    }
    // Who does not know how to stream a list sends what there is and then waits for changes.
    const patience = setInterval(() => {
      if (!told && Date.now() - lineAt > pace.grace) cut.abort()
    }, 500)
    try {
      await watch(
        { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' },
        (line) => (told ? read(line) : begin(line)),
        opened,
        cut,
      )
    } catch (error) {
      throw cut.signal.aborted && error instanceof Unreachable ? new NotStreamed() : error
    } finally {
      clearInterval(patience)
    }
    if (!told && !turn.signal.aborted) throw new NotStreamed()
  }

  function noticeRestore(version: string): void {
    if (!isOlder(version, lastPosition)) return
    const was = lastPosition
    lastPosition = version
    sink.restored(was, version)
  }

  /** Where the server stands now, from a list of one; '' when it does not say. */
  async function currentVersion(): Promise<string> {
    const answer = await api.request({
      method: 'GET',
      path,
      timeoutMs: Math.min(pace.listTimeout, 10_000),
      signal: turn.signal,
      ...(options.accept ? { accept: options.accept.list } : {}),
      query: { limit: 1, fieldSelector: options.fieldSelector },
    })
    return answer.status === 200 ? text(at(answer.body, 'metadata', 'resourceVersion')) : ''
  }

  function read(line: string): void {
    const event = dict(JSON.parse(line))
    const object = dict(event.object)
    if (event.type !== 'ERROR') heard()
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
        throw refusal(object, line, kind)
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
      if (streamed && options.streaming?.served) {
        try {
          return await listStreaming(leave)
        } catch (error) {
          if (!isNotStreamed(error)) throw error
          // A server that refuses does so for every kind; one that answers otherwise may do so for this kind alone.
          if (error instanceof StreamRefused && error.response.status !== 403 && options.streaming) options.streaming.served = false
          streamed = false
        }
      }
      await listAll()
    } finally {
      leave()
    }
  }

  let relists = 0
  let streamed = true
  let short = 0
  /** Whether the last watch ended before its time. */
  let shaken = false

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
    note = sentence(error, response, kind, error instanceof StreamRefused ? 'watch' : 'list')
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
    relist(afresh = false) {
      restart()
      if (afresh) lastPosition = ''
      turn.abort()
    },
    async stop() {
      ended.abort()
      await done
    },
  }
}

function linked(parent: AbortSignal): AbortController {
  const child = new AbortController()
  if (parent.aborted) child.abort()
  else parent.addEventListener('abort', () => child.abort(), { once: true })
  return child
}
