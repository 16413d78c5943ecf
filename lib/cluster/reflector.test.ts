import { afterEach, beforeEach, expect, test } from 'vitest'
import { at, type Dict, text } from '../kernel/wire.ts'
import { type ApiServer, type Resource, startApiServer } from '../testing/api-server.ts'
import { eventually } from '../testing/wait.ts'
import { connect } from './client.ts'
import { createGate } from './gate.ts'
import { type Reflector, type ReflectorState, type Streaming, startReflector } from './reflector.ts'
import type { Pace } from './reflector-rules.ts'
import { ClusterEntry } from './schema.ts'

const WIDGETS: Resource = { group: 'acme.test', version: 'v1', kind: 'Widget', plural: 'widgets', namespaced: true }
const FAST: Partial<Pace> = { watchSeconds: [1, 1], grace: 300, backoffBase: 20, backoffCap: 100, listTimeout: 500 }

let server: ApiServer
let reflector: Reflector | null = null
beforeEach(async () => {
  server = await startApiServer([WIDGETS])
})
afterEach(async () => {
  await reflector?.stop()
  reflector = null
  await server.stop()
})

function widget(name: string, version: number, uid = `uid-${name}`): Dict {
  return { apiVersion: 'acme.test/v1', kind: 'Widget', metadata: { name, namespace: 'a', uid, resourceVersion: String(version) } }
}

/** Keeps what a reflector says as a reader would, and every single event beside it. */
function follow(pace: Partial<Pace> = {}, streaming: Streaming = { served: false }) {
  const held = new Map<string, string>()
  const events: string[] = []
  const restored: string[] = []
  const states: ReflectorState[] = []
  let lists = 0
  let pages = 0
  let page = new Map<string, string>()
  reflector = startReflector({
    api: connect(ClusterEntry.parse({ name: 'test', kubeconfig: server.kubeconfig })),
    kind: WIDGETS,
    gate: createGate(2),
    streaming,
    pageSize: 2,
    pace: { ...FAST, ...pace },
    sink: {
      page(items, first) {
        if (first) page = new Map()
        pages++
        for (const item of items) page.set(text(at(item, 'metadata', 'name')), text(at(item, 'metadata', 'uid')))
      },
      listed() {
        lists++
        held.clear()
        for (const [name, uid] of page) held.set(name, uid)
      },
      event(type, object) {
        const name = text(at(object, 'metadata', 'name'))
        events.push(`${type} ${name} ${text(at(object, 'metadata', 'resourceVersion'))}`)
        if (type === 'DELETED') held.delete(name)
        else held.set(name, text(at(object, 'metadata', 'uid')))
      },
      restored: (was, is) => void restored.push(`${was}>${is}`),
      changed: (state) => void states.push(state),
    },
  })
  const running = reflector
  return {
    held,
    events,
    restored,
    states,
    lists: () => lists,
    pages: () => pages,
    state: () => running.state(),
    live: () =>
      eventually(
        () => [running.state(), server.watches()] as const,
        ([state, watches]) => state.freshness === 'live' && watches > 0,
      ),
  }
}

test.each([
  ['in pages', { served: false }],
  ['as a stream', { served: true }],
])('lists %s, then follows', async (_name, streaming) => {
  for (let i = 1; i <= 5; i++) server.put(WIDGETS, widget(`w${i}`, i))
  const seen = follow({}, streaming)
  await seen.live()
  expect([...seen.held.keys()].sort()).toEqual(['w1', 'w2', 'w3', 'w4', 'w5'])
  server.emit(WIDGETS, { type: 'ADDED', object: widget('w6', 6) })
  server.emit(WIDGETS, { type: 'DELETED', object: widget('w1', 7) })
  await eventually(
    () => seen.events,
    (events) => events.length === 2,
  )
  expect([...seen.held.keys()].sort()).toEqual(['w2', 'w3', 'w4', 'w5', 'w6'])
  expect([seen.lists(), seen.pages(), server.seen.filter((one) => !one.query.has('watch')).length]).toEqual(
    streaming.served ? [1, 1, 0] : [1, 3, 3],
  )
})

test.each(['refused', 'ignored'] as const)('where a streamed list is %s it is read in pages, and not asked for again', async (how) => {
  server.put(WIDGETS, widget('w1', 1))
  server.setStreaming(how)
  const streaming = { served: true }
  const seen = follow({}, streaming)
  await seen.live()
  server.compact()
  server.emit(WIDGETS, { type: 'ADDED', object: widget('w2', 2) }, true)
  server.compact()
  server.endWatches()
  await eventually(
    () => seen.lists(),
    (lists) => lists === 2,
  )
  expect([...seen.held.keys()].sort()).toEqual(['w1', 'w2'])
  expect(server.seen.filter((one) => one.query.has('sendInitialEvents'))).toHaveLength(1)
  // A server that refuses is not asked for other kinds, either.
  expect(streaming.served).toBe(how === 'ignored')
})

