import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import type { Command } from 'commander'
import { parse } from 'yaml'
import { z } from 'zod'
import { readEnv } from '../../lib/config/env.ts'
import { say, Wrong } from './say.ts'

const Kubeconfig = z.object({ contexts: z.array(z.object({ name: z.string() })).default([]), 'current-context': z.string().default('') })
type Found = { readonly file: string; readonly context: string }

/** Begins a `blackstart.yaml` from the contexts of the kubeconfig, every one of them only looked at. */
export function addInit(program: Command): void {
  program
    .command('init')
    .description('write a first blackstart.yaml here, from the contexts of your kubeconfig')
    .action((_options: unknown, command: Command) => {
      const { cwd, kubeconfig } = readEnv()
      const file = resolve(cwd, 'blackstart.yaml')
      if (existsSync(file)) throw new Wrong(`There is ${file} already; nothing was changed.`)
      const found = contextsIn((kubeconfig ?? join(homedir(), '.kube', 'config')).split(delimiter).filter((path) => existsSync(path)))
      writeFileSync(file, textOf(found), { flag: 'wx' })
      const clusters = found.map((one) => one.context)
      say(command, { file, clusters }, [
        `Wrote ${file}${clusters.length > 0 ? ` with ${clusters.join(', ')}` : '; no kubeconfig was found, so write a cluster into it'}.`,
        'Every cluster is only looked at (actions: off). Next: blackstart doctor, then blackstart serve.',
      ])
    })
}

function contextsIn(files: readonly string[]): readonly Found[] {
  return files.flatMap((file) => {
    const read = Kubeconfig.safeParse(parse(readFileSync(file, 'utf8')))
    if (!read.success) throw new Wrong(`${file} is not a kubeconfig.`)
    return read.data.contexts.map(({ name }) => ({ file, context: name }))
  })
}

/** A name as clusters have it: it stands in addresses and on buttons. */
function nameOf(context: string): string {
  return (
    context
      .toLowerCase()
      .replace(/[^a-z0-9.-]+/g, '-')
      .replace(/^[-.]+|[-.]+$/g, '')
      .slice(0, 63) || 'cluster'
  )
}

function textOf(found: readonly Found[]): string {
  const taken = new Map<string, number>()
  const unique = (name: string) => {
    const times = (taken.get(name) ?? 0) + 1
    taken.set(name, times)
    return times === 1 ? name : `${name}-${times}`
  }
  const clusters = found.map(
    ({ file, context }) => `  - name: ${JSON.stringify(unique(nameOf(context)))}
    kubeconfig: ${JSON.stringify(file)}
    context: ${JSON.stringify(context)}
    actions: off      # off: it shows the commands and verifies; on: it acts as the person who clicked`,
  )
  return `# What Blackstart watches. Everything that can stand here: docs/operators.md
clusters:${clusters.length > 0 ? `\n${clusters.join('\n')}` : ' []'}
runbooks: [runbooks]
sandbox: { enabled: true }
`
}
