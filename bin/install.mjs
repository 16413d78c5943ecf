// npm ci, when what is installed is not what package-lock.json asks for.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from './node.mjs'

function packages(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : null
}

function complete() {
  const wanted = packages(join(root, 'package-lock.json'))
  const has = packages(join(root, 'node_modules', '.package-lock.json'))
  if (!wanted || !has) return false
  return Object.entries(wanted).every(
    ([path, one]) => path === '' || one.optional || one.devOptional || one.peer || has[path]?.version === one.version,
  )
}

/** Answers an exit code; 0 at once when everything is there. */
export async function install() {
  if (complete()) return 0
  console.log('Installing what package-lock.json names (npm ci) …')
  const npm = process.env.npm_execpath
  const args = ['ci', '--include=dev', '--include=optional', '--no-fund', '--no-audit']
  const code = npm?.endsWith('.js') ? await run(process.execPath, [npm, ...args]) : await run('npm', args)
  if (code !== 0)
    console.error('npm ci failed. Blackstart needs the registry once; a checkout with its node_modules starts without a network.')
  return code
}