test.each([
  ['ends every watch at once', []],
  ['sends an error into every watch', [JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 500, message: 'etcd is away' } })]],
])('a server that %s is not hammered: the pause grows from the base on', async (_name, lines) => {
  server.setServed([WIDGETS, { ...WIDGETS, plural: 'gadgets' }])
  server.setFault(({ watch }) => (watch ? { status: 200, lines } : null))
  const watches = (plural: string) => server.seen.filter((one) => one.path.endsWith(plural) && one.query.has('watch')).length
  const hasty = startReflector({
    api: connect(ClusterEntry.parse({ name: 'test', kubeconfig: server.kubeconfig })),
    kind: { ...WIDGETS, plural: 'gadgets' },
    gate: createGate(2),
    pace: { ...FAST, backoffBase: 1, backoffCap: 1 },
    sink: { page() {}, listed() {}, event() {}, restored() {}, changed() {} },
  })
  follow({ backoffBase: 500, backoffCap: 100_000 })
  await eventually(
    () => watches('gadgets'),
    (count) => count >= 40,
  )
  await hasty.stop()
  expect(watches('widgets')).toBeLessThan(8)
})

test('a stream that ends is taken up where it ended: nothing lost, nothing twice, no new list', async () => {
  server.put(WIDGETS, widget('w1', 1))
  const seen = follow()
  for (let i = 2; i <= 20; i++) {
    await seen.live()
    server.emit(WIDGETS, { type: 'MODIFIED', object: widget('w1', i) })
    if (i % 3 === 0) server.endWatches()
    if (i % 5 === 0) server.cut()
  }
  await eventually(
    () => seen.events,
    (events) => events.length >= 19,
  )
  expect(seen.events).toEqual(Array.from({ length: 19 }, (_, i) => `MODIFIED w1 ${i + 2}`))
  expect(seen.lists()).toBe(1)
})

test('events that pass while the connection is away are caught up with', async () => {
  const seen = follow()
  await seen.live()
  server.setFault(() => 'cut')
  server.cut()
  server.emit(WIDGETS, { type: 'ADDED', object: widget('late', 9) })
  await eventually(
    () => seen.state().note,
    (note) => note !== '',
  )
  server.setFault(null)
  await eventually(
    () => seen.events,
    (events) => events.length === 1,
  )
  expect(seen.lists()).toBe(1)
})

test.each([
  ['as an event in the stream', null],
  ['as an HTTP status', { status: 410, body: { kind: 'Status', code: 410, reason: 'Expired' } }],
] as const)('an expired position %s leads to a new list, which is compared by uid', async (_name, answer) => {
  server.put(WIDGETS, widget('kept', 1))
  server.put(WIDGETS, widget('again', 2, 'first'))
  const seen = follow()
  await seen.live()
  if (answer) server.setFault(({ watch }) => (watch ? answer : null))
  server.emit(WIDGETS, { type: 'DELETED', object: widget('again', 3, 'first') }, true)
  server.emit(WIDGETS, { type: 'ADDED', object: widget('again', 4, 'second') }, true)
  server.setVersion(10)
  server.compact()
  server.cut()
  await eventually(
    () => seen.held.get('again'),
    (uid) => uid === 'second',
  )
  server.setFault(null)
  expect(seen.held.get('kept')).toBe('uid-kept')
  expect(seen.restored).toEqual([])
})

test.each([
  ['an error of the server', { status: 500 }],
  ['a dead aggregated API', { status: 503, body: 'service unavailable' }],
  ['throttling', { status: 429, headers: { 'retry-after': '1' }, body: 'Too many requests, please try again later.' }],
  ['an expired credential', { status: 401 }],
  ['a page that is no list', { status: 200, body: '<html>proxy</html>' }],
] as const)('after %s it goes on', async (_name, answer) => {
  server.put(WIDGETS, widget('w1', 1))
  server.setFault(() => answer)
  const seen = follow()
  await eventually(
    () => seen.state().note,
    (note) => note !== '',
  )
  expect(seen.state().blind).toBe(answer.status === 401)
  server.setFault(null)
  await seen.live()
  expect(seen.held.size).toBe(1)
  expect(seen.state()).toMatchObject({ note: '', blind: false })
})

