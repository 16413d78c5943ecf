import { connect } from '../lib/cluster/client.ts'
import type { ClusterApi } from '../lib/cluster/port.ts'
import { ClusterEntry } from '../lib/cluster/schema.ts'
import { sleep } from '../lib/kernel/pace.ts'
import type { Session } from './session.ts'
import { quantile, type Row } from './table.ts'

type Target = { readonly metadata: { readonly name: string; readonly namespace: string } }
type List = { readonly items: readonly Target[]; readonly metadata: { readonly resourceVersion: string } }
/** When each mark was first heard; a reader that saw a later mark of one object has seen the earlier ones overtaken. */
type Heard = Map<number, number>

const PATH = '/apis/apps/v1/deployments'
const PER_SECOND = 200
const SECONDS = 10
const CALM = 30

/** From a change in the cluster to the stream of a browser, beside a bare watch client that sees the same change: one now and then, and 200 a second. */
export async function streamed(session: Session): Promise<Row[]> {
  const api = connect(ClusterEntry.parse({ name: 'bench', kubeconfig: session.kubeconfig, mode: 'drill' }))
  const list = (await api.request({ method: 'GET', path: PATH })).body as List
  const targets = list.items.filter((one) => one.metadata.namespace.startsWith('project-'))
  const [bare, seen]: [Heard, Heard] = [new Map(), new Map()]
  const ending = new AbortController()
  const query = { watch: true, resourceVersion: list.metadata.resourceVersion }
  const watching = api
    .stream({ method: 'GET', path: PATH, query, signal: ending.signal, timeoutMs: 300_000 }, (line) => note(line, bare, targets.length))
    .catch(() => {})
  const answer = await fetch(`${session.server.url}/api/v1/stream?topics=services:sandbox`, {
    headers: session.headers,
    signal: ending.signal,
  })
  const reading = readAll(answer, (text) => note(text, seen, targets.length)).catch(() => {})
  await sleep(1_000)
  for (let i = 0; i < CALM; i++) {
    await patch(api, targets, i)
    await sleep(200)
  }
  const sentAt: Heard = new Map()
  const sent: Promise<void>[] = []
  const startedAt = performance.now()
  for (let i = 0; i < PER_SECOND * SECONDS; i++) {
    sentAt.set(CALM + i, performance.now())
    sent.push(patch(api, targets, CALM + i))
    const due = startedAt + ((i + 1) * 1_000) / PER_SECOND - performance.now()
    if (due > 0) await sleep(due)
  }
  await Promise.all(sent)
  const rate = sent.length / ((performance.now() - startedAt) / 1_000)
  await sleep(3_000)
  ending.abort()
  await Promise.all([watching, reading])
  return [
    ...rows('now and then', late(bare, seen, 0, CALM)),
    ...rows(`at ${rate.toFixed(0)} events/s`, late(bare, seen, CALM, CALM + sent.length)),
    {
      what: 'the bare watch, later than the change was sent, p99',
      ours: quantile(late(sentAt, bare, CALM, CALM + sent.length), 0.99),
      reference: 150,
      unit: 'ms',
      against: 'how busy the machine is, for comparison',
      atMost: null,
    },
  ]
}

async function patch(api: ClusterApi, targets: readonly Target[], i: number): Promise<void> {
  const target = targets[i % targets.length]
  if (!target) throw new Error('the sandbox has no project to change')
  const { namespace, name } = target.metadata
  const answer = await api.request({
    method: 'PATCH',
    path: `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`,
    contentType: 'application/merge-patch+json',
    body: { metadata: { annotations: { 'blackstart.dev/owner': `bench-owner-${i}-x` } } },
  })
  if (answer.status !== 200) throw new Error(`the change was refused with ${answer.status}`)
}

/** Mark `i` belongs to target `i % targets`; the marks before it of the same target count as heard with it. */
function note(text: string, heard: Heard, targets: number): void {
  const now = performance.now()
  for (const [, digits] of text.matchAll(/bench-owner-(\d+)-x/g))
    for (let i = Number(digits); i >= 0 && !heard.has(i); i -= targets) heard.set(i, now)
}

function late(bare: Heard, seen: Heard, from: number, to: number): readonly number[] {
  const found: number[] = []
  for (let i = from; i < to; i++) {
    const [a, b] = [bare.get(i), seen.get(i)]
    if (a !== undefined && b !== undefined) found.push(b - a)
  }
  if (found.length < (to - from) * 0.99) throw new Error(`only ${found.length} of ${to - from} changes came through the stream`)
  return found
}

function rows(how: string, samples: readonly number[]): Row[] {
  return [0.5, 0.99].map((p) => ({
    what: `event to stream, later than a bare watch, ${how}, p${p * 100}`,
    ours: Math.max(0, quantile(samples, p)),
    reference: 150,
    unit: 'ms',
    against: 'the bound of 150 ms',
    atMost: 1,
  }))
}

/** A mark that is cut in two by a chunk is read with the next one. */
async function readAll(answer: Response, take: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of answer.body ?? []) {
    const text = rest + decoder.decode(chunk as Uint8Array, { stream: true })
    take(text)
    rest = text.slice(-32)
  }
}
