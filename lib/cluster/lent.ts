import type https from 'node:https'
import type { ClusterApi } from './port.ts'
import type { ClusterEntry } from './schema.ts'
import { keepingAgent, speak } from './transport.ts'

type Tls = Pick<https.RequestOptions, 'ca' | 'cert' | 'key' | 'pfx' | 'passphrase' | 'rejectUnauthorized' | 'servername' | 'auth'>
/** Credentials as they can be handed to another thread: plain data, good for a short while. */
export type Lent = { readonly server: string; readonly headers: Readonly<Record<string, string>>; readonly tls: Tls }

/** `refused`: the last ones were answered 401, so nothing that was kept of them is good. */
export type Lend = (refused: boolean) => Promise<Lent>

/** How long lent credentials are used before they are asked for anew, ms; a refusal (401) ends them at once. */
const GOOD_FOR = 10_000
/** After a refusal they are asked for anew at most this often, ms. */
const AGAIN = 5_000

/** A connection on borrowed credentials: whoever lends them does what needs the client library, plugins or refresh. */
export function connectLent(entry: ClusterEntry, server: string, lend: Lend): ClusterApi {
  let held: { readonly at: number; readonly lent: Promise<Lent> } | null = null
  let refused = false
  let renewedAt = 0

  function current(): Promise<Lent> {
    if (held !== null && Date.now() - held.at < GOOD_FOR) return held.lent
    const lent = lend(refused).then((fresh) => ({ ...fresh, tls: said(fresh.tls) }))
    refused = false
    const mine = { at: Date.now(), lent }
    held = mine
    lent.catch(() => {
      if (held === mine) held = null
    })
    return lent
  }

  const url = new URL(server)
  return speak({
    name: entry.name,
    mode: entry.mode,
    server: url,
    agent: keepingAgent(url),
    who: null,
    async authenticate(options) {
      const { headers, tls } = await current()
      Object.assign(options, tls)
      options.headers = { ...options.headers, ...headers } as https.RequestOptions['headers'] & object
    },
    renew() {
      if (Date.now() - renewedAt < AGAIN) return false
      renewedAt = Date.now()
      refused = true
      held = null
      return true
    },
  })
}

/** As it was before it crossed threads: there a Buffer becomes plain bytes, which would be compared text by text for each request. */
function said(tls: Tls): Tls {
  return Object.fromEntries(
    Object.entries(tls)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, value instanceof Uint8Array ? Buffer.from(value) : value]),
  )
}
