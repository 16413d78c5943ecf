import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { discardEmbedded } from '../../lib/db/embedded.ts'

const PREFIX = 'blackstart-test-'

/** One folder per test run; what a killed run left behind is cleared away first. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await sweep()
  const folder = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`))
  project.provide('run', { folder, root: process.cwd() })
  return () => clear(folder)
}

async function clear(folder: string): Promise<void> {
  if (existsSync(join(folder, 'db'))) await discardEmbedded(process.cwd(), join(folder, 'db'))
  await rm(folder, { recursive: true, force: true })
}

async function sweep(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(/^blackstart-test-(\d+)-/.exec(name)?.[1])
    // Another run may be clearing the same folder.
    if (pid && !(await isNode(pid))) await clear(join(tmpdir(), name)).catch(() => {})
  }
}

async function isNode(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0)
    return !existsSync('/proc/self') || (await readFile(`/proc/${pid}/cmdline`, 'utf8')).includes('node')
  } catch {
    return false
  }
}
