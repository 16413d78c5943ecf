/** The HTTP status of every refusal, by code. A code that is missing here is a bug that a test finds. */
export const STATUS = {
  'bad-input': 400,
  'bad-services-yaml': 400,
  'bad-host': 421,
  'not-signed-in': 401,
  'not-permitted': 403,
  'foreign-origin': 403,
  'not-found': 404,
  'not-recorded': 404,
  'link-used': 410,
  'too-large': 413,
  'not-json': 415,
  'key-reused': 422,
  'changed-since-preview': 422,
  'in-progress': 409,
  'stale-version': 409,
  'run-closed': 409,
  'incident-closed': 409,
  'incident-open': 409,
  'run-open': 409,
  'not-now': 409,
  'drill-open': 409,
  'not-a-drill-cluster': 409,
  'no-injects-here': 409,
  'too-many': 429,
  'database-away': 503,
  'database-full': 507,
  'cluster-unreachable': 503,
  starting: 503,
  internal: 500,
} as const satisfies Record<string, number>

export type RefusalCode = keyof typeof STATUS

/** What is refused for a reason that we do not know the status of is a conflict with how things are: 409. */
export function statusOf(code: string): number {
  return Object.hasOwn(STATUS, code) ? STATUS[code as RefusalCode] : 409
}