test('Retry-After is obeyed: who is asked to wait asks once while another asks many times', async () => {
  const asked = { patient: 0, other: 0 }
  server.setFault(({ path }) => {
    if (path.endsWith('/widgets')) asked.patient++
    else asked.other++
    return path.endsWith('/widgets') ? { status: 429, headers: { 'retry-after': '1' }, body: 'later' } : { status: 500 }
  })
  const other = startReflector({
    api: connect(ClusterEntry.parse({ name: 'test', kubeconfig: server.kubeconfig })),
    kind: { ...WIDGETS, plural: 'gadgets' },
    gate: createGate(2),
    pace: FAST,
    sink: { page() {}, listed() {}, event() {}, restored() {}, changed() {} },
  })
  follow()
  await eventually(
    () => asked.patient,
    (count) => count === 2,
  )
  await other.stop()
  expect(asked.other).toBeGreaterThan(4)
})

test('a forbidden kind says which verb is missing, and comes back when it is granted', async () => {
  server.put(WIDGETS, widget('w1', 1))
  server.setFault(() => ({ status: 403, body: { kind: 'Status', code: 403, message: 'widgets.acme.test is forbidden' } }))
  const seen = follow()
  await eventually(
    () => seen.state(),
    (state) => state.freshness === 'forbidden',
  )
  expect(seen.state().note).toContain('"list"')
  server.setFault(null)
  await seen.live()
})

test('a server that answers nothing is unreachable after two attempts, and what was known stays', async () => {
  server.put(WIDGETS, widget('w1', 1))
  const seen = follow({ unreachableAfter: 200 })
  await seen.live()
  server.setFault(() => 'hang')
  server.cut()
  await eventually(
    () => seen.state().freshness,
    (freshness) => freshness === 'unreachable',
  )
  expect(seen.held.size).toBe(1)
  server.setFault(null)
  await seen.live()
})

test('a half-open stream goes stale and is given up at the deadline', async () => {
  server.put(WIDGETS, widget('w1', 1))
  server.setFault(({ watch }) => (watch ? 'hang' : null))
  const seen = follow({ staleAfter: 100 })
  await eventually(
    () => seen.state().freshness,
    (freshness) => freshness === 'stale',
  )
  server.setFault(null)
  await seen.live()
  expect(seen.lists()).toBe(1)
})

test('a control plane that was set back is told as such, though its watch stays silent', async () => {
  server.put(WIDGETS, widget('old', 100))
  server.put(WIDGETS, widget('newer', 200))
  const seen = follow()
  await seen.live()
  server.forget()
  server.put(WIDGETS, widget('old', 100))
  server.setVersion(100)
  server.endWatches()
  await eventually(
    () => seen.restored,
    (restored) => restored.length > 0,
  )
  expect(seen.restored).toEqual(['200>100'])
  await eventually(
    () => [...seen.held.keys()],
    (names) => names.join() === 'old',
  )
})

test('a line that is no event does not end it', async () => {
  const seen = follow()
  await seen.live()
  const asked = server.seen.length
  server.line(WIDGETS, 'this is not JSON')
  await eventually(
    () => server.seen.length,
    (count) => count > asked,
  )
  await seen.live()
  server.emit(WIDGETS, { type: 'ADDED', object: widget('w1', 5) })
  await eventually(
    () => seen.events,
    (events) => events.length === 1,
  )
})

test('a definition that goes away leaves what was known', async () => {
  server.put(WIDGETS, widget('w1', 1))
  const seen = follow()
  await seen.live()
  server.setServed([])
  await eventually(
    () => seen.state().freshness,
    (freshness) => freshness === 'no-longer-served',
  )
  expect(seen.held.size).toBe(1)
})

test('a streamed list keeps its place in the queue only until it is whole', async () => {
  server.setServed([WIDGETS, { ...WIDGETS, plural: 'gadgets' }])
  const gate = createGate(1)
  const both = ['widgets', 'gadgets'].map((plural) =>
    startReflector({
      api: connect(ClusterEntry.parse({ name: 'test', kubeconfig: server.kubeconfig })),
      kind: { ...WIDGETS, plural },
      gate,
      streaming: { served: true },
      // The watches outlive the test: only one that left its place lets the other in.
      pace: { ...FAST, watchSeconds: [600, 600] },
      sink: { page() {}, listed() {}, event() {}, restored() {}, changed() {} },
    }),
  )
  await eventually(
    () => both.map((one) => one.state().freshness).join(),
    (seen) => seen === 'live,live',
  )
  await Promise.all(both.map((one) => one.stop()))
})
