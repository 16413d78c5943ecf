import http from 'node:http'
import https from 'node:https'
import { StringDecoder } from 'node:string_decoder'
import { type ApiRequest, type ApiResponse, type ClusterApi, type Impersonation, StreamRefused, Unreachable } from './port.ts'
import type { ClusterMode } from './schema.ts'

/** How long one exchange may take when the caller does not say, in ms. */
const DEADLINE = 30_000
const TLS_FAULT = /^(CERT_|ERR_TLS|ERR_SSL|UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED|HOSTNAME_MISMATCH|INVALID_CA|CRL_|ERR_OSSL|EPROTO)/

/** Adds what lets a request in (TLS material, headers, an agent where a proxy is between); a failure is our own trouble. */
export type Authenticate = (options: https.RequestOptions) => Promise<void>
/** The way to one API server. `agent` null leaves the choice to `authenticate`. */
export type Transport = {
  readonly name: string
  readonly mode: ClusterMode
  readonly server: URL
  readonly authenticate: Authenticate
  readonly agent: http.Agent | null
  /** Told of a 401: drops the credentials; true when fresh ones are worth another try. */
  readonly renew: () => boolean
  readonly who: Impersonation
}

/** Speaks HTTP to an API server with credentials from anywhere; needs no client library. */
export function speak(transport: Transport): ClusterApi {
  return {
    name: transport.name,
    mode: transport.mode,
    server: transport.server.href,
    async request(request) {
      const answer = await exchange(transport, request)
      // A 401 says that nothing was done, so that even a change may be sent again.
      return answer.status === 401 && transport.renew() ? exchange(transport, request) : answer
    },
    async stream(request, onLine, onOpen) {
      try {
        await follow(transport, request, onLine, onOpen)
      } catch (error) {
        if (!(error instanceof StreamRefused) || error.response.status !== 401 || !transport.renew()) throw error
        await follow(transport, request, onLine, onOpen)
      }
    },
    as: (who) => speak({ ...transport, who }),
  }
}

/** Keeps connections open, so that hundreds of requests pay for a handful of handshakes. */
export function keepingAgent(server: URL): http.Agent {
  const options = { keepAlive: true, maxSockets: 128, timeout: 0 }
  return server.protocol === 'http:' ? new http.Agent(options) : new https.Agent(options)
}

async function exchange(transport: Transport, request: ApiRequest): Promise<ApiResponse> {
  const deadline = AbortSignal.timeout(request.timeoutMs ?? DEADLINE)
  const response = await open(transport, request, deadline)
  try {
    return await whole(response)
  } catch (error) {
    throw unreachable(transport, request, error, deadline)
  }
}

async function follow(transport: Transport, request: ApiRequest, onLine: (line: string) => void, onOpen?: () => void): Promise<void> {
  const deadline = AbortSignal.timeout(request.timeoutMs ?? DEADLINE)
  const response = await open(transport, request, deadline)
  if ((response.statusCode ?? 0) >= 300) {
    let refused: ApiResponse
    try {
      refused = await whole(response)
    } catch (error) {
      throw unreachable(transport, request, error, deadline)
    }
    throw new StreamRefused(refused)
  }
  onOpen?.()
  const decoder = new StringDecoder('utf8')
  let rest = ''
  try {
    for await (const chunk of response) {
      const text = rest + decoder.write(chunk as Buffer)
      let from = 0
      for (let end = text.indexOf('\n', from); end >= 0; end = text.indexOf('\n', from)) {
        if (end > from) onLine(text.slice(from, end))
        from = end + 1
      }
      rest = text.slice(from)
    }
  } catch (error) {
    throw unreachable(transport, request, error, deadline)
  }
  if (rest.trim() !== '') onLine(rest)
}

