import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { start } from './start.ts'

/** Boot runs as plain files, unbundled: its workers and child processes are files beside it. */
export async function startHouse(): Promise<void> {
  const file = pathToFileURL(join(process.env.BLACKSTART_ROOT || process.cwd(), 'lib/boot/start.ts')).href
  const boot = (await import(/* turbopackIgnore: true */ file)) as { start: typeof start }
  boot.start()
}
