import { connect } from '../lib/cluster/client.ts'
import { ClusterEntry } from '../lib/cluster/schema.ts'
import { sleep } from '../lib/kernel/pace.ts'
import type { Session } from './session.ts'
import { quantile, type Row } from './table.ts'

type Deployment = { metadata: { name: string; namespace: string } }
const ROUNDS = 40

/** From a change in the cluster to the stream of a browser, beside a bare watch client that sees the same change. */
export async function streamed(session: Session): Promise<Row[]> {
  const api = connect(ClusterEntry.parse({ name: 'bench', kubeconfig: session.kubeconfig, mode: 'drill' }))
  const ending = new AbortController()
  const bareAt = new Map<string, number>()
  const seenAt = new Map<string, number>()
  const marks: string[] = []
  const listed = await api.request({ method: 'GET', path: '/apis/apps/v1/deployments' })
  const list = listed.body as { items: Deployment[]; metadata: { resourceVersion: string } }
  const note = (text: string, into: Map<string, number>) => {
    const now = performance.now()
    for (const mark of marks) if (!into.has(mark) && text.includes(mark)) into.set(mark, now)
  }
  const bare = api
    .stream(
      {
        method: 'GET',
        path: '/apis/apps/v1/deployments',
        query: { watch: true, resourceVersion: list.metadata.resourceVersion },
        signal: ending.signal,
      },
      (line) => note(line, bareAt),
    )
    .catch(() => {})
  const answer = await fetch(`${session.server.url}/api/v1/stream?topics=services:sandbox`, {
    headers: session.headers,
    signal: ending.signal,
  })
  const reading = readAll(answer, (text) => note(text, seenAt)).catch(() => {})
  await sleep(1_000)
  const targets = list.items.filter((one) => one.metadata.namespace.startsWith('project-')).slice(0, ROUNDS)
  for (const [i, { metadata }] of targets.entries()) {
    const mark = `bench-owner-${i}-x`
    marks.push(mark)
    await api.request({
      method: 'PATCH',
      path: `/apis/apps/v1/namespaces/${metadata.namespace}/deployments/${metadata.name}`,
      contentType: 'application/merge-patch+json',
      body: { metadata: { annotations: { 'blackstart.dev/owner': mark } } },
    })
    await sleep(150)
  }
  await sleep(3_000)
  ending.abort()
  await Promise.all([bare, reading])
  const late = marks.flatMap((mark) => {
    const [a, b] = [bareAt.get(mark), seenAt.get(mark)]
    return a === undefined || b === undefined ? [] : [b - a]
  })
  if (late.length < marks.length * 0.9) throw new Error(`only ${late.length} of ${marks.length} changes came through the stream`)
  const row = (p: number): Row => ({
    what: `event to stream, later than a bare watch, p${p * 100}`,
    ours: Math.max(0, quantile(late, p)),
    reference: 150,
    unit: 'ms',
    against: 'the bound of 150 ms',
    atMost: 1,
  })
  return [row(0.5), row(0.99)]
}

async function readAll(answer: Response, take: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder()
  for await (const chunk of answer.body ?? []) take(decoder.decode(chunk as Uint8Array, { stream: true }))
}
