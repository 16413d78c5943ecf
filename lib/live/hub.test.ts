import { expect, test } from 'vitest'
import { createHub, type Message } from './hub.ts'
import { applyPatch, type Held, type Json } from './patch.ts'

const ANYBODY = { id: 'anybody', roles: ['viewer'] }

/** Waits until `seen` holds, without a clock of its own. */
async function until(seen: () => boolean): Promise<void> {
  while (!seen()) await new Promise((resolve) => setTimeout(resolve, 2))
}

function follow(): { held: () => Held | null; take: (message: Message) => void; messages: Message[] } {
  let held: Held | null = null
  const messages: Message[] = []
  const take = (message: Message) => {
    messages.push(message)
    held = 'board' in message ? message : held && applyPatch(held, message)
  }
  return { held: () => held, take, messages }
}

test('a subscriber gets the whole board, then patches that lead to the newest one', async () => {
  const hub = createHub()
  let board: Json = { items: [{ id: 'a', n: 0 }] }
  hub.source('situation', () => board)
  const one = follow()
  hub.subscribe(ANYBODY, ['situation'], new Map(), one.take, () => {})
  await until(() => one.messages.length === 1)
  expect(one.messages[0]).toMatchObject({ topic: 'situation', rev: 1, board: { items: [{ id: 'a', n: 0 }] } })
  for (let n = 1; n <= 50; n++) {
    board = {
      items: [
        { id: 'a', n },
        { id: 'b', n },
      ],
    }
    hub.touch('situation')
    if (n % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await until(() => JSON.stringify(one.held()?.board) === JSON.stringify(board))
  expect(one.messages.length).toBeLessThan(10)
})

test('what did not change is not sent, and who is up to date gets nothing on return', async () => {
  const hub = createHub({ apartMs: 1, gatherMs: 0 })
  let made = 0
  hub.source('run:', (topic) => {
    made++
    return { topic }
  })
  const one = follow()
  hub.subscribe(ANYBODY, ['run:7'], new Map(), one.take, () => {})
  await until(() => one.messages.length === 1)
  hub.touch('run:7')
  await until(() => made === 2)
  const [first] = one.messages
  const again = follow()
  hub.subscribe(ANYBODY, ['run:7'], new Map([['run:7', `${first?.epoch}:${first?.rev}`]]), again.take, () => {})
  const stale = follow()
  hub.subscribe(ANYBODY, ['run:7'], new Map([['run:7', 'another-epoch:1']]), stale.take, () => {})
  await until(() => stale.messages.length === 1)
  expect(one.messages.length).toBe(1)
  expect(again.messages.length).toBe(0)
})

test('nothing is made for a topic that nobody looks at', () => {
  const hub = createHub({ apartMs: 0, gatherMs: 0 })
  hub.source('clusters', () => {
    throw new Error('made for nobody')
  })
  hub.touch('clusters')
  const leave = hub.subscribe(
    ANYBODY,
    ['clusters'],
    new Map(),
    () => {},
    () => {},
  )
  leave()
  expect(hub.subscribers).toBe(0)
})

test('a source that fails is asked again for those who wait, and the board arrives', async () => {
  let tries = 0
  const hub = createHub({ apartMs: 1, retryMs: 1 })
  hub.source('ledger', () => {
    if (++tries < 3) throw new Error('database away')
    return { open: 0 }
  })
  const one = follow()
  hub.subscribe(ANYBODY, ['ledger'], new Map(), one.take, () => {})
  await until(() => one.messages.length === 1)
  expect(one.held()?.board).toEqual({ open: 0 })
})

test('hanging up closes every subscriber', () => {
  const hub = createHub()
  hub.source('a', () => 1)
  let closed = 0
  hub.subscribe(
    ANYBODY,
    ['a'],
    new Map(),
    () => {},
    () => closed++,
  )
  hub.subscribe(
    ANYBODY,
    ['a'],
    new Map(),
    () => {},
    () => closed++,
  )
  hub.hangUp()
  expect(closed).toBe(2)
})

test('a personal board is made for each person, and one touch reaches all of them', async () => {
  const hub = createHub({ apartMs: 1, gatherMs: 0 })
  let n = 0
  hub.personal('run:', (topic, who) => ({ topic, who: who.id, n }))
  const [one, other] = [follow(), follow()]
  hub.subscribe({ id: 'one', roles: [] }, ['run:7'], new Map(), one.take, () => {})
  hub.subscribe({ id: 'other', roles: [] }, ['run:7'], new Map(), other.take, () => {})
  await until(() => one.messages.length === 1 && other.messages.length === 1)
  expect([one.held()?.board, other.held()?.board]).toEqual([
    { topic: 'run:7', who: 'one', n: 0 },
    { topic: 'run:7', who: 'other', n: 0 },
  ])
  n = 1
  hub.touch('run:7')
  await until(() => one.messages.length === 2 && other.messages.length === 2)
})
