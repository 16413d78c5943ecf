import type https from 'node:https'
import type { KubeConfig } from '@kubernetes/client-node'
import { loadKubeconfig } from './kubeconfig.ts'
import type { Lent } from './lent.ts'
import type { ClusterApi, Impersonation } from './port.ts'
import type { ClusterEntry } from './schema.ts'
import { keepingAgent, speak } from './transport.ts'

export type ConnectOptions = { readonly impersonate?: Impersonation }

/** A way to a cluster that can lend its credentials to another thread; null where the way leads through a proxy. */
export type Connection = { readonly api: ClusterApi; readonly lend: (() => Promise<Lent>) | null }

/** Opens no connection yet: a wrong configuration throws `ConfigError`, a cluster that does not answer shows at the first request. */
export function connect(entry: ClusterEntry, options: ConnectOptions = {}): ClusterApi {
  return open(entry, options).api
}

/** As `connect`, with credentials to lend: exec plugins and token refresh run here, once for all threads. */
export function open(entry: ClusterEntry, options: ConnectOptions = {}): Connection {
  const config = loadKubeconfig(entry)
  const server = new URL(config.getCurrentCluster()?.server ?? '')
  // Behind a proxy the library's own agent knows the way, and an agent cannot be lent.
  const proxied = Boolean(config.getCurrentCluster()?.proxyUrl)
  const api = speak({
    name: entry.name,
    mode: entry.mode,
    server,
    authenticate: (request) => config.applyToHTTPSOptions(request),
    agent: proxied ? null : keepingAgent(server),
    who: options.impersonate ?? null,
  })
  return { api, lend: proxied ? null : () => lend(config, server) }
}

async function lend(config: KubeConfig, server: URL): Promise<Lent> {
  const request: https.RequestOptions = { headers: {} }
  await config.applyToHTTPSOptions(request)
  const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername, auth } = request
  const headers = Object.fromEntries(
    Object.entries(request.headers ?? {}).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  )
  return { server: server.href, headers, tls: { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername, auth } }
}
