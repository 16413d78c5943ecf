/** The names under which this server may be asked for, against DNS rebinding. */
export function hostNames(port: number, configured: readonly string[]): ReadonlySet<string> {
  const loopback = ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`)
  return new Set([...loopback, ...configured.map((name) => name.toLowerCase())])
}

export function knownHost(headers: Headers, known: ReadonlySet<string>): boolean {
  return known.has((headers.get('host') ?? '').toLowerCase())
}

/**
 * Whether a changing request that carries a cookie was made by our own page. Browsers send Sec-Fetch-Site or Origin
 * with every POST; a client that sends neither is no browser, and nobody's cookie can be borrowed through it.
 */
export function ownOrigin(headers: Headers): boolean {
  const site = headers.get('sec-fetch-site')
  const origin = headers.get('origin')
  if (origin !== null) return sameOrigin(origin, headers.get('host') ?? '') && (site === null || site === 'same-origin' || site === 'none')
  return site === null || site === 'same-origin' || site === 'none'
}

function sameOrigin(origin: string, host: string): boolean {
  try {
    const url = new URL(origin)
    return /^https?:$/.test(url.protocol) && url.host.toLowerCase() === new URL(`${url.protocol}//${host}`).host.toLowerCase()
  } catch {
    return false
  }
}