async function open(transport: Transport, request: ApiRequest, deadline: AbortSignal): Promise<http.IncomingMessage> {
  const signal = request.signal ? AbortSignal.any([request.signal, deadline]) : deadline
  const body = request.body === undefined ? undefined : typeof request.body === 'string' ? request.body : JSON.stringify(request.body)
  const options: https.RequestOptions = { method: request.method, headers: headersOf(transport.who, request, body) }
  try {
    await transport.authenticate(options)
  } catch (error) {
    // An exec plugin or token refresh that fails is our trouble, not the cluster's.
    throw new Unreachable(`no credentials for ${transport.server.host}: ${messageOf(error)}`, true, { cause: error })
  }
  if (transport.agent) options.agent = transport.agent
  if (transport.who) (options.headers as Record<string, unknown>)['Impersonate-User'] = transport.who.user
  try {
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const sent = (transport.server.protocol === 'http:' ? http : https).request(urlOf(transport.server, request), options, resolve)
      // Node's own `signal` option throws past everybody when it aborts a kept-alive request whose answer has just ended.
      const cut = () => void sent.destroy(new Error('given up'))
      if (signal.aborted) cut()
      else signal.addEventListener('abort', cut, { once: true })
      sent.on('response', () => signal.removeEventListener('abort', cut))
      sent.on('error', reject)
      sent.end(body)
    })
    const cut = () => void response.destroy()
    if (signal.aborted) cut()
    else signal.addEventListener('abort', cut, { once: true })
    response.on('close', () => signal.removeEventListener('abort', cut))
    response.on('error', () => {})
    return response
  } catch (error) {
    throw unreachable(transport, request, error, deadline)
  }
}

function urlOf(server: URL, request: ApiRequest): URL {
  const url = new URL(server)
  url.pathname = `${server.pathname.replace(/\/$/, '')}${request.path}`
  for (const [key, value] of Object.entries(request.query ?? {})) if (value !== undefined) url.searchParams.set(key, String(value))
  return url
}

function headersOf(who: Impersonation, request: ApiRequest, body: string | undefined): http.OutgoingHttpHeaders {
  const headers: http.OutgoingHttpHeaders = { accept: request.accept ?? 'application/json', 'user-agent': 'blackstart' }
  if (body !== undefined) {
    headers['content-type'] = request.contentType ?? 'application/json'
    headers['content-length'] = Buffer.byteLength(body)
  }
  // An array becomes one header line per group, which is how the API server reads several.
  if (who && who.groups.length > 0) headers['Impersonate-Group'] = [...who.groups]
  return headers
}

async function whole(response: http.IncomingMessage): Promise<ApiResponse> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString('utf8')
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(response.headers))
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
  return { status: response.statusCode ?? 0, headers, body: parsed(text, headers['content-type'] ?? ''), text }
}

function parsed(text: string, type: string): unknown {
  if (!type.includes('json')) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function unreachable(transport: Transport, request: ApiRequest, error: unknown, deadline: AbortSignal): Unreachable {
  if (error instanceof Unreachable) return error
  const host = transport.server.host
  if (request.signal?.aborted) return new Unreachable(`the request to ${host} was given up`, false, { cause: error })
  const code = (error as NodeJS.ErrnoException).code ?? ''
  if (deadline.aborted) {
    return new Unreachable(`${host} did not answer within ${Math.round((request.timeoutMs ?? DEADLINE) / 1000)} s`, false, { cause: error })
  }
  const blind = TLS_FAULT.test(code)
  const said = `${blind ? 'no trust in' : 'no answer from'} ${host}: ${messageOf(error)}`
  const remedy = remedyFor(code)
  return new Unreachable(remedy === '' ? said : `${said}; ${remedy}`, blind, { cause: error })
}

function remedyFor(code: string): string {
  if (code === 'ECONNREFUSED') return 'nothing listens there: the API server is down, or `server` in the kubeconfig is wrong'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return 'its name is not known here: check `server` in the kubeconfig and the name service'
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'its certificate is for another name: set `tls-server-name` in the kubeconfig'
  if (/ALERT/.test(code)) return 'it does not accept our client certificate: renew it in the kubeconfig'
  if (code === 'CERT_HAS_EXPIRED') return 'its certificate has to be renewed'
  if (TLS_FAULT.test(code)) return "set this cluster's `certificate-authority` in the kubeconfig"
  return ''
}

/** Milliseconds that a refusal asks to wait (Retry-After in seconds or as a date); null when it does not say. */
export function retryAfterMs(response: Pick<ApiResponse, 'headers'>, now: number = Date.now()): number | null {
  const said = response.headers['retry-after']
  if (said === undefined) return null
  if (/^\d+$/.test(said)) return Number(said) * 1_000
  const date = Date.parse(said)
  return Number.isNaN(date) ? null : Math.max(0, date - now)
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
