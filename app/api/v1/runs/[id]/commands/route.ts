import { endpoint } from '#lib/http/endpoint'
import { CommandAnswer } from '#lib/http/schema'
import { commandRun } from '#lib/runs/command-run'
import { RunCommand } from '#lib/runs/schema'

export const POST = endpoint('run.command', RunCommand, (ctx, permit, command, { id = '' }) => commandRun(ctx, permit, { id, command }), {
  answers: CommandAnswer,
  status: 202,
  about: 'Commands a run or one of its steps.',
})
