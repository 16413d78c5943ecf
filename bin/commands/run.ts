import type { Command } from 'commander'
import { newId } from '../../lib/kernel/id.ts'
import { sleep } from '../../lib/kernel/pace.ts'
import { ask } from './api.ts'
import { say, Wanting, Wrong, wantsJson } from './say.ts'

type Step = {
  readonly id: string
  readonly title: string
  readonly stage: string
  readonly outcome: string | null
  readonly version: number
}
type Run = {
  readonly id: string
  readonly version: number
  readonly runbook: string
  readonly kind: string
  readonly stage: string
  readonly outcome: string | null
  readonly waitingFor: string | null
  readonly phases: readonly { readonly steps: readonly Step[] }[]
}

type StartOptions = {
  readonly kind: string
  readonly cluster: readonly string[]
  readonly parameter: readonly string[]
  readonly incident?: string
  readonly signal?: string
  readonly key?: string
}

export function addRun(program: Command): void {
  const run = program.command('run').description('runs, through the API of a running dashboard')
  run
    .command('start <runbook>')
    .description('start a run')
    .requiredOption('--cluster <name...>', 'the clusters it is about')
    .option('--kind <kind>', 'incident, drill or tabletop', 'incident')
    .option('--parameter <name=value...>', 'parameters of the runbook', [])
    .option('--incident <id>')
    .option('--signal <id>')
    .option('--key <key>', 'makes a repeat harmless; default a new one')
    .action(async (runbook: string, options: StartOptions, command: Command) => {
      const { kind, cluster, parameter, incident, signal, key = newId() } = options
      const started = await ask<Run>('POST', '/runs', {
        runbook,
        kind,
        clusters: cluster,
        parameters: pairs(parameter),
        incident,
        signal,
        key,
      })
      say(command, started, started.id)
    })
  run
    .command('watch <id>')
    .description('tell what changes until the run is closed; exit code 0 only if it completed')
    .action((id: string, _options: unknown, command: Command) => watch(id, command))
  run
    .command('command <id> <do> [step]')
    .description('send a command; versions are looked up unless given')
    .option('--version <n>')
    .option('--reason <text>')
    .option('--set <name=value...>', 'other fields of the command; JSON values are taken as such', [])
    .option('--key <key>', 'makes a repeat harmless; default a new one')
    .action(async (id: string, what: string, step: string | undefined, options: CommandOptions, command: Command) => {
      const version = options.version === undefined ? await versionOf(id, step) : Number(options.version)
      const body = { do: what, step, version, reason: options.reason, key: options.key ?? newId(), ...pairs(options.set) }
      const answer = await ask<{ version: number }>('POST', `/runs/${id}/commands`, body)
      say(command, answer, `accepted, the run is at version ${answer.version}`)
    })
}

type CommandOptions = { readonly version?: string; readonly reason?: string; readonly set: readonly string[]; readonly key?: string }

async function watch(id: string, command: Command): Promise<void> {
  const told = new Map<string, string>()
  for (;;) {
    const run = await ask<Run>('GET', `/runs/${id}`)
    for (const step of run.phases.flatMap((phase) => phase.steps)) {
      const state = step.outcome ?? step.stage
      if (told.get(step.id) === state) continue
      const first = !told.has(step.id)
      told.set(step.id, state)
      if (first && state === 'blocked') continue
      console.log(
        wantsJson(command)
          ? JSON.stringify({ at: new Date().toISOString(), step: step.id, state })
          : `${step.id}: ${state}  (${step.title})`,
      )
    }
    if (run.stage === 'closed') {
      console.log(
        wantsJson(command) ? JSON.stringify({ at: new Date().toISOString(), run: id, outcome: run.outcome }) : `closed: ${run.outcome}`,
      )
      if (run.outcome !== 'completed') throw new Wanting('')
      return
    }
    await sleep(1_000)
  }
}

async function versionOf(id: string, step: string | undefined): Promise<number> {
  const run = await ask<Run>('GET', `/runs/${id}`)
  if (step === undefined) return run.version
  const found = run.phases.flatMap((phase) => phase.steps).find((one) => one.id === step)
  if (!found) throw new Wrong(`Run ${id} has no step ${step}.`)
  return found.version
}

/** `name=value` pairs; a value that is JSON is taken as such, any other as text. */
function pairs(given: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    given.map((pair) => {
      const at = pair.indexOf('=')
      if (at < 1) throw new Wrong(`${pair}: write name=value.`)
      return [pair.slice(0, at), jsonOrText(pair.slice(at + 1))]
    }),
  )
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
