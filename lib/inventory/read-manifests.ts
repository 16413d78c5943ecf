import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml'
import { no, ok, type Result } from '../kernel/result.ts'
import { type Dict, dict, text } from '../kernel/wire.ts'

/** One object of a file, with the line it begins at. */
export type FromFile = { readonly line: number; readonly object: Dict }
/** What is wrong in a file of manifests; line counts from 1. */
export type ManifestFault = { readonly line: number; readonly message: string }

const MOST_FAULTS = 20
const MOST_DEEP = 60
const MOST_ALIASES = 100

/**
 * Reads manifests as people have them: YAML of several documents, lists, or JSON. Nothing in it is trusted: aliases that
 * multiply, values that JSON cannot hold, depth and doubtful keys are refused, each with its line.
 */
export function readManifests(source: string): Result<readonly FromFile[], readonly ManifestFault[]> {
  const found: FromFile[] = []
  const faults: ManifestFault[] = []
  for (const part of partsOf(source)) {
    const read = readPart(part)
    if (read.ok) found.push(...read.value)
    else faults.push(...read.error)
    if (faults.length >= MOST_FAULTS) break
  }
  for (const { line, object } of found) {
    const wrong = wrongWith(object)
    if (wrong !== null) faults.push({ line, message: wrong })
  }
  return faults.length > 0 ? no(faults.slice(0, MOST_FAULTS)) : ok(found)
}

type Part = { readonly line: number; readonly text: string }

/** The documents of a stream: a marker at the begin of a line cannot stand inside any value. */
function* partsOf(source: string): Generator<Part> {
  let line = 1
  for (const piece of source.split(/^---(?=\s|$)/m)) {
    if (piece.trim() !== '') yield { line, text: piece }
    line += piece.split('\n').length - 1
  }
}

function readPart(part: Part): Result<readonly FromFile[], readonly ManifestFault[]> {
  if (/^\s*[{[]/.test(part.text)) {
    try {
      return objectsIn(JSON.parse(part.text), () => part.line)
    } catch {
      // YAML has a form with braces, too.
    }
  }
  try {
    const lines = new LineCounter()
    // The library's own search for fields that stand twice takes the square of their number.
    const settings = { lineCounter: lines, prettyErrors: false, logLevel: 'error', stringKeys: true, uniqueKeys: false } as const
    const document = parseDocument(part.text, settings)
    const lineAt = (offset: number) => part.line + lines.linePos(offset).line - 1
    const [error = document.warnings[0]] = document.errors
    if (error) return no([{ line: lineAt(error.pos[0]), message: `this is not YAML that kubectl would take: ${error.message}` }])
    const twice = fieldTwice(document)
    if (twice) return no([{ line: lineAt(twice.at), message: `the field ${twice.name} stands twice: keep one of them` }])
    const items = isMap(document.contents) ? document.get('items', true) : undefined
    const place = (i: number) => {
      const node = isSeq(items) ? (items.items[i] as Node | undefined) : document.contents
      return lineAt(node?.range?.[0] ?? 0)
    }
    return objectsIn(document.toJS({ maxAliasCount: MOST_ALIASES }), place)
  } catch (error) {
    const why = error instanceof RangeError ? 'it is nested too deeply' : error instanceof Error ? error.message : String(error)
    return no([{ line: part.line, message: `this document cannot be read: ${why}` }])
  }
}

function fieldTwice(document: Document.Parsed): { readonly name: string; readonly at: number } | null {
  let found: { readonly name: string; readonly at: number } | null = null
  visit(document, {
    Map(_key, map) {
      const seen = new Set<unknown>()
      for (const { key } of map.items) {
        const name = isScalar(key) ? key.value : key
        if (seen.has(name)) {
          found = { name: String(name), at: isNode(key) ? (key.range?.[0] ?? 0) : 0 }
          return visit.BREAK
        }
        seen.add(name)
      }
    },
  })
  return found
}

/** A List holds objects; its items may leave their kind to it, as the API's own lists do. */
function objectsIn(value: unknown, lineOf: (i: number) => number): Result<readonly FromFile[], readonly ManifestFault[]> {
  if (value === null || value === undefined) return ok([])
  if (Array.isArray(value)) return ok(value.map((one, i) => ({ line: lineOf(i), object: dict(one) })))
  const whole = dict(value)
  if (!text(whole.kind).endsWith('List') || !Array.isArray(whole.items)) return ok([{ line: lineOf(0), object: whole }])
  const kind = text(whole.kind).replace(/List$/, '')
  const base = kind === '' ? {} : { apiVersion: whole.apiVersion, kind }
  return ok(whole.items.map((one: unknown, i) => ({ line: lineOf(i), object: { ...base, ...dict(one) } })))
}

const API_VERSION = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?v[a-z0-9]+$/
const KIND = /^[A-Z][A-Za-z0-9]{0,62}$/
/** What an API server takes as the name of any kind (path segment name). */
const NAME = /^(?!\.{1,2}$)[^/%\s]{1,253}$/
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/

function wrongWith(object: Dict): string | null {
  const { apiVersion, kind } = object
  const { name, namespace } = dict(object.metadata)
  if (typeof apiVersion !== 'string' || !API_VERSION.test(apiVersion))
    return 'this is not a Kubernetes object: write its apiVersion, such as apps/v1'
  if (typeof kind !== 'string' || !KIND.test(kind)) return 'this is not a Kubernetes object: write its kind, such as Deployment'
  if (typeof name !== 'string' || !NAME.test(name)) return `this ${kind} has no usable metadata.name: write the name it has in the cluster`
  if (namespace !== undefined && (typeof namespace !== 'string' || !NAMESPACE.test(namespace)))
    return `the namespace of ${kind} ${name} is not a name of a namespace: lowercase letters, digits and -`
  return unsound(object, 0) ? `${kind} ${name} ${unsound(object, 0)}` : null
}

/** Why a value cannot be kept; null when it can. */
function unsound(value: unknown, depth: number): string | null {
  if (depth > MOST_DEEP) return `is nested deeper than ${MOST_DEEP} levels: no object of an API server is`
  if (typeof value === 'number' && !Number.isFinite(value)) return 'holds a number that JSON does not have (.inf or .nan)'
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? 'holds a number that is too large' : null
  if (!Array.isArray(value) && ![Object.prototype, null].includes(Object.getPrototypeOf(value)))
    return 'holds a value of another kind than JSON has: write it as text'
  for (const [key, one] of Object.entries(value)) {
    if (key === '__proto__') return 'holds a field named __proto__: take it out'
    const wrong = unsound(one, depth + 1)
    if (wrong !== null) return wrong
  }
  return null
}
