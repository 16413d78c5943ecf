import { join } from 'node:path'
import { measured, startObjectServer } from './process.ts'
import type { Row } from './table.ts'

type Ours = { ms: number; blockMs: number; heapMb: number; kinds: { apiVersion: string; plural: string; count: number }[] }
type Bare = { ms: number; heapMb: number; bytes: number; objects: number }

/** First full state of a cluster of one size, its longest block of the loop and its heap. */
export async function firstState(folder: string, fill: 'S' | 'M' | 'L'): Promise<Row[]> {
  const server = await startObjectServer(join(folder, `kubeconfig-${fill}`), fill)
  try {
    const ours = await measured<Ours>('bench/measure-collect.ts', [server.kubeconfig])
    const bare = await measured<Bare>('bench/measure-bare.ts', [server.kubeconfig, JSON.stringify(ours.kinds)])
    const size = `${fill}: ${bare.objects} objects, ${(bare.bytes / 2 ** 20).toFixed(1)} MB`
    return [
      {
        what: `first full state, ${size}`,
        ours: ours.ms,
        reference: bare.ms,
        unit: 'ms',
        against: 'bare paged fetch and parse of the same lists',
        atMost: 2,
      },
      {
        what: `longest event-loop block, ${fill}`,
        ours: ours.blockMs,
        reference: 50,
        unit: 'ms',
        against: 'the bound of 50 ms',
        atMost: 1,
      },
      {
        what: `heap of the state, ${fill}`,
        ours: ours.heapMb,
        reference: bare.heapMb,
        unit: 'MB',
        against: 'the same objects kept whole',
        atMost: 0.15,
      },
    ]
  } finally {
    server.stop()
  }
}
