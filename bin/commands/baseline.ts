import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { readEnv } from '../../lib/config/env.ts'
import type { BaselineRow } from '../../lib/impact/view.ts'
import { newId } from '../../lib/kernel/id.ts'
import { ask, askText } from './api.ts'
import { say, Wrong } from './say.ts'

type PinOptions = { readonly cluster: string; readonly at?: string; readonly key?: string }
type ImportOptions = PinOptions & { readonly label?: string; readonly namespace?: string; readonly argocdNamespace?: string }

/** Moments to compare with and to restore from, through the API of a running dashboard. */
export function addBaseline(program: Command): void {
  const baseline = program.command('baseline').description('moments to compare with, through the API of a running dashboard')
  baseline
    .command('pin <label>')
    .description('name a moment of the recorded history, such as "before the upgrade"; it is never dropped')
    .requiredOption('--cluster <name>')
    .option('--at <time>', 'RFC 3339; default now')
    .option('--key <key>', 'makes a repeat harmless; default a new one')
    .action(async (label: string, { cluster, at, key = newId() }: PinOptions, command: Command) => {
      const pinned = await ask<BaselineRow>('POST', `/clusters/${encodeURIComponent(cluster)}/baselines`, { label, at, key })
      say(command, pinned, `${pinned.id}  ${pinned.at}`)
    })
  baseline
    .command('import <file>')
    .description('make one out of `argocd admin export` or of manifests (YAML or JSON; - reads standard input)')
    .requiredOption('--cluster <name>')
    .option('--label <label>', 'default the name of the file')
    .option('--at <time>', 'when the file was taken, RFC 3339; default the newest time that it speaks of')
    .option('--namespace <name>', 'where objects without a namespace belong')
    .option('--argocd-namespace <name>', 'where Argo CD lived; its own export leaves that out')
    .option('--key <key>', 'makes a repeat harmless; default a new one')
    .action(bring)
  baseline
    .command('export <id>')
    .description('write the manifests of one as they would be restored, as YAML, to standard output')
    .requiredOption('--cluster <name>')
    .option('--namespace <name>')
    .action(async (id: string, { cluster, namespace }: { cluster: string; namespace?: string }) => {
      const query = namespace === undefined ? '' : `?namespace=${encodeURIComponent(namespace)}`
      process.stdout.write(
        await askText('GET', `/clusters/${encodeURIComponent(cluster)}/baselines/${encodeURIComponent(id)}/export${query}`),
      )
    })
}

async function bring(file: string, options: ImportOptions, command: Command): Promise<void> {
  const { cluster, label = file === '-' ? 'imported' : file, at, namespace, argocdNamespace, key = newId() } = options
  const body = { yaml: textOf(file), label, at, namespace, argocdNamespace, key }
  const made = await ask<BaselineRow>('POST', `/clusters/${encodeURIComponent(cluster)}/baselines/import`, body)
  const { objects = 0, byName = 0, leftOut = [], cannotKnow = [] } = made.imported ?? {}
  say(command, made, [
    `${made.id}  ${made.at}  ${objects} objects, ${byName} of them known by name only`,
    ...leftOut.map((one) => `left out: ${one.count} ${one.kind} (${one.why})`),
    'What it cannot know:',
    ...cannotKnow.map((sentence) => `- ${sentence}`),
  ])
}

function textOf(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : resolve(readEnv().cwd, file), 'utf8')
  } catch (error) {
    throw new Wrong(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}
