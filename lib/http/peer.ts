import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage } from 'node:http'
import { once } from '../kernel/once.ts'

/** Set by us on every request before Next sees it: `near` when it came from this machine and through no proxy. */
export const PEER = 'x-blackstart-peer'

const FORWARDING = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-real-ip',
  'cf-connecting-ip',
  'true-client-ip',
]

/** Next adds forwarding headers of its own, so who really asks can only be told before it. */
export function watchPeers(): void {
  once('http.peers', () => {
    subscribe('http.server.request.start', (message) => {
      const { request } = message as { request: IncomingMessage }
      request.headers[PEER] = peerOf(request.headers, request.socket.remoteAddress ?? '')
    })
    return true
  })
}

export function peerOf(headers: Record<string, unknown>, address: string): 'near' | 'far' {
  const loopback = address === '::1' || address.replace('::ffff:', '').startsWith('127.')
  return loopback && !FORWARDING.some((name) => name in headers) ? 'near' : 'far'
}

const LOOPBACK_HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i

/** True when a request came straight from this machine, asking for a loopback name. */
export function isNear(headers: Headers): boolean {
  return headers.get(PEER) === 'near' && LOOPBACK_HOST.test(headers.get('host') ?? '')
}
