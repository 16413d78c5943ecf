import fc from 'fast-check'
import { expect, test } from 'vitest'
import { at, type Dict, text } from '../kernel/wire.ts'
import { type ApiServer, type Fault, type Resource, startApiServer } from '../testing/api-server.ts'
import { eventually } from '../testing/wait.ts'
import { connect } from './client.ts'
import { createGate } from './gate.ts'
import { startReflector } from './reflector.ts'
import { ClusterEntry } from './schema.ts'

const WIDGETS: Resource = { group: 'acme.test', version: 'v1', kind: 'Widget', plural: 'widgets', namespaced: true }
const ERROR = (code: number) => JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code, message: 'as the test wants it' } })

/** How the next requests are answered. */
const FAULTS: Readonly<Record<string, Fault | null>> = {
  none: null,
  cut: () => 'cut',
  hang: ({ watch }) => (watch ? 'hang' : null),
  'too many requests': () => ({ status: 429, headers: { 'retry-after': '0' }, body: 'later' }),
  broken: () => ({ status: 500 }),
  expired: ({ watch }) => (watch ? { status: 410, body: { kind: 'Status', code: 410 } } : null),
  'expired inside': ({ watch }) => (watch ? { status: 200, lines: [ERROR(410)] } : null),
  'error inside': ({ watch }) => (watch ? { status: 200, lines: [ERROR(500)] } : null),
  'ends at once': ({ watch }) => (watch ? { status: 200, lines: [] } : null),
  unauthorized: () => ({ status: 401 }),
  'no list': ({ watch }) => (watch ? null : { status: 200, body: '<html>proxy</html>' }),
}

type Deed =
  | { readonly do: 'write'; readonly name: string; readonly how: 'put' | 'delete' | 'again'; readonly silent: boolean }
  | { readonly do: 'fault'; readonly name: string }
  | { readonly do: 'cut' | 'end' | 'compact' | 'garbage' | 'set-back' | 'wait' }

const deed: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      how: fc.constantFrom('put' as const, 'put' as const, 'delete' as const, 'again' as const),
      silent: fc.constantFrom(true, false, false),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('fault' as const), name: fc.constantFrom(...Object.keys(FAULTS)) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('cut' as const, 'end', 'compact', 'garbage', 'wait', 'wait') }) },
  { weight: 1, arbitrary: fc.constant({ do: 'set-back' as const }) },
)

type Held = Map<string, { readonly uid: string; readonly version: number }>
const stateOf = (held: Held) => JSON.stringify([...held].sort(([a], [b]) => a.localeCompare(b)))

/** What a server holds, every state it was in, and every event that led from one to the next. */
function world(server: ApiServer) {
  const held: Held = new Map()
  let version = 1_000
  let uids = 0
  let states = [stateOf(held)]
  let events: string[] = []
  const object = (name: string, uid: string, at: number): Dict => ({
    apiVersion: 'acme.test/v1',
    kind: 'Widget',
    metadata: { name, namespace: 'n', uid, resourceVersion: String(at) },
  })
  function emit(type: 'ADDED' | 'MODIFIED' | 'DELETED', name: string, uid: string, silent: boolean): void {
    version++
    if (type === 'DELETED') held.delete(name)
    else held.set(name, { uid, version })
    events.push(`${type} ${name} ${uid} ${version}`)
    states.push(stateOf(held))
    server.emit(WIDGETS, { type, object: object(name, uid, version) }, silent)
  }
  return {
    held,
    states: () => states,
    events: () => events,
    write(name: string, how: 'put' | 'delete' | 'again', silent: boolean): void {
      const known = held.get(name)
      if (known && how !== 'put') emit('DELETED', name, known.uid, silent)
      if (how === 'delete') return
      const stays = known && how === 'put'
      emit(stays ? 'MODIFIED' : 'ADDED', name, stays ? known.uid : `uid-${++uids}`, silent)
    },
    /** The control plane comes back from a backup, once: an older version, and of the objects only the first. */
    setBack(): void {
      if (version < 1_000) return
      const kept = [...held].slice(0, 1)
      version = 50
      held.clear()
      server.forget()
      for (const [name, { uid }] of kept) {
        held.set(name, { uid, version: 40 })
        server.put(WIDGETS, object(name, uid, 40))
      }
      server.setVersion(50)
      states = [stateOf(held)]
      events = []
    },
  }
}

async function play(deeds: readonly Deed[], streaming: boolean): Promise<void> {
  const server = await startApiServer([WIDGETS])
  const truth = world(server)
  const held: Held = new Map()
  let page: Held = new Map()
  /** How many of the truth's events this reader has seen; null while it does not know where it stands. */
  let cursor: number | null = null
  const wrong: string[] = []
  const say = (object: Dict) => ({
    name: text(at(object, 'metadata', 'name')),
    uid: text(at(object, 'metadata', 'uid')),
    version: Number(text(at(object, 'metadata', 'resourceVersion'))),
  })
  server.setVersion(1_000)
  const reflector = startReflector({
    api: connect(ClusterEntry.parse({ name: 'test', kubeconfig: server.kubeconfig })),
    kind: WIDGETS,
    gate: createGate(2),
    streaming: { served: streaming },
    pageSize: 2,
    pace: { watchSeconds: [1, 1], grace: 200, backoffBase: 5, backoffCap: 20, listTimeout: 300 },
    sink: {
      page(items, first) {
        if (first) page = new Map()
        for (const { name, uid, version } of items.map(say)) page.set(name, { uid, version })
      },
      listed() {
        held.clear()
        for (const [name, one] of page) held.set(name, one)
        const index = truth.states().lastIndexOf(stateOf(held))
        // A list that was on its way when the server was set back shows what no longer counts; the next one tells.
        cursor = index < 0 ? null : index
      },
      event(type, object) {
        const { name, uid, version } = say(object)
        if (type === 'DELETED') held.delete(name)
        else held.set(name, { uid, version })
        if (cursor === null) return
        const due = truth.events()[cursor++]
        const came = `${type} ${name} ${uid} ${version}`
        if (due !== undefined && due !== came) wrong.push(`due was "${due}", came "${came}"`)
      },
      restored() {
        held.clear()
        cursor = null
      },
      changed() {},
    },
  })
  try {
    for (const one of deeds) {
      if (one.do === 'write') {
        // What nobody hears is what passes while the connection is gone.
        if (one.silent) server.cut()
        truth.write(one.name, one.how, one.silent)
      } else if (one.do === 'fault') server.setFault(FAULTS[one.name] ?? null)
      else if (one.do === 'cut') server.cut()
      else if (one.do === 'end') server.endWatches()
      else if (one.do === 'compact') server.compact()
      else if (one.do === 'garbage') server.line(WIDGETS, '{"type":"ADDED","obj')
      else if (one.do === 'set-back') {
        truth.setBack()
        cursor = null
        server.endWatches()
      } else await new Promise((resolve) => setTimeout(resolve, 15))
    }
    server.setFault(null)
    server.endWatches()
    await eventually(
      () => [stateOf(held), stateOf(truth.held), reflector.state()] as const,
      ([ours, theirs, state]) => ours === theirs && state.freshness === 'live',
    )
    expect(wrong).toEqual([])
  } finally {
    await reflector.stop()
    await server.stop()
  }
}

test.each([false, true])(
  'whatever a server does, nothing is lost and nothing comes twice (streamed lists: %s)',
  async (streaming) => {
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { minLength: 10, maxLength: 60 }), (deeds) => play(deeds, streaming)),
      { numRuns: 12, endOnFailure: true },
    )
  },
  120_000,
)
