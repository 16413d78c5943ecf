import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node'
import { parse } from 'yaml'
import { at, dict, list, text } from '../kernel/wire.ts'
import type { ClusterEntry } from './schema.ts'
import { messageOf } from './transport.ts'

/** The cluster cannot be configured as it is written; the message names the file, the context and the remedy. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount/token'

export function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(2)) : path
}

/**
 * The configuration of one entry: its own kubeconfig, else what kubectl would take (KUBECONFIG, ~/.kube/config),
 * else the service account of the pod, whose files are below `mounted`. Throws `ConfigError`.
 */
export function loadKubeconfig(entry: Pick<ClusterEntry, 'name' | 'kubeconfig' | 'context'>, mounted = ''): KubeConfig {
  const file = entry.kubeconfig === undefined ? null : expandHome(entry.kubeconfig)
  const where = file ?? 'the default kubeconfig (KUBECONFIG or ~/.kube/config)'
  const config = new KubeConfig()
  if (file !== null && !existsSync(file)) {
    throw new ConfigError(
      `Cluster ${entry.name}: there is no kubeconfig ${file}. Put the file there, or correct \`kubeconfig\` of this cluster in blackstart.yaml.`,
    )
  }
  try {
    if (file !== null) config.loadFromFile(file)
    else if (defaultFiles().length === 0 && existsSync(`${mounted}${SERVICE_ACCOUNT}`)) config.loadFromCluster(mounted)
    else config.loadFromDefault()
  } catch (error) {
    throw new ConfigError(
      `Cluster ${entry.name}: ${where} cannot be read (${messageOf(error)}). Check it with \`kubectl --kubeconfig ${file ?? '…'} config view\`.`,
      { cause: error },
    )
  }
  // What the library makes up when it finds nothing at all.
  if (file === null && config.getCurrentCluster()?.server === 'http://localhost:8080') {
    throw new ConfigError(
      `Cluster ${entry.name}: no kubeconfig was found, and this is no pod of a cluster. Set \`kubeconfig\` of this cluster in blackstart.yaml.`,
    )
  }
  chooseContext(config, entry, where)
  completeUser(config, file === null ? defaultFiles() : [file])
  return config
}

function defaultFiles(): readonly string[] {
  // biome-ignore lint/style/noProcessEnv: the variable is kubectl's own, read as kubectl reads it
  const named = (process.env.KUBECONFIG ?? '').split(delimiter).filter((one) => one !== '')
  return (named.length > 0 ? named : [join(homedir(), '.kube/config')]).filter((one) => existsSync(one))
}

/** What kubectl knows and the library does not: `tokenFile`, read again as it changes, and what an exec plugin is told of its caller. */
function completeUser(config: KubeConfig, files: readonly string[]): void {
  const user = config.getCurrentUser()
  if (user === null) return
  const others = config.users.filter((one) => one.name !== user.name)
  if (user.exec) {
    const info = { apiVersion: user.exec.apiVersion, kind: 'ExecCredential', spec: { interactive: false } }
    const env = [...list(user.exec.env), { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) }]
    config.users = [...others, { ...user, exec: { ...user.exec, env } }]
    return
  }
  const tokenFile = user.token || user.authProvider ? null : tokenFileOf(user.name, files)
  if (tokenFile !== null) config.users = [...others, { ...user, authProvider: { name: 'tokenFile', config: { tokenFile } } }]
}

/** Its path starts at the folder of the kubeconfig that names it; the first file that has the user counts, as for kubectl. */
function tokenFileOf(name: string, files: readonly string[]): string | null {
  for (const file of files) {
    const users = list(at(parse(readFileSync(file, 'utf8')), 'users')).map(dict)
    const found = users.find((one) => one.name === name)
    if (found) return text(at(found, 'user', 'tokenFile')) === '' ? null : resolve(dirname(file), text(at(found, 'user', 'tokenFile')))
  }
  return null
}

function chooseContext(config: KubeConfig, entry: Pick<ClusterEntry, 'name' | 'context'>, where: string): void {
  const known = config.getContexts().map((one) => one.name)
  const list = known.length === 0 ? 'It has no contexts.' : `It has: ${known.join(', ')}.`
  if (entry.context !== undefined) {
    if (!known.includes(entry.context)) {
      throw new ConfigError(
        `Cluster ${entry.name}: context ${entry.context} is not in ${where}. ${list} Correct \`context\` of this cluster in blackstart.yaml.`,
      )
    }
    config.setCurrentContext(entry.context)
  }
  if (config.getContextObject(config.getCurrentContext()) === null) {
    throw new ConfigError(
      `Cluster ${entry.name}: ${where} names no current context. ${list} Set \`context\` of this cluster in blackstart.yaml.`,
    )
  }
  const context = config.getCurrentContext()
  const cluster = config.getCurrentCluster()
  if (cluster === null)
    throw new ConfigError(
      `Cluster ${entry.name}: context ${context} in ${where} names a cluster that the file does not have. Correct the context there.`,
    )
  if (config.getCurrentUser() === null)
    throw new ConfigError(
      `Cluster ${entry.name}: context ${context} in ${where} names a user that the file does not have. Correct the context there.`,
    )
  if (!URL.canParse(cluster.server))
    throw new ConfigError(
      `Cluster ${entry.name}: context ${context} in ${where} has no usable server address ("${cluster.server}"). Correct it there.`,
    )
  if (new URL(cluster.server).protocol === 'http:' && !cluster.skipTLSVerify) {
    throw new ConfigError(`Cluster ${entry.name}: context ${context} in ${where} speaks plain http to ${cluster.server}. Use https there.`)
  }
}
