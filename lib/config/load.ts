import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { ConfigError, type Env } from './env.ts'
import { faultText, readYaml } from './read-yaml.ts'
import { type Config, ConfigFile } from './schema.ts'

/**
 * The configuration: `BLACKSTART_CONFIG`, else `blackstart.yaml` in the working directory, else the trial's defaults.
 * Throws `ConfigError` naming file, line, column and what to write. A kubeconfig is not opened here: a cluster whose
 * file is missing is shown broken, and everything else goes on.
 */
export function loadConfig(env: Env): Config {
  const beside = join(env.cwd, 'blackstart.yaml')
  const file = env.config ?? (existsSync(beside) ? beside : null)
  const written = file === null ? ConfigFile.parse({}) : readConfigFile(file)
  const from = file === null ? env.root : dirname(file)
  const data = env.data ?? absolute(written.data ?? '.blackstart', written.data === undefined ? env.cwd : from)
  return {
    file,
    root: env.root,
    data,
    clusters: written.clusters.map((cluster) =>
      cluster.kubeconfig === undefined ? cluster : { ...cluster, kubeconfig: absolute(cluster.kubeconfig, from) },
    ),
    runbooks: written.runbooks.map((path) => runbooksAt(path, from, env.root)),
    services: servicesFile(written.services, from),
    sandbox: written.sandbox,
    server: {
      host: env.host ?? written.server.host ?? '127.0.0.1',
      port: env.port ?? written.server.port ?? 3000,
      hosts: written.server.hosts,
    },
    audit: {
      key: absolute(written.audit.key ?? join(data, 'audit-key.pem'), from),
      anchors: absolute(written.audit.anchors ?? join(data, 'audit-anchors.jsonl'), from),
    },
    checks: written.checks,
    retention: written.retention,
    redact: written.redact,
    database: {
      url: env.databaseUrl ?? null,
      direct: env.databaseDirectUrl ?? env.databaseUrl ?? null,
      owner: env.databaseOwnerUrl ?? env.databaseDirectUrl ?? env.databaseUrl ?? null,
    },
    bootstrapToken: env.bootstrapToken ?? null,
    logLevel: env.logLevel,
  }
}

function readConfigFile(file: string): ConfigFile {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (error as Error).message
    throw new ConfigError(`The configuration ${file} cannot be read: ${why}. Correct BLACKSTART_CONFIG, or unset it to start the trial.`, {
      cause: error,
    })
  }
  const read = readYaml(text, file, ConfigFile)
  if (!read.ok) throw new ConfigError(faultText(read.error))
  const names = new Map<string, number>()
  for (const [i, cluster] of read.value.clusters.entries()) {
    const before = names.get(cluster.name)
    if (before !== undefined)
      throw new ConfigError(`${file}: clusters[${i}].name: clusters[${before}] already has the name ${cluster.name}; give each its own.`)
    names.set(cluster.name, i)
  }
  return read.value
}

/** The shipped runbooks are meant where the folder of that name is not beside the file. */
function runbooksAt(path: string, from: string, root: string): string {
  const at = absolute(path, from)
  return path === 'runbooks' && !existsSync(at) ? join(root, 'runbooks') : at
}

function servicesFile(path: string | undefined, from: string): string | null {
  if (path !== undefined) return absolute(path, from)
  const beside = join(from, 'services.yaml')
  return existsSync(beside) ? beside : null
}

function absolute(path: string, from: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : resolve(from, path)
}
