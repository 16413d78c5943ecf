// Runs on any Node from 20 on and without node_modules: what must work before anything else does.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** The Node that npm brought, so that every script runs on the pinned version; null before `npm ci`. */
export function pinnedNode() {
  const names = [`node-${process.platform}-${process.arch}`, `node-bin-${process.platform}-${process.arch}`]
  const found = names.map((name) => join(root, 'node_modules', name, 'bin', 'node')).find((file) => existsSync(file))
  if (found) return found
  return Number(process.versions.node.split('.')[0]) >= 24 ? process.execPath : null
}

/** The pinned Node, or a sentence and the end. */
export function needNode() {
  const node = pinnedNode()
  if (node) return node
  console.error(
    `Blackstart needs Node 24. Run \`npm ci\` in ${root}; if your platform (${process.platform}-${process.arch}) gets none from npm, install Node 24.`,
  )
  process.exit(2)
}

/** Runs a command to its end, passing on SIGINT and SIGTERM; answers its exit code. */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options })
    const pass = (signal) => child.kill(signal)
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
    for (const signal of signals) process.on(signal, pass)
    child.on('error', (error) => {
      console.error(`${command} cannot be run: ${error.message}`)
      resolve(2)
    })
    child.on('close', (code, signal) => {
      for (const one of signals) process.off(one, pass)
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143))
    })
  })
}
