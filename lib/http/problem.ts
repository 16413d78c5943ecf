import type { ZodError } from 'zod'
import type { Problem, Refusal } from './schema.ts'
import { statusOf } from './status.ts'

const TITLE: Record<number, string> = {
  400: 'Bad request',
  401: 'Not signed in',
  403: 'Not permitted',
  404: 'Not found',
  409: 'Conflict',
  410: 'Gone',
  413: 'Too large',
  415: 'Unsupported media type',
  421: 'Unknown host',
  422: 'Refused',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Not available now',
}

/** A refusal as RFC 9457 wants it; what else the refusal carries (such as the open run) travels along. */
export function problemOf(refusal: Refusal): Problem {
  const { code, message, ...more } = refusal
  const status = statusOf(code)
  return { ...more, type: 'about:blank', title: TITLE[status] ?? 'Refused', status, code, detail: message }
}

export function problem(refusal: Refusal, headers: Record<string, string> = {}): Response {
  const body = problemOf(refusal)
  return new Response(JSON.stringify(body), {
    status: body.status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
  })
}

/** What is wrong with an input, by path. */
export function badInput(error: ZodError): Refusal & { errors: { path: string; message: string }[] } {
  const errors = error.issues.map((issue) => ({ path: issue.path.map(String).join('.'), message: told(issue.message) }))
  const [first] = errors
  return { code: 'bad-input', message: first ? `${first.path || 'The input'}: ${first.message}` : 'The input is not valid.', errors }
}

/** The schema's own words, but for what was not given at all. */
function told(message: string): string {
  return /^Invalid input: expected .+, received undefined$/.test(message) ? 'it is missing' : message
}
