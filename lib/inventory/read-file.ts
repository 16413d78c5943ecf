import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { no, type Result } from '../kernel/result.ts'
import type { FromFile, ManifestFault } from './read-manifests.ts'

/** A file that takes longer is not one that people wrote, ms. */
const PATIENCE = 60_000
const MEMORY_MB = 1_024

/** Reads manifests in a thread of its own, so that a large or a hostile file costs nobody else anything. */
export function readFile(source: string): Promise<Result<readonly FromFile[], readonly ManifestFault[]>> {
  const refused = (message: string) => no([{ line: 1, message }])
  return new Promise((resolve) => {
    const worker = new Worker(join(/* turbopackIgnore: true */ process.cwd(), 'lib/inventory/manifests-worker.ts'), {
      workerData: source,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
    })
    const patience = setTimeout(() => {
      resolve(refused(`the file takes longer than ${PATIENCE / 1000} s to read: bring it in parts, or as JSON`))
      void worker.terminate()
    }, PATIENCE)
    worker.on('message', (said: string) => resolve(JSON.parse(said)))
    worker.on('error', (error) => resolve(refused(`the file cannot be read: ${error.message}`)))
    worker.on('exit', () => {
      clearTimeout(patience)
      resolve(refused('the file cannot be read'))
    })
  })
}
