import type { Command } from 'commander'

/** Something was looked for and found wanting: exit code 1. */
export class Wanting extends Error {
  override readonly name = 'Wanting'
}

/** The command was used wrongly, or what it needs is not there: exit code 2. */
export class Wrong extends Error {
  override readonly name = 'Wrong'
}

/** Whether `--json` was given, before or after the command's own name. */
export function wantsJson(command: Command): boolean {
  return command.optsWithGlobals<{ json?: boolean }>().json === true
}

/** The answer: JSON for machines, lines for people. */
export function say(command: Command, value: unknown, lines: readonly string[] | string): void {
  console.log(wantsJson(command) ? JSON.stringify(value, null, 2) : [lines].flat().join('\n'))
}
