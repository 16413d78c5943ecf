import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { readEnv } from '../lib/config/env.ts'
import { sqlState } from '../lib/db/client.ts'
import { addAccount } from './commands/account.ts'
import { addAudit } from './commands/audit.ts'
import { addBaseline } from './commands/baseline.ts'
import { addDatabase } from './commands/database.ts'
import { addDoctor } from './commands/doctor.ts'
import { addDrill } from './commands/drill.ts'
import { addInit } from './commands/init.ts'
import { addPlannedChange } from './commands/planned-change.ts'
import { addRun } from './commands/run.ts'
import { addRunbook } from './commands/runbook.ts'
import { Wanting } from './commands/say.ts'

/** Runs another program of the checkout to its end, with its exit code as ours. */
function hand(script: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, script, { stdio: 'inherit' })
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
    child.on('close', (code) => {
      process.exitCode = code ?? 1
      resolve()
    })
  })
}

function program(): Command {
  const { root } = readEnv()
  const blackstart = new Command('blackstart')
    .description('Brings a Kubernetes + Argo CD platform back after a disaster, one verified step at a time.')
    .version('0.1.0')
    .option('--json', 'answer as JSON, for machines')
    .exitOverride()
  blackstart
    .command('serve')
    .description('start the dashboard, as `npm start` does')
    .action(() => hand([join(root, 'bin', 'start.mjs')]))
  addInit(blackstart)
  addDatabase(blackstart)
  addAudit(blackstart)
  addAccount(blackstart)
  blackstart
    .command('sandbox')
    .description('the simulated cluster')
    .command('serve')
    .description('serve it for kubectl: --port P --kubeconfig FILE [--fill S|M|L] [--seed N] [--speed N|max]')
    .allowUnknownOption()
    .allowExcessArguments()
    .action((_options: unknown, command: Command) => hand([join(root, 'lib', 'sandbox', 'serve.ts'), ...command.args]))
  addRunbook(blackstart)
  addRun(blackstart)
  addDrill(blackstart)
  addPlannedChange(blackstart)
  addBaseline(blackstart)
  addDoctor(blackstart)
  return blackstart
}

/** Exit codes: 0 ok, 1 found wanting, 2 used wrongly. */
function exitCodeOf(error: unknown): number {
  // Commander has said already what was wrong.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  const sentence = sentenceOf(error)
  if (sentence) console.error(sentence)
  return error instanceof Wanting ? 1 : 2
}

function sentenceOf(error: unknown): string {
  if (sqlState(error) === '42P01') return 'The database has no tables yet: run `blackstart db migrate`, or start the dashboard once.'
  if (process.env.BLACKSTART_LOG_LEVEL === 'debug' && error instanceof Error) return error.stack ?? error.message
  return error instanceof Error ? error.message : String(error)
}

try {
  await program().parseAsync()
} catch (error) {
  process.exitCode = exitCodeOf(error)
}

// Timers of what a command has put away may still be waiting; the answer is given.
process.stdout.write('', () => process.exit())
