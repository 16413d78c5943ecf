import type { Command } from 'commander'
import { newId } from '../../lib/kernel/id.ts'
import { ask } from './api.ts'
import { say, Wrong } from './say.ts'

type Planned = { readonly id: string; readonly title: string; readonly from: string; readonly to: string; readonly covered: number }

type StartOptions = {
  readonly cluster: readonly string[]
  readonly effect: readonly string[]
  readonly ticket?: string
  readonly namespace?: string
  readonly kind?: string
  readonly name?: string
  readonly application?: string
  readonly label: readonly string[]
  readonly max?: string
  readonly for: string
  readonly key?: string
}

export function addPlannedChange(program: Command): void {
  const planned = program.command('planned-change').description('expected changes, through the API of a running dashboard')
  planned
    .command('start <title>')
    .description('say what will happen from now on, so that it is not taken for a disaster')
    .requiredOption('--cluster <name...>', 'the clusters it happens on')
    .requiredOption('--effect <effect...>', 'delete, restart, scale, unreachable')
    .option('--ticket <ticket>')
    .option('--namespace <glob>', 'what it is about; at least one of these, unless the effect is unreachable')
    .option('--kind <glob>')
    .option('--name <glob>')
    .option('--application <glob>')
    .option('--label <name=glob...>', '', [])
    .option('--max <n>', 'what exceeds this many objects of a cluster is not covered')
    .option('--for <duration>', 'how long, at most 12h', '1h')
    .option('--key <key>', 'makes a repeat harmless; default a new one')
    .action(start)
  planned
    .command('end <id>')
    .description('end it before its time')
    .requiredOption('--cluster <name>', 'a cluster it happens on')
    .option('--reason <text>', '', '')
    .action(async (id: string, options: { cluster: string; reason: string }, command: Command) => {
      const { cluster, reason } = options
      const ended = await ask<Planned>('POST', `/clusters/${cluster}/planned-changes/${encodeURIComponent(id)}/end`, {
        reason,
        key: newId(),
      })
      say(command, ended, `ended; it covered ${ended.covered} ${ended.covered === 1 ? 'object' : 'objects'} on ${cluster}`)
    })
}

async function start(title: string, options: StartOptions, command: Command): Promise<void> {
  const { cluster, effect, ticket, namespace, kind, name, application, label, max, key = newId() } = options
  const labels = label.map((pair) => {
    const at = pair.indexOf('=')
    if (at < 1) throw new Wrong(`--label ${pair}: write name=glob.`)
    return [pair.slice(0, at), pair.slice(at + 1)]
  })
  const answer = await ask<Planned>('POST', `/clusters/${cluster[0]}/planned-changes`, {
    title,
    ticket,
    clusters: cluster,
    selector: { namespace, kind, name, application, ...(labels.length > 0 ? { labels: Object.fromEntries(labels) } : {}) },
    effects: effect,
    ...(max === undefined ? {} : { maxObjects: Number(max) }),
    for: options.for,
    key,
  })
  say(command, answer, answer.id)
}
