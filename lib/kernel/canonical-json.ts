import canonicalize from 'canonicalize'

/** RFC 8785 text of a JSON value: the same value always gives the same bytes. Throws on what JSON cannot hold. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('canonicalJson: the value has no JSON form')
  return text
}
