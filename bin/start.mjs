// npm start: installs, generates and builds what is missing or changed, then serves until SIGINT or SIGTERM.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './build.mjs'
import { install } from './install.mjs'
import { needNode, root, run } from './node.mjs'
import { probe } from './port.mjs'

const env = { ...process.env, BLACKSTART_ROOT: root, BLACKSTART_CWD: process.env.BLACKSTART_CWD ?? process.cwd() }

/** Host and port from environment and blackstart.yaml; a wrong setting ends here, before anything is built. */
function settings() {
  const { status, stdout } = spawnSync(needNode(), [join(root, 'bin', 'show-settings.ts')], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  })
  if (status !== 0) process.exit(status ?? 2)
  return JSON.parse(stdout)
}

async function start() {
  const installed = await install()
  if (installed !== 0) return installed
  const { host, port: wanted } = settings()
  const first = await probe(wanted, host)
  if (first.trouble) return fail(first.trouble)
  const built = await build()
  if (built !== 0) return built
  const next = join(root, 'node_modules', 'next', 'dist', 'bin', 'next')
  const args = ['--import', join(root, 'bin', 'watch-parent.mjs'), next, 'start', '-H', host, '-p', String(first.port)]
  const serve = {
    ...env,
    NODE_ENV: 'production',
    NEXT_MANUAL_SIG_HANDLE: '1',
    NEXT_TELEMETRY_DISABLED: '1',
    HOST: host,
    PORT: String(first.port),
    BLACKSTART_STARTED_BY: String(process.pid),
  }
  return run(needNode(), args, { env: serve })
}

function fail(sentence) {
  console.error(sentence)
  return 2
}

/** The shell that npm runs us in, and npm itself, as far as this system tells. */
function ancestors() {
  try {
    const parentOfShell = readFileSync(`/proc/${process.ppid}/stat`, 'utf8').split(') ').at(-1).split(' ')[1]
    return `${process.ppid} ${parentOfShell}`
  } catch {
    return String(process.ppid)
  }
}

// npm may be killed without a chance to pass it on; then this must not stay behind.
const born = ancestors()
if (process.env.npm_lifecycle_event === 'start') {
  setInterval(() => {
    if (ancestors() !== born) process.kill(process.pid, 'SIGTERM')
  }, 500).unref()
}

process.exit(await start())
