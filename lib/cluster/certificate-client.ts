import { connect } from 'node:tls'

const PATIENCE_MS = 5_000

/** Until when the certificate that a server shows is valid, RFC 3339; null when it cannot be asked directly. Whether it is trusted is not asked here. */
export function readServerCertificate(server: string): Promise<string | null> {
  const url = URL.canParse(server) ? new URL(server) : null
  if (url?.protocol !== 'https:') return Promise.resolve(null)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return new Promise((answer) => {
    const socket = connect({
      host,
      port: Number(url.port || 443),
      // A name, not an address, is what servers choose their certificate by.
      ...(/[:\d]$/.test(host) ? {} : { servername: host }),
      rejectUnauthorized: false,
      timeout: PATIENCE_MS,
    })
    const end = (notAfter: string | null) => {
      socket.destroy()
      answer(notAfter)
    }
    socket.once('secureConnect', () => {
      const until = Date.parse(socket.getPeerCertificate().valid_to)
      end(Number.isNaN(until) ? null : new Date(until).toISOString())
    })
    socket.once('timeout', () => end(null))
    socket.once('error', () => end(null))
  })
}
