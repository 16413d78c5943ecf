import type { Schema } from './schema.ts'

const META: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata'])

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Takes out of `value` what its schema does not know and answers the paths (`spec.containers[0].nosuch`) in order.
 * `root` keeps what every object has by itself, as the root of a custom resource and embedded ones do.
 */
export function pruneUnknown(schema: Schema, value: unknown, path = '', root = false): string[] {
  if (Array.isArray(value)) {
    const { items } = schema
    return items ? value.flatMap((item, i) => pruneUnknown(items, item, `${path}[${i}]`)) : []
  }
  if (!isMap(value)) return []
  const keep = schema['x-kubernetes-preserve-unknown-fields'] === true
  const ownMeta = root || schema['x-kubernetes-embedded-resource'] === true
  return Object.entries(value).flatMap(([name, inner]) => {
    const at = path === '' ? name : `${path}.${name}`
    if (ownMeta && META.has(name)) return []
    const known = schema.properties?.[name] ?? schema.additionalProperties
    if (typeof known === 'object') return pruneUnknown(known, inner, at)
    if (keep || known === true) return []
    // A schema that names no fields at all, and no type, says nothing about them.
    if (!schema.properties && schema.type === undefined) return []
    delete value[name]
    return [at]
  })
}
