import { join, resolve } from 'node:path'
import { z } from 'zod'

const optional = z.preprocess((value) => (value === '' ? undefined : value), z.string().optional())
const url = optional.refine(
  (value) => value === undefined || /^postgres(ql)?:\/\//.test(value),
  'write a URL such as postgresql://user:password@host:5432/blackstart',
)

const Variables = z.object({
  PORT: z.preprocess(
    (value) => (value === '' ? undefined : value),
    z.coerce.number('write a port number, such as 3000').int('write a port number, such as 3000').min(0).max(65_535).optional(),
  ),
  HOST: optional,
  DATABASE_URL: url,
  DATABASE_DIRECT_URL: url,
  DATABASE_OWNER_URL: url,
  BLACKSTART_DATA: optional,
  BLACKSTART_CONFIG: optional,
  BLACKSTART_ROOT: optional,
  BLACKSTART_CWD: optional,
  BLACKSTART_BOOTSTRAP_TOKEN: optional.refine(
    (value) => value === undefined || value.length >= 32,
    'write at least 32 characters, such as the output of `openssl rand -hex 32`',
  ),
  BLACKSTART_LOG_LEVEL: z.preprocess(
    (value) => (value === '' ? undefined : value),
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'], 'write trace, debug, info, warn, error or silent').default('info'),
  ),
  KUBECONFIG: optional,
  KUBERNETES_SERVICE_HOST: optional,
})

/** The environment as the rest of the house reads it: paths absolute, empty variables absent. */
export type Env = {
  /** The checkout. */
  readonly root: string
  /** Where the command was given: relative paths start here. */
  readonly cwd: string
  readonly data: string | undefined
  readonly config: string | undefined
  readonly port: number | undefined
  readonly host: string | undefined
  readonly databaseUrl: string | undefined
  /** For LISTEN and session locks, which no transaction pooler passes on. */
  readonly databaseDirectUrl: string | undefined
  /** The role that migrates and owns the tables; the application's own role then lacks the right to change the chain. */
  readonly databaseOwnerUrl: string | undefined
  readonly bootstrapToken: string | undefined
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent'
  readonly kubeconfig: string | undefined
  readonly inCluster: boolean
  readonly production: boolean
}

/** A wrong setting of the person who starts the program: `message` is for them, as it stands. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** Throws `ConfigError` naming the variable and what to write. */
export function readEnv(variables: Readonly<Record<string, string | undefined>> = process.env): Env {
  const parsed = Variables.safeParse(variables)
  if (!parsed.success) throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}.`).join('\n'))
  const is = parsed.data
  const root = resolve(is.BLACKSTART_ROOT ?? process.cwd())
  const cwd = resolve(is.BLACKSTART_CWD ?? root)
  return {
    root,
    cwd,
    data: is.BLACKSTART_DATA === undefined ? undefined : resolve(cwd, is.BLACKSTART_DATA),
    config: is.BLACKSTART_CONFIG === undefined ? undefined : resolve(cwd, is.BLACKSTART_CONFIG),
    port: is.PORT,
    host: is.HOST,
    databaseUrl: is.DATABASE_URL,
    databaseDirectUrl: is.DATABASE_DIRECT_URL,
    databaseOwnerUrl: is.DATABASE_OWNER_URL,
    bootstrapToken: is.BLACKSTART_BOOTSTRAP_TOKEN,
    logLevel: is.BLACKSTART_LOG_LEVEL,
    kubeconfig: is.KUBECONFIG,
    inCluster: is.KUBERNETES_SERVICE_HOST !== undefined,
    production: variables.NODE_ENV === 'production',
  }
}

/** The migrations of this checkout. */
export function migrationsFolder(env: Pick<Env, 'root'>): string {
  return join(env.root, 'prisma', 'migrations')
}
