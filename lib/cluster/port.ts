import type { ClusterMode } from './schema.ts'

/** One HTTP exchange with an API server. `path` starts with `/api` or `/apis`; query values that are undefined are left out. */
export type ApiRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly body?: unknown
  /** For PATCH: `application/json-patch+json`, `application/merge-patch+json`, `application/strategic-merge-patch+json`, `application/apply-patch+yaml`. */
  readonly contentType?: string
  readonly accept?: string
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export type ApiResponse = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
  readonly text: string
}

/** Who acts: the headers Impersonate-User and Impersonate-Group; null acts as the kubeconfig's own account. */
export type Impersonation = { readonly user: string; readonly groups: readonly string[] } | null

/** The one way to speak to a cluster. Any HTTP status is an answer; no answer throws `Unreachable`. */
export interface ClusterApi {
  readonly name: string
  readonly mode: ClusterMode
  readonly server: string
  request(request: ApiRequest): Promise<ApiResponse>
  /** Opens a stream and calls `onLine` for each line; resolves when the server ends it, throws `Unreachable` when it breaks, or an `ApiResponse` refusal as `StreamRefused`. */
  stream(request: ApiRequest, onLine: (line: string) => void, onOpen?: () => void): Promise<void>
  as(who: Impersonation): ClusterApi
}

/** No answer, or no trust: `blind` marks our own fault (401, 403, TLS), which says nothing about the cluster. */
export class Unreachable extends Error {
  readonly blind: boolean
  constructor(message: string, blind = false, options?: ErrorOptions) {
    super(message, options)
    this.name = 'Unreachable'
    this.blind = blind
  }
}

export class StreamRefused extends Error {
  readonly response: ApiResponse
  constructor(response: ApiResponse) {
    super(`the API server refused the stream with ${response.status}`)
    this.name = 'StreamRefused'
    this.response = response
  }
}
