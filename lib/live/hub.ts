import { newId } from '../kernel/id.ts'
import { type Change, diff, type Json, type Patch, type Whole } from './patch.ts'
import type { Hub } from './port.ts'

export type Message = Patch | Whole
export type Reader = { readonly id: string; readonly roles: readonly string[] }
type Subscriber = { send(message: Message): void; close(): void }

/** A hub as the doors see it: boards go out to subscribers. `W` is who they are. */
export interface LiveHub<W extends Reader = Reader> extends Hub {
  /** Like `source`, for boards that are not the same for everybody. */
  personal(topic: string, make: (topic: string, who: W) => Promise<unknown> | unknown): void
  /** True when some source makes this topic. */
  serves(topic: string): boolean
  /** Sends the whole board of each topic, or nothing where `since` is exactly where the board stands, then patches. */
  subscribe(
    who: W,
    topics: readonly string[],
    since: ReadonlyMap<string, string>,
    send: (message: Message) => void,
    close: () => void,
  ): () => void
  /** Ends every subscription: an open stream keeps the server alive after SIGTERM. */
  hangUp(): void
  readonly subscribers: number
}

export type HubOptions = {
  /** How long after a quiet time the first change may wait for company, in ms. */
  readonly gatherMs?: number
  /** How far apart two publications of one topic are at least, in ms. */
  readonly apartMs?: number
  /** How long after a failure a source is asked again, in ms. */
  readonly retryMs?: number
  readonly onError?: (topic: string, error: unknown) => void
}

type Room<W> = {
  readonly key: string
  readonly topic: string
  /** Whose board it is, where each has their own. */
  readonly who: W
  readonly members: Set<Subscriber>
  /** Who joined since the last making and still needs the whole board. */
  readonly newcomers: Map<Subscriber, string | undefined>
  board: Json | undefined
  rev: number
  lastAt: number
  timer: NodeJS.Timeout | null
  making: boolean
  dirty: boolean
}

type Source<W> = { readonly make: (topic: string, who: W) => unknown; readonly personal: boolean }

/** Boards in this process: made by their sources, published as patches to whoever subscribed. */
export function createHub<W extends Reader = Reader>(options: HubOptions = {}): LiveHub<W> {
  const gather = options.gatherMs ?? 10
  const apart = options.apartMs ?? 80
  const retry = options.retryMs ?? 1000
  const epoch = newId()
  const sources = new Map<string, Source<W>>()
  const rooms = new Map<string, Room<W>>()
  const all = new Set<Subscriber>()

  function sourceOf(topic: string): Source<W> | undefined {
    return sources.get(topic) ?? sources.get(topic.slice(0, topic.indexOf(':') + 1))
  }

  function keyOf(topic: string, who: W): string {
    return sourceOf(topic)?.personal ? `${topic} ${who.id} ${who.roles.join()}` : topic
  }

  function roomOf(topic: string, who: W): Room<W> {
    const key = keyOf(topic, who)
    const found = rooms.get(key)
    if (found) return found
    const made: Room<W> = {
      key,
      topic,
      who,
      members: new Set(),
      newcomers: new Map(),
      board: undefined,
      rev: 0,
      lastAt: 0,
      timer: null,
      making: false,
      dirty: false,
    }
    rooms.set(key, made)
    return made
  }

  function schedule(room: Room<W>): void {
    room.dirty = true
    if (room.timer || room.making) return
    const now = performance.now()
    room.timer = setTimeout(
      () => {
        room.timer = null
        void publish(room)
      },
      Math.max(room.newcomers.size > 0 ? 0 : gather, room.lastAt + apart - now),
    )
  }

  async function publish(room: Room<W>): Promise<void> {
    room.making = true
    room.dirty = false
    const newcomers = new Map(room.newcomers)
    room.newcomers.clear()
    let wait = 0
    try {
      const made = await sourceOf(room.topic)?.make(room.topic, room.who)
      announce(room, made === undefined ? null : (JSON.parse(JSON.stringify(made)) as Json), newcomers)
    } catch (error) {
      options.onError?.(room.topic, error)
      for (const [one, since] of newcomers) room.newcomers.set(one, since)
      room.dirty = true
      wait = retry
    } finally {
      room.lastAt = performance.now() + wait
      room.making = false
      if (room.members.size === 0) rooms.delete(room.key)
      else if (room.dirty) schedule(room)
    }
  }

  function announce(room: Room<W>, board: Json, newcomers: ReadonlyMap<Subscriber, string | undefined>): void {
    const change: Change | null = room.board === undefined ? null : diff(room.board, board)
    const from = room.rev
    if (change || room.board === undefined) room.rev += 1
    room.board = board
    const patch: Patch | null = change && { topic: room.topic, epoch, from, rev: room.rev, ...change }
    for (const member of room.members) {
      const since = newcomers.get(member)
      if (!newcomers.has(member)) patch && member.send(patch)
      else if (since !== `${epoch}:${room.rev}`) member.send({ topic: room.topic, epoch, rev: room.rev, board })
    }
  }

  return {
    source: (topic, make) => void sources.set(topic, { make, personal: false }),
    personal: (topic, make) => void sources.set(topic, { make, personal: true }),
    touch(topic) {
      for (const room of rooms.values()) if (room.topic === topic && room.members.size > 0) schedule(room)
    },
    serves: (topic) => sourceOf(topic) !== undefined,
    subscribe(who, topics, since, send, close) {
      const subscriber: Subscriber = { send, close }
      all.add(subscriber)
      for (const topic of topics) {
        const room = roomOf(topic, who)
        room.members.add(subscriber)
        room.newcomers.set(subscriber, since.get(topic))
        // Whoever joins waits for no pace: its board is made now.
        if (room.timer) clearTimeout(room.timer)
        room.timer = null
        room.lastAt = 0
        schedule(room)
      }
      return () => {
        all.delete(subscriber)
        for (const topic of topics) {
          const room = rooms.get(keyOf(topic, who))
          room?.members.delete(subscriber)
          room?.newcomers.delete(subscriber)
          if (!room || room.members.size > 0 || room.making) continue
          if (room.timer) clearTimeout(room.timer)
          rooms.delete(room.key)
        }
      }
    },
    hangUp() {
      for (const one of [...all]) one.close()
    },
    get subscribers() {
      return all.size
    },
  }
}
