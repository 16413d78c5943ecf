import { copy } from '../values.ts'
import type { Schema } from './schema.ts'

/** Fills in the defaults of a structural schema; a null of a field that may not be null gives way to its default. */
export function fillDefaults(schema: Schema, value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    const { items } = schema
    if (items) for (const item of value) fillDefaults(items, item)
    return
  }
  const object = value as Record<string, unknown>
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const missing = object[name] === undefined || (object[name] === null && !field.nullable)
    if (missing && field.default !== undefined) object[name] = copy(field.default)
    fillDefaults(field, object[name])
  }
  const rest = schema.additionalProperties
  if (typeof rest !== 'object') return
  for (const [name, inner] of Object.entries(object)) if (!schema.properties?.[name]) fillDefaults(rest, inner)
}
