import { spawnSync } from 'node:child_process'
import { delimiter, dirname } from 'node:path'

/** Older ones ask for `/openapi/v2`, which a server of today need not have. */
const OLDEST = 27

/** The environment for commands that call `kubectl`: the one on the PATH, or `KUBECTL_PATH`. Throws saying what to install. */
export function kubectlEnv(kubeconfig: string): NodeJS.ProcessEnv {
  const { KUBECTL_PATH: named, PATH = '' } = process.env
  const env = { ...process.env, KUBECONFIG: kubeconfig, PATH: named ? `${dirname(named)}${delimiter}${PATH}` : PATH }
  const { stdout } = spawnSync('kubectl', ['version', '--client', '-o', 'json'], { env, encoding: 'utf8' })
  const minor = Number.parseInt(/"minor":\s*"(\d+)/.exec(stdout ?? '')?.[1] ?? '', 10)
  if (minor >= OLDEST) return env
  const found = Number.isNaN(minor) ? 'none was found' : `1.${minor} was found`
  throw new Error(`This test needs kubectl 1.${OLDEST} or newer; ${found}. Install it, or set KUBECTL_PATH to its executable.`)
}
