import { newId } from '../kernel/id.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import type { Problem } from './schema.ts'

export type { Problem } from './schema.ts'

/** No answer at all is a problem too, with status 0: "could not ask" is never "no". */
function unanswered(error: unknown): Problem {
  return {
    type: 'about:blank',
    title: 'No answer',
    status: 0,
    code: 'no-answer',
    detail: error instanceof Error ? error.message : 'The server did not answer.',
  }
}

async function send<T>(path: string, init: RequestInit): Promise<Result<T, Problem>> {
  try {
    const answer = await fetch(`/api/v1${path}`, { ...init, credentials: 'same-origin', cache: 'no-store' })
    const text = await answer.text()
    const body: unknown = text === '' ? null : JSON.parse(text)
    return answer.ok ? ok(body as T) : no(body as Problem)
  } catch (error) {
    return no(unanswered(error))
  }
}

/** Asks the API under `/api/v1` from the browser; `path` starts with a slash, such as `/runs`. */
export const call = {
  get<T>(path: string, signal?: AbortSignal): Promise<Result<T, Problem>> {
    return send<T>(path, signal ? { signal } : {})
  },

  /** Give the same `key` to repeat a request that had no answer; without one each call is a new request. */
  post<T>(path: string, body: unknown = {}, key: string = newId()): Promise<Result<T, Problem>> {
    return send<T>(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
    })
  },
}
