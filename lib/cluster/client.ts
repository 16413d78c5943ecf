import type https from 'node:https'
import { createKeyring, type Keyring } from './keyring.ts'
import { connectLent, type Lend, type Lent } from './lent.ts'
import type { ClusterApi } from './port.ts'
import type { ClusterEntry } from './schema.ts'
import { speak } from './transport.ts'

/** A way to a cluster that can lend its credentials to another thread; null where the way leads through a proxy. */
export type Connection = { readonly api: ClusterApi; readonly lend: Lend | null }

/** Opens no connection yet: a wrong configuration throws `ConfigError`, a cluster that does not answer shows at the first request. */
export function connect(entry: ClusterEntry): ClusterApi {
  return open(entry).api
}

/** As `connect`, with credentials to lend: exec plugins and token refresh run here, once for all threads. */
export function open(entry: ClusterEntry): Connection {
  const keyring = createKeyring(entry)
  const { server } = keyring
  if (!keyring.proxied) {
    const lend: Lend = (refused) => lent(keyring, refused)
    return { api: connectLent(entry, server.href, lend), lend }
  }
  // Behind a proxy the library's own agent knows the way, and an agent cannot be lent.
  const api = speak({
    name: entry.name,
    mode: entry.mode,
    server,
    authenticate: keyring.fill,
    renew: keyring.renew,
    agent: null,
    who: null,
  })
  return { api, lend: null }
}

async function lent(keyring: Keyring, refused: boolean): Promise<Lent> {
  if (refused) keyring.renew()
  const request: https.RequestOptions = {}
  await keyring.fill(request)
  const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername, auth } = request
  const headers = Object.fromEntries(
    Object.entries(request.headers ?? {}).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  )
  return { server: keyring.server.href, headers, tls: { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername, auth } }
}
