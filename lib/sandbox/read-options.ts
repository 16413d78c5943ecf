import type { Kind } from './kinds.ts'
import { ApiRefusal } from './port.ts'
import { badRequest, invalid } from './refusal.ts'
import { fieldMatcher, labelMatcher, type Matcher } from './selectors.ts'

/** How objects are to be shown: in full, as metadata alone, or as a table for people. */
export type Shape = 'full' | 'partial' | 'table'

export type Query = URLSearchParams

const LIST_OPTIONS = { plural: 'listoptions', group: 'meta.k8s.io', kind: 'ListOptions' }

export function isTrue(value: string | null): boolean {
  return value !== null && value !== '0' && value !== 'false'
}

function forbiddenOption(pairs: [field: string, message: string, reason?: string][]): ApiRefusal {
  return invalid(
    LIST_OPTIONS,
    '',
    pairs.map(([field, message, reason = 'FieldValueForbidden']) => ({ reason, message, field })),
  )
}

/** Throws `ApiRefusal` 422 for options that do not go together in a watch. */
export function checkWatchOptions(query: Query): void {
  const match = query.get('resourceVersionMatch') ?? ''
  if (query.get('continue'))
    throw forbiddenOption([['resourceVersionMatch', 'Forbidden: resourceVersionMatch is forbidden when continue is provided']])
  if (query.get('sendInitialEvents') === null) {
    if (match === '') return
    throw forbiddenOption([
      ['resourceVersionMatch', 'Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'],
    ])
  }
  const wrong: [string, string, string?][] = []
  if (match !== 'NotOlderThan')
    wrong.push(['resourceVersionMatch', 'Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'])
  if (match !== '' && match !== 'NotOlderThan')
    wrong.push(['resourceVersionMatch', `Unsupported value: "${match}": supported values: "NotOlderThan"`, 'FieldValueNotSupported'])
  if (wrong.length > 0) throw forbiddenOption(wrong)
}

/** Throws `ApiRefusal` 422 for options that do not go together in a list. */
export function checkListOptions(query: Query): void {
  const match = query.get('resourceVersionMatch') ?? ''
  const rv = query.get('resourceVersion') ?? ''
  const wrong: [string, string, string?][] = []
  if (match !== '' && rv === '')
    wrong.push(['resourceVersionMatch', 'Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided'])
  if (match !== '' && query.get('continue'))
    wrong.push(['resourceVersionMatch', 'Forbidden: resourceVersionMatch is forbidden when continue is provided'])
  if (match !== '' && match !== 'Exact' && match !== 'NotOlderThan')
    wrong.push([
      'resourceVersionMatch',
      `Unsupported value: "${match}": supported values: "Exact", "NotOlderThan"`,
      'FieldValueNotSupported',
    ])
  if (match === 'Exact' && rv === '0')
    wrong.push(['resourceVersionMatch', 'Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"'])
  if (query.get('sendInitialEvents') !== null) wrong.push(['sendInitialEvents', 'Forbidden: sendInitialEvents is forbidden for list'])
  if (wrong.length > 0) throw forbiddenOption(wrong)
}

export function matcherOf(query: Query, kind: Kind): { matches: Matcher; selective: boolean } {
  const labels = labelMatcher(query.get('labelSelector') ?? '')
  const fields = fieldMatcher(query.get('fieldSelector') ?? '', kind)
  if (!labels && !fields) return { matches: () => true, selective: false }
  return { matches: (object) => (!labels || labels(object)) && (!fields || fields.matches(object)), selective: true }
}

export function readRevision(text: string, listing: boolean): number {
  if (/^\d+$/.test(text)) return Number(text)
  const why = `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`
  throw listing ? badRequest(`invalid resource version: ${why}`) : new ApiRefusal({ code: 500, reason: '', message: why })
}
