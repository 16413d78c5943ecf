import { readFileSync } from 'node:fs'
import type { Kind } from '../kinds.ts'
import type { Schema } from './schema.ts'

const PLAIN: Readonly<Record<string, Schema>> = {
  s: { type: 'string', go: 's' },
  y: { type: 'string', format: 'byte', go: 'y' },
  i: { type: 'integer', format: 'int32', go: 'i' },
  l: { type: 'integer', format: 'int64', go: 'l' },
  d: { type: 'number', format: 'double', go: 'd' },
  b: { type: 'boolean', go: 'b' },
  t: { type: 'string', format: 'date-time', go: 't' },
  m: { type: 'string', format: 'date-time', go: 'm' },
  q: { 'x-kubernetes-int-or-string': true, go: 'q' },
  x: { 'x-kubernetes-int-or-string': true, go: 'x' },
  a: { 'x-kubernetes-preserve-unknown-fields': true, go: 'a' },
}

type Table = { readonly roots: ReadonlyMap<string, string>; readonly models: ReadonlyMap<string, readonly string[]> }

let table: Table | null = null
const schemas = new Map<string, Schema>()

/** Lines `= apiVersion Kind Model` and `Model field:type …`, as bin/built-in-types.mjs writes them. */
function readTable(): Table {
  const roots = new Map<string, string>()
  const models = new Map<string, readonly string[]>()
  for (const line of readFileSync(new URL('./built-in-types.txt', import.meta.url), 'utf8').split('\n')) {
    const [first = '', ...rest] = line.split(' ')
    if (first === '=') roots.set(`${rest[0]} ${rest[1]}`, rest[2] ?? '')
    else if (first !== '') models.set(first, rest)
  }
  return { roots, models }
}

function schemaOf(type: string, models: Table['models']): Schema {
  if (type.startsWith('[')) return { type: 'array', items: schemaOf(type.slice(1), models) }
  if (type.startsWith('{')) return { type: 'object', additionalProperties: schemaOf(type.slice(1), models) }
  const there = PLAIN[type] ?? schemas.get(type)
  if (there) return there
  const properties: Record<string, Schema> = {}
  const made: Schema = { type: 'object', properties, go: type }
  // Known before its fields are read: some types hold themselves.
  schemas.set(type, made)
  for (const field of models.get(type) ?? []) {
    const colon = field.lastIndexOf(':')
    properties[field.slice(0, colon)] = schemaOf(field.slice(colon + 1), models)
  }
  return made
}

/** What fields a built-in kind has, or null when the table does not know it. */
export function builtInSchema({ apiVersion, kind }: Pick<Kind, 'apiVersion' | 'kind'>): Schema | null {
  table ??= readTable()
  const root = table.roots.get(`${apiVersion} ${kind}`)
  return root === undefined ? null : schemaOf(root, table.models)
}
