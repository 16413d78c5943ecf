// Makes the production build when its inputs changed.
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generate } from './generate.mjs'
import { install } from './install.mjs'
import { needNode, root, run } from './node.mjs'

const INPUTS = [
  'app',
  'components',
  'lib',
  'public',
  'prisma',
  'instrumentation.ts',
  'proxy.ts',
  'next.config.js',
  'postcss.config.mjs',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
]
const MARK = join(root, '.next', 'blackstart-inputs')

function* files(path) {
  if (!existsSync(path)) return
  if (!lstatSync(path).isDirectory()) return void (yield path)
  for (const name of readdirSync(path).sort()) if (name !== 'generated' && !name.includes('.test.')) yield* files(join(path, name))
}

function inputs() {
  const hash = createHash('sha256')
  for (const input of INPUTS)
    for (const file of files(join(root, input))) hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0')
  return hash.digest('hex')
}

/** Answers an exit code; 0 at once when nothing changed. */
export async function build() {
  const code = (await install()) || (await generate())
  if (code !== 0) return code
  const now = inputs()
  if (existsSync(MARK) && existsSync(join(root, '.next', 'BUILD_ID')) && readFileSync(MARK, 'utf8') === now) return 0
  rmSync(MARK, { force: true })
  console.log('Building (next build): once, and after each change …')
  const next = join(root, 'node_modules', 'next', 'dist', 'bin', 'next')
  const built = await run(needNode(), [next, 'build'], {
    env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', BLACKSTART_ROOT: root },
  })
  if (built === 0) writeFileSync(MARK, now)
  return built
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exit(await build())
