// Makes lib/db/generated from prisma/*.prisma when they changed. Works without a network.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { needNode, root } from './node.mjs'

const OUT = join(root, 'lib', 'db', 'generated')

/** Answers an exit code; 0 at once when nothing changed. */
export async function generate() {
  const hash = createHash('sha256').update(readFileSync(join(root, 'node_modules', 'prisma', 'package.json')))
  const folder = join(root, 'prisma')
  for (const name of readdirSync(folder)
    .filter((one) => one.endsWith('.prisma'))
    .sort())
    hash.update(name).update(readFileSync(join(folder, name)))
  const inputs = hash.digest('hex')
  const mark = join(OUT, '.inputs')
  if (existsSync(mark) && readFileSync(mark, 'utf8') === inputs) return 0
  const cli = join(root, 'node_modules', 'prisma', 'build', 'index.js')
  // Any executable does: generating needs no engine, but without this variable Prisma downloads one.
  const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, PRISMA_HIDE_UPDATE_MESSAGE: '1', CHECKPOINT_DISABLE: '1' }
  const { status, stdout, stderr } = spawnSync(needNode(), [cli, 'generate', '--schema', 'prisma', '--no-hints'], {
    cwd: root,
    env,
    encoding: 'utf8',
  })
  if (status === 0) writeFileSync(mark, inputs)
  else console.error(`${stdout}${stderr}`)
  return status ?? 2
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exit(await generate())
