/** Reading JSON of which nobody promises the shape: a wrong type reads as absent, never as a throw. */
export type Dict = { readonly [key: string]: unknown }

const NOTHING: Dict = Object.freeze({})

export function dict(value: unknown): Dict {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Dict) : NOTHING
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The text, or null where it is absent or empty: for times that may be missing. */
export function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

export function num(value: unknown, otherwise = 0): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : otherwise
}

export function texts(value: unknown): readonly string[] {
  return list(value).filter((one): one is string => typeof one === 'string')
}

export function at(value: unknown, ...path: readonly string[]): unknown {
  let here: unknown = value
  for (const step of path) here = dict(here)[step]
  return here
}

/** Only the string values of a map, as labels and selectors are. */
export function textMap(value: unknown): Readonly<Record<string, string>> {
  const map: Record<string, string> = {}
  for (const [key, one] of Object.entries(dict(value))) if (typeof one === 'string') map[key] = one
  return map
}
