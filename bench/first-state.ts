import { join } from 'node:path'
import { measured, startObjectServer } from './process.ts'
import type { Row } from './table.ts'

type Ours = {
  ms: number
  blockMs: number
  idleMs: number
  turnMs: number
  heapMb: number
  kinds: { apiVersion: string; plural: string; count: number }[]
}
type Bare = { ms: number; heapMb: number; bytes: number; objects: number }
type Fill = 'S' | 'M' | 'L'
type Measured = { readonly rows: Row[]; readonly ours: Ours; readonly bare: Bare }

/** First full state of a cluster of one size, its longest block of the loop and its heap. */
export async function firstState(folder: string, fill: Fill): Promise<Row[]> {
  return (await measure(folder, fill)).rows
}

/** The same at M and at L, and how both grow from one to the other. */
export async function growth(folder: string): Promise<Row[]> {
  const [m, l] = [await measure(folder, 'M'), await measure(folder, 'L')]
  const row = (what: string, of: (one: Measured) => number, unit: string): Row => ({
    what,
    ours: of(l),
    reference: of(m),
    unit,
    against: 'the same at M: no worse than linear',
    atMost: 1,
  })
  return [
    ...m.rows,
    ...l.rows,
    row('first full state per object at L', (one) => (one.ours.ms / one.bare.objects) * 1_000, 'µs'),
    row('heap per object at L', (one) => (one.ours.heapMb / one.bare.objects) * 2 ** 20, 'B'),
  ]
}

async function measure(folder: string, fill: Fill): Promise<Measured> {
  const server = await startObjectServer(join(folder, `kubeconfig-${fill}`), fill)
  try {
    const ours = await measured<Ours>('bench/measure-collect.ts', [server.kubeconfig])
    const bare = await measured<Bare>('bench/measure-bare.ts', [server.kubeconfig, JSON.stringify(ours.kinds)])
    return { ours, bare, rows: rowsOf(fill, ours, bare) }
  } finally {
    server.stop()
  }
}

function rowsOf(fill: Fill, ours: Ours, bare: Bare): Row[] {
  return [
    {
      what: `first full state, ${fill}: ${bare.objects} objects, ${(bare.bytes / 2 ** 20).toFixed(1)} MB`,
      ours: ours.ms,
      reference: bare.ms,
      unit: 'ms',
      against: 'bare paged fetch and parse of the same lists',
      // The bound is for the largest; at the smallest it is the start of a thread that is measured.
      atMost: fill === 'S' ? null : 2,
    },
    {
      what: `longest event-loop block, ${fill}, of its own processor time`,
      ours: ours.turnMs,
      reference: 50,
      unit: 'ms',
      against: 'the bound of 50 ms',
      atMost: 1,
    },
    {
      what: `longest event-loop block, ${fill}, by the wall`,
      ours: ours.blockMs,
      reference: ours.idleMs,
      unit: 'ms',
      against: 'an idle loop in the same process: what the machine adds',
      atMost: null,
    },
    {
      what: `heap of the state, ${fill}`,
      ours: ours.heapMb,
      reference: bare.heapMb,
      unit: 'MB',
      against: 'the same objects kept whole',
      // The smallest is mostly what the program needs whatever it holds.
      atMost: fill === 'S' ? null : 0.15,
    },
  ]
}
