import { at, type Dict, num, text } from '../kernel/wire.ts'
import { type ApiResponse, StreamRefused } from './port.ts'
import type { KindRef } from './schema.ts'

export type Pace = {
  /** The server is asked to end each watch after a spread of these seconds. */
  readonly watchSeconds: readonly [number, number]
  /** How much longer than that the client waits, ms: a half-open connection ends here. */
  readonly grace: number
  readonly backoffBase: number
  readonly backoffCap: number
  readonly staleAfter: number
  readonly unreachableAfter: number
  readonly listTimeout: number
}

export const PACE: Pace = {
  watchSeconds: [30, 40],
  grace: 5_000,
  backoffBase: 500,
  backoffCap: 30_000,
  staleAfter: 45_000,
  unreachableAfter: 60_000,
  listTimeout: 60_000,
}

/** Annotation of the bookmark that ends a streamed list (Kubernetes KEP-3157). */
export const INITIAL_END = 'k8s.io/initial-events-end'
export const PAGE = 250
/** A watch that the server ends within so many ms is a short one. */
export const SHORT = 500

/** The position in the stream is too old: only a new list helps. */
export class Expired extends Error {}
/** The server does not stream lists, or not of this kind. */
export class NotStreamed extends Error {}
export class Refused extends Error {
  readonly response: ApiResponse
  constructor(response: ApiResponse, doing: string) {
    super(`${doing} was refused with ${response.status}: ${reasonOf(response)}`)
    this.response = response
  }
}

/** What an ERROR line of a watch says. */
export function refusal(object: Dict, line: string, kind: KindRef): Error {
  if (num(object.code) === 410) return new Expired()
  return new Refused({ status: num(object.code, 500), headers: {}, body: object, text: line }, `watching ${kind.plural}`)
}

/** Versions of one kind are numbers that grow, where they are numbers at all. */
export function isOlder(version: string, than: string): boolean {
  return /^\d+$/.test(version) && /^\d+$/.test(than) && BigInt(version) < BigInt(than)
}

export function isNotStreamed(error: unknown): boolean {
  return error instanceof NotStreamed || (error instanceof StreamRefused && [400, 403, 405, 422].includes(error.response.status))
}

export function isExpiry(error: unknown): boolean {
  return error instanceof Expired || (error instanceof StreamRefused && error.response.status === 410)
}

function reasonOf(response: ApiResponse): string {
  return text(at(response.body, 'message')) || response.text.trim().slice(0, 200)
}

export function sentence(error: unknown, response: ApiResponse | null, kind: KindRef, verb: string): string {
  const name = kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`
  if (response === null) return error instanceof Error ? error.message : String(error)
  const everywhere = kind.namespaced ? ' in all namespaces' : ''
  if (response.status === 403)
    return `the account may not ${verb} ${name}${everywhere}: grant it the verb "${verb}" by a ClusterRole and a ClusterRoleBinding`
  if (response.status === 401)
    return 'the API server does not accept our credentials (401): renew the token or certificate in the kubeconfig of this cluster'
  if (response.status === 404) return `the API server no longer serves ${name}`
  if (response.status === 429) return 'the API server asks us to wait (429)'
  return `the API server answered ${response.status} to ${verb} ${name}: ${reasonOf(response)}`
}
