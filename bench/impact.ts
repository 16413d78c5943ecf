import { join } from 'node:path'
import { measured, startSandboxProcess } from './process.ts'
import type { Row } from './table.ts'

type Measured = { full: number; one: number; objects: number }

/** Impact of one changed object beside a recompute of every service, at the largest size. */
export async function impactOfOne(folder: string): Promise<Row[]> {
  const sandbox = await startSandboxProcess(join(folder, 'kubeconfig-impact'), 'L')
  try {
    const { full, one, objects } = await measured<Measured>('bench/measure-impact.ts', [sandbox.kubeconfig])
    return [
      {
        what: `impact of one changed object among ${objects}`,
        ours: one,
        reference: full,
        unit: 'ms',
        against: 'full recompute of the same state',
        atMost: 0.01,
      },
    ]
  } finally {
    sandbox.stop()
  }
}
