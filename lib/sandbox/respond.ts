import type { IncomingMessage, ServerResponse } from 'node:http'
import { ApiRefusal } from './port.ts'
import { readProtobuf } from './protobuf.ts'

const BODY_LIMIT = 3 * 1024 * 1024

export function sendStatus(response: ServerResponse, refusal: ApiRefusal): void {
  const { code, reason, message, details } = refusal.status
  const listMeta = (refusal as ApiRefusal & { listMeta?: unknown }).listMeta ?? {}
  const retry = (details as { retryAfterSeconds?: number } | undefined)?.retryAfterSeconds
  if (retry) response.setHeader('retry-after', String(retry))
  sendJson(response, code, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: listMeta,
    status: 'Failure',
    message,
    ...(reason ? { reason } : {}),
    ...(details === undefined ? {} : { details }),
    code,
  })
}

export function sendJson(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

export function sendText(response: ServerResponse, code: number, text: string): void {
  response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' })
  response.end(text)
}

/** The body as text; a protobuf one of a known kind is turned into JSON, and the request's content type with it. */
export async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > BODY_LIMIT)
      throw new ApiRefusal({ code: 413, reason: 'RequestEntityTooLarge', message: `Request entity too large: limit is ${BODY_LIMIT}` })
    chunks.push(chunk)
  }
  const bytes = Buffer.concat(chunks)
  if (!String(request.headers['content-type'] ?? '').includes('protobuf')) return bytes.toString()
  const object = readProtobuf(bytes)
  if (!object) return bytes.toString()
  request.headers['content-type'] = 'application/json'
  return JSON.stringify(object)
}
