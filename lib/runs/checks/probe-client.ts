import { lookup } from 'node:dns/promises'
import { request as plain } from 'node:http'
import { request as secure } from 'node:https'
import { connect, isIP, type LookupFunction } from 'node:net'
import { connect as secureConnect } from 'node:tls'
import { isForbiddenAddress } from './probe-rules.ts'

const PATIENCE_MS = 5_000
const MOST_BYTES = 200_000

/** It was not even tried: what was asked for leads where no probe goes. */
export class Forbidden extends Error {
  override readonly name = 'Forbidden'
}

type Place = { readonly address: string; readonly family: number }

/** Where a name leads; only an address that may be connected to, and that very address is connected to afterwards. */
async function placeOf(host: string): Promise<Place> {
  const name = host.replace(/^\[|\]$/g, '')
  const places = isIP(name) ? [{ address: name, family: isIP(name) }] : await lookup(name, { all: true })
  const forbidden = places.find((one) => isForbiddenAddress(one.address))
  if (forbidden) throw new Forbidden(`${host} leads to ${forbidden.address}, which is never probed`)
  const [first] = places
  if (!first) throw new Error(`${host} has no address`)
  return first
}

function pinned(place: Place): LookupFunction {
  return (_host, options, done) =>
    options.all ? done(null, [{ address: place.address, family: place.family }]) : done(null, place.address, place.family)
}

export type HttpAnswer = { readonly status: number; readonly location: string; readonly body: string }

/** One GET. Redirects are not followed: they are the answer. */
export async function probeHttp(url: URL, accept = '*/*'): Promise<HttpAnswer> {
  const lookup = pinned(await placeOf(url.hostname))
  const request = url.protocol === 'https:' ? secure : plain
  return new Promise((done, fail) => {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    const asked = request(url, { lookup, signal, agent: false, headers: { accept, 'user-agent': 'blackstart' } }, (answer) => {
      let body = ''
      answer.setEncoding('utf8')
      answer.on('data', (part: string) => {
        body += part
        if (body.length > MOST_BYTES) answer.destroy()
      })
      const end = () => done({ status: answer.statusCode ?? 0, location: answer.headers.location ?? '', body })
      answer.on('end', end)
      answer.on('close', end)
      answer.on('error', fail)
    })
    asked.on('error', (error) => fail(signal.aborted ? new Error(`no answer within ${PATIENCE_MS / 1000} s`) : error))
    asked.end()
  })
}

/** Opens a connection and closes it again. */
export async function probeTcp(host: string, port: number): Promise<void> {
  const { address } = await placeOf(host)
  return new Promise((done, fail) => {
    const socket = connect({ host: address, port, timeout: PATIENCE_MS })
    socket.once('connect', () => {
      socket.destroy()
      done()
    })
    socket.once('timeout', () => socket.destroy(new Error(`no connection within ${PATIENCE_MS / 1000} s`)))
    socket.once('error', fail)
  })
}

/** A handshake that verifies name and chain; answers until when the certificate is valid, in ms since 1970. */
export async function probeTls(host: string, port: number): Promise<number> {
  const { address } = await placeOf(host)
  return new Promise((done, fail) => {
    const servername = isIP(host) ? '' : host
    const socket = secureConnect({ host: address, port, servername, timeout: PATIENCE_MS })
    socket.once('secureConnect', () => {
      const { valid_to } = socket.getPeerCertificate()
      socket.destroy()
      done(Date.parse(valid_to))
    })
    socket.once('timeout', () => socket.destroy(new Error(`no handshake within ${PATIENCE_MS / 1000} s`)))
    socket.once('error', fail)
  })
}
