import type { Cause } from '../refusal.ts'
import { same } from '../values.ts'
import { hasFormat } from './formats.ts'
import type { Schema } from './schema.ts'

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

function fits(type: string, schema: Schema): boolean {
  if (schema['x-kubernetes-int-or-string']) return type === 'integer' || type === 'string'
  if (type === 'null' && schema.nullable) return true
  return schema.type === undefined || type === schema.type || (type === 'integer' && schema.type === 'number')
}

const invalid = (field: string, value: unknown, why: string): Cause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${typeof value === 'object' ? JSON.stringify(typeOf(value)) : JSON.stringify(value)}: ${why}`,
  field,
})
const inBody = (field: string, value: unknown, why: string): Cause => invalid(field, value, `${field} in body ${why}`)
const tooMany = (field: string, count: number, most: number, what: string): Cause => ({
  reason: 'FieldValueTooMany',
  message: `Too many: ${count}: must have at most ${most} ${what}`,
  field,
})

function numberCauses(value: number, schema: Schema, field: string): Cause[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema
  const causes: Cause[] = []
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum))
    causes.push(inBody(field, value, `should be less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`))
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum))
    causes.push(inBody(field, value, `should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`))
  if (multipleOf !== undefined && value % multipleOf !== 0) causes.push(inBody(field, value, `should be a multiple of ${multipleOf}`))
  return causes
}

function textCauses(value: string, schema: Schema, field: string): Cause[] {
  const { minLength, maxLength, pattern, format } = schema
  const causes: Cause[] = []
  const length = [...value].length
  if (maxLength !== undefined && length > maxLength)
    causes.push({ reason: 'FieldValueTooLong', message: `Too long: may not be more than ${maxLength} bytes`, field })
  if (minLength !== undefined && length < minLength) causes.push(inBody(field, value, `should be at least ${minLength} chars long`))
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value)) causes.push(inBody(field, value, `should match '${pattern}'`))
  if (format !== undefined && !hasFormat(value, format))
    causes.push(inBody(field, value, `must be of type ${format}: ${JSON.stringify(value)}`))
  return causes
}

function listCauses(value: readonly unknown[], schema: Schema, field: string): Cause[] {
  const { minItems, maxItems, uniqueItems, items } = schema
  const causes: Cause[] = []
  if (minItems !== undefined && value.length < minItems) causes.push(inBody(field, value, `should have at least ${minItems} items`))
  if (maxItems !== undefined && value.length > maxItems) causes.push(tooMany(field, value.length, maxItems, 'items'))
  const twice = uniqueItems ? value.findIndex((item, i) => value.slice(0, i).some((other) => same(item, other))) : -1
  if (twice >= 0)
    causes.push({ reason: 'FieldValueDuplicate', message: `Duplicate value: ${JSON.stringify(value[twice])}`, field: `${field}[${twice}]` })
  return [...causes, ...(items ? value.flatMap((item, i) => structuralCauses(items, item, `${field}[${i}]`)) : [])]
}

function mapCauses(value: Readonly<Record<string, unknown>>, schema: Schema, field: string): Cause[] {
  const { properties = {}, additionalProperties, required = [], minProperties, maxProperties } = schema
  const at = (name: string) => (field === '' ? name : `${field}.${name}`)
  const count = Object.keys(value).length
  const causes: Cause[] = []
  if (minProperties !== undefined && count < minProperties)
    causes.push(inBody(field, value, `should have at least ${minProperties} properties`))
  if (maxProperties !== undefined && count > maxProperties) causes.push(tooMany(field, count, maxProperties, 'properties'))
  for (const name of Object.keys(value).sort()) {
    const known = properties[name] ?? additionalProperties
    if (typeof known === 'object') causes.push(...structuralCauses(known, value[name], at(name)))
  }
  for (const name of required)
    if (value[name] === undefined) causes.push({ reason: 'FieldValueRequired', message: 'Required value', field: at(name) })
  return causes
}

function combinationCauses(value: unknown, { allOf = [], anyOf, oneOf, not }: Schema, field: string): Cause[] {
  const causes = allOf.flatMap((each) => structuralCauses(each, value, field))
  const holds = (each: Schema) => structuralCauses(each, value, field).length === 0
  const named = JSON.stringify(field)
  if (anyOf && !anyOf.some(holds)) causes.push(invalid(field, value, `${named} must validate at least one schema (anyOf)`))
  if (oneOf) {
    const held = oneOf.filter(holds).length
    const found = held === 0 ? 'Found none valid' : `Found ${held} valid alternatives`
    if (held !== 1) causes.push(invalid(field, value, `${named} must validate one and only one schema (oneOf). ${found}`))
  }
  if (not && holds(not)) causes.push(invalid(field, value, `${named} must not validate the schema (not)`))
  return causes
}

/** Where `value` breaks its structural schema, in the words and order of Kubernetes' validation of custom resources. */
export function structuralCauses(schema: Schema, value: unknown, field = ''): Cause[] {
  const type = typeOf(value)
  if (!fits(type, schema)) {
    const wanted = schema.type ?? 'string'
    const message = `Invalid value: "${type}": ${field} in body must be of type ${wanted}: "${type}"`
    return [{ reason: 'FieldValueTypeInvalid', message, field }]
  }
  if (type === 'null') return []
  const causes: Cause[] = []
  if (schema.enum && !schema.enum.some((each) => same(each, value))) {
    const allowed = schema.enum.map((each) => JSON.stringify(each)).join(', ')
    causes.push({
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${allowed}`,
      field,
    })
  }
  if (typeof value === 'number') causes.push(...numberCauses(value, schema, field))
  if (typeof value === 'string') causes.push(...textCauses(value, schema, field))
  if (Array.isArray(value)) causes.push(...listCauses(value, schema, field))
  else if (typeof value === 'object' && value !== null) causes.push(...mapCauses(value as Readonly<Record<string, unknown>>, schema, field))
  return [...causes, ...combinationCauses(value, schema, field)]
}
