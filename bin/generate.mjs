// Makes lib/db/generated from prisma/*.prisma when they changed. Works without a network.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { needNode, root, run } from './node.mjs'

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
  const code = await run(needNode(), [cli, 'generate', '--schema', 'prisma', '--no-hints'], { env, stdio: ['ignore', 'ignore', 'inherit'] })
  if (code === 0) writeFileSync(mark, inputs)
  return code
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exit(await generate())
