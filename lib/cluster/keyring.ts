import type https from 'node:https'
import type { KubeConfig, User } from '@kubernetes/client-node'
import { at, dict, text } from '../kernel/wire.ts'
import { loadKubeconfig } from './kubeconfig.ts'
import { renewSignIn } from './renew-sign-in.ts'
import type { ClusterEntry } from './schema.ts'
import { messageOf } from './transport.ts'

/** An exec plugin or an issuer that says nothing for so long counts as failed, ms. */
const PATIENCE = 30_000
/** A token is exchanged this long before it ends, ms. */
const EARLY = 10_000
/** The kubeconfig is read again at most this often, however often the server refuses, ms. */
const AGAIN = 5_000

/** What opens a cluster: the kubeconfig's credentials, renewed as they end. */
export interface Keyring {
  readonly server: URL
  readonly proxied: boolean
  /** Adds TLS material and headers; throws with the reason and the remedy. */
  fill(request: https.RequestOptions): Promise<void>
  /** The server refused them (401): reads the kubeconfig and its files again and forgets what plugins said. False when that was just done. */
  renew(): boolean
}

/** Throws `ConfigError` when the kubeconfig cannot be used at all. */
export function createKeyring(entry: ClusterEntry): Keyring {
  let config = loadKubeconfig(entry)
  let readAt = 0
  let stale = false
  let filling: Promise<https.RequestOptions> | null = null
  let signIn = oidcOf(config)

  function read(): void {
    const fresh = loadKubeconfig(entry)
    const next = oidcOf(fresh)
    // An issuer that changes the refresh token with each use accepts only the newest, which is ours and not the file's.
    if (signIn === null || next === null || next.file !== signIn.file) {
      config = fresh
      signIn = next
    }
    stale = false
  }

  async function fresh(): Promise<https.RequestOptions> {
    if (stale) read()
    if (signIn !== null) await signIn.freshen()
    const request: https.RequestOptions = { headers: {} }
    await config.applyToHTTPSOptions(request)
    // A token file may end with a newline, which no header may.
    const headers = request.headers as Record<string, unknown>
    if (typeof headers.Authorization === 'string') headers.Authorization = headers.Authorization.trim()
    return request
  }

  /** Asked by many at once, a plugin runs once. */
  function filled(): Promise<https.RequestOptions> {
    filling ??= fresh().finally(() => {
      filling = null
    })
    return filling
  }

  return {
    server: new URL(config.getCurrentCluster()?.server ?? ''),
    proxied: Boolean(config.getCurrentCluster()?.proxyUrl),
    async fill(request) {
      const user = config.getCurrentUser()
      const oidc = signIn !== null
      try {
        const { headers, ...rest } = await inTime(filled())
        Object.assign(request, rest)
        request.headers = { ...request.headers, ...headers } as https.RequestOptions['headers'] & object
      } catch (error) {
        throw new Error(why(error, user, oidc), { cause: error })
      }
    },
    renew() {
      if (Date.now() - readAt < AGAIN) return false
      readAt = Date.now()
      stale = true
      return true
    },
  }
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`nothing was said for ${PATIENCE / 1_000} s`)), PATIENCE)
      }),
    ])
  } finally {
    clearTimeout(timer)
  }
}

function why(error: unknown, user: User | null, oidc: boolean): string {
  const said = messageOf(error).trim()
  const name = user?.name ?? ''
  if (user?.exec) {
    const command = String(user.exec.command)
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? `the exec plugin ${command} of user ${name} is not there: install it where Blackstart runs`
      : `the exec plugin ${command} of user ${name} failed (${said || 'without a word'}): run it by hand where Blackstart runs`
  }
  if (oidc)
    return `the sign-in of user ${name} could not be renewed (${said}): sign in again with kubectl, which writes the kubeconfig anew`
  return said
}

type Oidc = { readonly file: string; freshen(): Promise<void> }

/** OpenID Connect: an id-token is used until shortly before its end and then renewed, in memory; the library's own way to renew fails. */
function oidcOf(config: KubeConfig): Oidc | null {
  const user = config.getCurrentUser()
  if (user?.authProvider?.name !== 'oidc') return null
  const file = JSON.stringify(user.authProvider.config)
  const others = config.users.filter((one) => one.name !== user.name)
  let known = dict(user.authProvider.config)
  return {
    file,
    async freshen() {
      if (Date.now() >= endOf(text(known['id-token'])) - EARLY) {
        const { idToken, refreshToken } = await renewSignIn(known)
        known = { ...known, 'id-token': idToken, 'refresh-token': refreshToken }
      }
      config.users = [...others, { ...user, authProvider: undefined, token: text(known['id-token']) }]
    },
  }
}

/** When a JSON Web Token ends (claim `exp`), ms since the epoch; 0 when it does not say. */
function endOf(token: string): number {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    return Number(at(claims, 'exp')) * 1_000 || 0
  } catch {
    return 0
  }
}
