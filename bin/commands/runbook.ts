import { existsSync, readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { z } from 'zod'
import { readEnv } from '../../lib/config/env.ts'
import { loadConfig } from '../../lib/config/load.ts'
import { kubectlTemplate } from '../../lib/runbooks/kubectl-rules.ts'
import { loadRunbooks } from '../../lib/runbooks/load-runbooks.ts'
import type { RunbookFile } from '../../lib/runbooks/port.ts'
import { readRunbook } from '../../lib/runbooks/read-runbook.ts'
import { RunbookDocument, type Step } from '../../lib/runbooks/schema.ts'
import { say, Wanting, Wrong } from './say.ts'

export function addRunbook(program: Command): void {
  const runbook = program.command('runbook').description('runbooks')
  runbook
    .command('lint [paths...]')
    .description('check runbooks (default: those configured); exit code 1 if one has an error')
    .action(async (paths: readonly string[], _options: unknown, command: Command) => {
      const files = await filesOf(paths)
      const lines = files.flatMap((file) =>
        file.problems.map((problem) => `${file.file}:${problem.line}:${problem.column}: ${problem.severity}: ${problem.message}`),
      )
      const broken = files.filter((file) => file.problems.some((problem) => problem.severity === 'error')).length
      const answer = files.map(({ name, file, problems }) => ({ name, file, problems }))
      say(command, answer, [...lines, `${files.length} ${files.length === 1 ? 'runbook' : 'runbooks'}, ${broken} with errors`])
      if (broken > 0) throw new Wanting('')
    })
  runbook
    .command('schema')
    .description('print the JSON Schema of a runbook, for editors')
    .action(() => console.log(JSON.stringify(z.toJSONSchema(RunbookDocument, { io: 'input', unrepresentable: 'any' }), null, 2)))
  runbook
    .command('print <name>')
    .description('print a runbook as Markdown, with the commands for the day this program is gone')
    .action(async (name: string) => {
      const found = (await filesOf([])).find((file) => file.name === name)
      if (!found?.document) throw new Wrong(found ? `${found.file} has errors: blackstart runbook lint` : `There is no runbook ${name}.`)
      console.log(markdownOf(found.document))
    })
}

async function filesOf(paths: readonly string[]): Promise<readonly RunbookFile[]> {
  const env = readEnv()
  const given = paths.length > 0 ? paths.map((path) => resolve(env.cwd, path)) : loadConfig(env).runbooks
  const missing = given.find((path) => !existsSync(path))
  if (missing) throw new Wrong(`There is no ${missing}.`)
  const folders = given.filter((path) => statSync(path).isDirectory())
  const single = given.filter((path) => !statSync(path).isDirectory())
  return [...(await loadRunbooks(folders).all()), ...single.map((path) => readRunbook(readFileSync(path, 'utf8'), path))]
}

function markdownOf(document: RunbookDocument): string {
  const { title, phases, steps } = document.spec
  const grouped = phases ?? [{ id: 'steps', title: undefined, steps: steps ?? [] }]
  const sections = grouped.flatMap((phase) => [`## ${phase.title ?? phase.id}`, ...phase.steps.map((step) => stepText(step, document))])
  return [`# ${title}`, ...sections].join('\n\n')
}

function stepText(step: Step, document: RunbookDocument): string {
  const commands = kubectlTemplate(step, document)
  const block = commands.length > 0 ? `\n\n\`\`\`sh\n${commands.join('\n')}\n\`\`\`` : ''
  return `- [ ] **${step.title ?? step.id}** (${step.id})${step.why ? `\n\n${step.why.trim()}` : ''}${block}`
}
