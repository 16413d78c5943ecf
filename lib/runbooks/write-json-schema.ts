import { z } from 'zod'
import { RunbookDocument } from './schema.ts'

/** The JSON Schema of a runbook for editors, made from the very schema that reads it. */
export function runbookJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(RunbookDocument, { io: 'input', unrepresentable: 'any', reused: 'ref' }),
    $id: 'https://blackstart.dev/runbook.schema.json',
    title: 'Blackstart runbook',
  }
}
