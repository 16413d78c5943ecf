import type { Schema } from './schema.ts'

type At = { readonly struct: string; readonly path: string }

const QUANTITY = /^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/
const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/
const WORDS: Readonly<Record<string, string>> = {
  s: 'string',
  y: 'string',
  i: 'int32',
  l: 'int64',
  d: 'float64',
  b: 'bool',
  t: 'string',
  m: 'string',
}
const LIMITS: Readonly<Record<string, number>> = { i: 2 ** 31, l: 2 ** 63 }

/** `DeploymentSpec` of the model `V1DeploymentSpec`, `Event` of `CoreV1Event`. */
export function structName(model: string): string {
  return model.replace(/^[A-Z]?[a-z]*V\d+((alpha|beta)\d+)?/, '')
}

function goType(schema: Schema): string {
  if (schema.items) return `[]${goType(schema.items)}`
  if (typeof schema.additionalProperties === 'object') return `map[string]${goType(schema.additionalProperties)}`
  const go = schema.go ?? 'a'
  const version = /V\d+((alpha|beta)\d+)?/.exec(go)?.[0].toLowerCase()
  return WORDS[go] ?? (version ? `${version}.${structName(go)}` : 'interface {}')
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  return typeof value
}

function mismatch(value: unknown, schema: Schema, { struct, path }: At): string {
  const shown = typeof value === 'number' && schema.type === 'integer' ? `number ${value}` : kindOf(value)
  return `json: cannot unmarshal ${shown} into Go struct field ${struct}.${path} of type ${goType(schema)}`
}

function badBase64(text: string): string | null {
  const bare = text.replaceAll(/[\r\n]/g, '')
  const at = bare.search(/[^A-Za-z0-9+/=]/)
  if (at >= 0) return `illegal base64 data at input byte ${at}`
  return bare.length % 4 === 0 ? null : `illegal base64 data at input byte ${bare.length - (bare.length % 4)}`
}

function wrongText(text: string, go: string | undefined): string | null {
  if (go === 'y') return badBase64(text)
  if ((go === 't' || go === 'm') && !RFC3339.test(text))
    return `parsing time ${JSON.stringify(text)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(text)} as "2006"`
  if (go === 'q' && !QUANTITY.test(text)) return `quantities must match the regular expression '${QUANTITY.source}'`
  return null
}

function wrongPlain(schema: Schema, value: unknown, at: At): string | null {
  const { go } = schema
  const is = typeof value
  if (is === 'string' && (schema.type === 'string' || go === 'q' || go === 'x')) return wrongText(String(value), go)
  if (is === 'number' && (go === 'q' || go === 'x' || schema.type === 'number')) return null
  if (is === 'boolean' && schema.type === 'boolean') return null
  if (is === 'number' && schema.type === 'integer' && Number.isInteger(value) && Math.abs(Number(value)) < (LIMITS[go ?? ''] ?? Infinity))
    return null
  return mismatch(value, schema, at)
}

/** The first error that Go's typed decoding of a built-in kind would meet, in its words; null when it would read `value`. */
export function decodingError(schema: Schema, value: unknown, at: At): string | null {
  if (value === null || value === undefined || schema.go === 'a') return null
  const inner = schema.items ?? (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined)
  if (inner) {
    if (kindOf(value) !== schema.type) return mismatch(value, schema, at)
    return firstError(Object.values(value), (item) => decodingError(inner, item, at))
  }
  if (!schema.properties) return wrongPlain(schema, value, at)
  if (kindOf(value) !== 'object') return mismatch(value, schema, at)
  const struct = structName(schema.go ?? '')
  return firstError(Object.entries(value), ([name, field]) => {
    const known = schema.properties?.[name]
    return known ? decodingError(known, field, { struct, path: at.path === '' ? name : `${at.path}.${name}` }) : null
  })
}

function firstError<T>(items: readonly T[], check: (item: T) => string | null): string | null {
  for (const item of items) {
    const wrong = check(item)
    if (wrong !== null) return wrong
  }
  return null
}
