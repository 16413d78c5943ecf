import { type Document, isMap, isNode, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import type { z } from 'zod'
import { no, ok, type Result } from '../kernel/result.ts'

/** One thing wrong in a file; line and column count from 1. */
export type YamlFault = {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly path: string
  readonly message: string
}

type Place = Pick<YamlFault, 'line' | 'column'>

/** `file:line:column: message`, a line each, as editors understand it. */
export function faultText(faults: readonly YamlFault[]): string {
  return faults
    .map((fault) => `${fault.file}:${fault.line}:${fault.column}: ${fault.path ? `${fault.path}: ` : ''}${fault.message}`)
    .join('\n')
}

/** Reads YAML by a schema. Every fault names its place and what to write instead. */
export function readYaml<S extends z.ZodType>(text: string, file: string, schema: S): Result<z.output<S>, readonly YamlFault[]> {
  const read = readYamlWithPlaces(text, file, schema)
  return read.ok ? ok(read.value.value) : read
}

/** The same, and where in the text each path of it stands, for faults that the schema cannot know. */
export function readYamlWithPlaces<S extends z.ZodType>(
  text: string,
  file: string,
  schema: S,
): Result<{ readonly value: z.output<S>; readonly placeOf: (path: readonly PropertyKey[]) => Place }, readonly YamlFault[]> {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  if (document.errors.length > 0) {
    return no(
      document.errors.map((error) => ({ file, ...placeOf(lines, error.pos[0]), path: '', message: `this is not YAML: ${error.message}` })),
    )
  }
  const value: unknown = document.toJS({ maxAliasCount: 100 }) ?? {}
  const parsed = schema.safeParse(value)
  if (parsed.success) return ok({ value: parsed.data, placeOf: (path) => placeOf(lines, offsetOf(document, path, true)) })
  return no(parsed.error.issues.flatMap((issue) => faultsOf(issue, document, lines, file)))
}

type Issue = z.core.$ZodIssue

function faultsOf(issue: Issue, document: Document.Parsed, lines: LineCounter, file: string): readonly YamlFault[] {
  const at = (path: readonly PropertyKey[], message: string, key = false): YamlFault => ({
    file,
    ...placeOf(lines, offsetOf(document, path, key)),
    path: readable(path),
    message,
  })
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => at([...issue.path, key], 'there is no such field here; check its spelling and its indentation', true))
  }
  if (issue.code === 'invalid_union') {
    // The branch that got furthest is the one that was meant.
    const [nearest] = [...issue.errors].sort((a, b) => depth(b) - depth(a) || a.length - b.length)
    if (nearest && depth(nearest) > 0)
      return nearest.flatMap((one) => faultsOf({ ...one, path: [...issue.path, ...one.path] } as Issue, document, lines, file))
    const ways = new Set(issue.errors.flatMap((branch) => branch.map(sentence)))
    return [at(issue.path, [...ways].map((way, i) => (i > 0 ? way.replace(/^write /, '') : way)).join(' or ') || sentence(issue))]
  }
  return [at(issue.path, sentence(issue))]
}

function depth(issues: readonly Issue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length + (issue.code === 'unrecognized_keys' ? 1 : 0)))
}

const WANTED: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list (lines starting with "- ")',
  object: 'fields (name: value)',
  record: 'fields (name: value)',
}

function sentence(issue: Issue): string {
  if (issue.code === 'invalid_type') {
    const wanted = WANTED[issue.expected] ?? issue.expected
    return issue.input === undefined && /received undefined/.test(issue.message)
      ? `this field is missing: write ${wanted}`
      : `write ${wanted}`
  }
  if (issue.code === 'invalid_value') return `write ${issue.values.map(String).join(' or ')}`
  return issue.message
}

function readable(path: readonly PropertyKey[]): string {
  return path.map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i > 0 ? '.' : ''}${String(part)}`)).join('')
}

/** Where a path stands, or the nearest that does; `key`: the field's name rather than its value. */
function offsetOf(document: Document.Parsed, path: readonly PropertyKey[], key: boolean): number {
  for (let length = path.length; length > 0; length--) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true)
    const name = path[length - 1]
    const pair = isMap(parent) ? parent.items.find((item) => (isScalar(item.key) ? item.key.value : item.key) === name) : undefined
    const node: unknown = (key || !pair?.value) && pair ? pair.key : document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return node.range[0]
  }
  return (document.contents as Node | null)?.range?.[0] ?? 0
}

function placeOf(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(1, line), column: Math.max(1, col) }
}
