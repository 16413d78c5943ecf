import { createHash } from 'node:crypto'
import { readYamlWithPlaces } from '../config/read-yaml.ts'
import { lint } from './lint-rules.ts'
import type { Problem, RunbookFile } from './port.ts'
import { RunbookDocument } from './schema.ts'

/** Reads one runbook's text. Whatever is wrong is told with line, column and what to write instead. */
export function readRunbook(source: string, file: string): RunbookFile {
  const hash = createHash('sha256').update(source).digest('hex')
  const read = readYamlWithPlaces(source, file, RunbookDocument)
  if (!read.ok) {
    const problems = read.error.map(
      ({ line, column, path, message }): Problem => ({ line, column, message: `${path || 'document'}: ${message}`, severity: 'error' }),
    )
    return { name: stemOf(file), file, source, hash, document: null, problems }
  }
  const { value: document, placeOf } = read.value
  const problems = lint(document).map((found): Problem => ({ ...placeOf(found.path), message: found.message, severity: found.severity }))
  const broken = problems.some((problem) => problem.severity === 'error')
  return { name: document.metadata.name, file, source, hash, document: broken ? null : document, problems }
}

/** What a runbook is called whose own name cannot be read. */
function stemOf(file: string): string {
  return file.replace(/^.*\//, '').replace(/\.ya?ml$/, '')
}
