/** One field that differs; a side without it is ''. Values that are no text stand as JSON. */
export type Difference = { readonly path: string; readonly was: string; readonly becomes: string }

/** What differs between two JSON values, by JSON pointer (RFC 6901), in the order of the fields. */
export function jsonDiff(was: unknown, becomes: unknown, path = ''): readonly Difference[] {
  if (was === becomes) return []
  if (!isHolder(was) || !isHolder(becomes) || Array.isArray(was) !== Array.isArray(becomes))
    return [{ path, was: said(was), becomes: said(becomes) }]
  const left = was as Record<string, unknown>
  const right = becomes as Record<string, unknown>
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].flatMap((key) =>
    jsonDiff(left[key], right[key], `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  )
}

function isHolder(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function said(value: unknown): string {
  return value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)
}
