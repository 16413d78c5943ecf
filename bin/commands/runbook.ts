import type { Command } from 'commander'
import { z } from 'zod'
import { RunbookDocument } from '../../lib/runbooks/schema.ts'

export function addRunbook(program: Command): void {
  const runbook = program.command('runbook').description('runbooks')
  runbook
    .command('schema')
    .description('print the JSON Schema of a runbook, for editors')
    .action(() => console.log(JSON.stringify(z.toJSONSchema(RunbookDocument, { io: 'input', unrepresentable: 'any' }), null, 2)))
}
