import { createHash } from 'node:crypto'
import { type Document, isMap, isNode, isSeq, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { lint } from './lint-rules.ts'
import type { Problem, RunbookFile } from './port.ts'
import { RunbookDocument } from './schema.ts'

/** Where in the text a path of the document stands; the nearest parent that is written when it is not. */
function placeOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): { readonly line: number; readonly column: number } {
  for (let length = path.length; length >= 0; length--) {
    const way = path.slice(0, length)
    const node = length === 0 ? document.contents : document.getIn(way, true)
    const parent = length === 0 ? null : document.getIn(way.slice(0, -1), true)
    const key = isMap(parent) ? parent.items.find((pair) => String(pair.key) === String(way.at(-1)))?.key : null
    const range = (isNode(key) ? key.range : null) ?? (isNode(node) ? node.range : null) ?? (isSeq(node) ? node.range : null)
    if (range) {
      const at = lines.linePos(range[0])
      return { line: at.line, column: at.col }
    }
  }
  return { line: 1, column: 1 }
}

/** The deepest issue of a union tells the author more than "invalid input". */
function flat(issues: readonly z.core.$ZodIssue[], path: readonly PropertyKey[] = []): { path: PropertyKey[]; message: string }[] {
  return issues.flatMap((issue) => {
    const at = [...path, ...issue.path]
    if (issue.code !== 'invalid_union') {
      const extra = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined
      return [{ path: extra === undefined ? at : [...at, extra], message: issue.message }]
    }
    const branches = issue.errors.map((errors) => flat(errors, at)).filter((errors) => errors.length > 0)
    branches.sort((a, b) => a.length - b.length || depth(b) - depth(a))
    return branches[0] ?? [{ path: at, message: issue.message }]
  })
}

function depth(errors: readonly { path: PropertyKey[] }[]): number {
  return Math.max(0, ...errors.map((error) => error.path.length))
}

/** Reads one runbook's text. Whatever is wrong is told with line, column and what to write instead. */
export function readRunbook(source: string, file: string): RunbookFile {
  const hash = createHash('sha256').update(source).digest('hex')
  const lines = new LineCounter()
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
  const stem =
    file
      .split('/')
      .at(-1)
      ?.replace(/\.ya?ml$/, '') ?? file
  const problems: Problem[] = document.errors.map((error) => ({ ...place(lines, error.pos[0]), message: error.message, severity: 'error' }))
  if (problems.length > 0) return { name: stem, file, source, hash, document: null, problems }
  const parsed = RunbookDocument.safeParse(document.toJS({ maxAliasCount: 100 }))
  if (!parsed.success) {
    for (const error of flat(parsed.error.issues))
      problems.push({
        ...placeOf(document, lines, error.path),
        message: `${error.path.map(String).join('.') || 'document'}: ${error.message}`,
        severity: 'error',
      })
    return { name: stem, file, source, hash, document: null, problems }
  }
  for (const found of lint(parsed.data))
    problems.push({ ...placeOf(document, lines, found.path), message: found.message, severity: found.severity })
  const broken = problems.some((problem) => problem.severity === 'error')
  return { name: parsed.data.metadata.name, file, source, hash, document: broken ? null : parsed.data, problems }
}

function place(lines: LineCounter, offset: number): { readonly line: number; readonly column: number } {
  const at = lines.linePos(offset)
  return { line: at.line, column: at.col }
}
