import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { permit } from '../../lib/auth/rules.ts'
import { type Ctx, house } from '../../lib/boot/context.ts'
import { build } from '../../lib/boot/start.ts'
import { type Ending, endAll } from '../../lib/boot/stop.ts'
import { readEnv } from '../../lib/config/env.ts'
import { loadConfig } from '../../lib/config/load.ts'
import { discardEmbedded } from '../../lib/db/embedded.ts'
import { junitOf } from '../../lib/drills/junit-rules.ts'
import { PLAYERS, type PlayOptions, playDrill } from '../../lib/drills/play-drill.ts'
import { judge, type Played } from '../../lib/drills/play-rules.ts'
import { parseDuration } from '../../lib/kernel/duration.ts'
import { markdownOf } from '../../lib/reviews/markdown-rules.ts'
import { showReview } from '../../lib/reviews/show-review.ts'
import type { ReviewView } from '../../lib/reviews/view.ts'
import { listSandboxes, stopSandbox } from '../../lib/sandbox/process-client.ts'
import { say, Wanting, Wrong, wantsJson } from './say.ts'

type Options = {
  readonly scenario: string
  readonly runbook?: string
  readonly speed: string
  readonly fill: string
  readonly confirmManual?: boolean
  readonly junit?: string
  readonly report?: string
  readonly within: string
}

export function addDrill(program: Command): void {
  program
    .command('drill')
    .description('drills')
    .command('run')
    .description('play a scenario headless, by synthetic people; exit code 0 only if the services came back and every checkpoint held')
    .requiredOption('--scenario <name>', 'what breaks')
    .option('--runbook <name>', "default: the scenario's own")
    .option('--speed <n>', 'how much faster than the wall: a number, or max', 'max')
    .option('--fill <size>', 'S, M or L', 'S')
    .option('--confirm-manual', 'confirm what a person would have to confirm')
    .option('--junit <file>', 'write JUnit XML')
    .option('--report <file>', 'write the review: Markdown, or JSON where the name ends in .json')
    .option('--within <duration>', 'how long it may take here', '15m')
    .action((options: Options, command: Command) => run(options, command))
}

function checked(options: Options): Pick<PlayOptions, 'speed' | 'fill' | 'withinMs' | 'confirmManual'> {
  const speed = options.speed === 'max' ? ('max' as const) : Number(options.speed)
  if (speed !== 'max' && !(speed > 0 && speed <= 100)) throw new Wrong('--speed takes a number up to 100, or max.')
  const { fill } = options
  if (fill !== 'S' && fill !== 'M' && fill !== 'L') throw new Wrong('--fill takes S, M or L.')
  const withinMs = parseDuration(options.within)
  if (!withinMs) throw new Wrong('--within takes a duration, such as 15m.')
  return { speed, fill, withinMs, confirmManual: options.confirmManual === true }
}

async function run(options: Options, command: Command): Promise<void> {
  const { scenario, runbook, junit, report } = options
  const wanted = { scenario, ...(runbook ? { runbook } : {}), ...checked(options) }
  const { cwd } = readEnv()
  const told = (line: string) => (wantsJson(command) ? undefined : console.log(line))
  await inHouse(async (ctx) => {
    if (runbook && !(await ctx.runbooks.get(runbook))?.document) throw new Wrong(`There is no sound runbook ${runbook}.`)
    const played = await playDrill(ctx, { ...wanted, say: told })
    if (!played.ok) throw new Wrong(played.error.message)
    const review = await reviewOf(ctx, played.value)
    const regressed = (review?.deviations ?? []).flatMap((one) => (one.what === 'no-longer-held' && one.step ? [one.step] : []))
    const { ok, why } = judge(played.value, [...new Set(regressed)])
    if (junit) writeFileSync(resolve(cwd, junit), junitOf(played.value, review, why))
    if (report) writeFileSync(resolve(cwd, report), reportOf(report, played.value, review, why))
    const { drill, run } = played.value
    const answer = {
      ok,
      why,
      drill: drill.id,
      run: run?.id ?? null,
      outcome: run?.outcome ?? null,
      recoveredAt: drill.recoveredAt,
      toRecoverMs: review?.toRecoverMs ?? null,
    }
    say(
      command,
      answer,
      ok ? `Passed: the services came back and every checkpoint held.` : [`NOT passed:`, ...why.map((one) => `  ${one}`)],
    )
    if (!ok) throw new Wanting('')
  })
}

async function reviewOf(ctx: Ctx, { run }: Played): Promise<ReviewView | null> {
  if (!run) return null
  const may = permit(PLAYERS.operator, 'run.read')
  const shown = may.ok ? await showReview(ctx, may.value, { id: run.id }) : may
  return shown.ok ? shown.value : null
}

function reportOf(file: string, { drill }: Played, review: ReviewView | null, why: readonly string[]): string {
  if (file.endsWith('.json')) return `${JSON.stringify({ ok: why.length === 0, why, drill, review }, null, 2)}\n`
  const head = why.length === 0 ? 'Passed: the services came back and every checkpoint held.' : `Not passed: ${why.join('; ')}.`
  return `${head}\n\nPlayed by machine, without people.\n\n${review ? markdownOf(review) : `No run was started: ${drill.note}\n`}`
}

/** A house of its own for the length of a drill: on the configured database, else on one that is thrown away with it. No cluster but the sandbox. */
async function inHouse(work: (ctx: Ctx) => Promise<void>): Promise<void> {
  const env = readEnv()
  const { runbooks, database } = loadConfig(env)
  const folder = mkdtempSync(join(tmpdir(), 'blackstart-drill-'))
  const config = join(folder, 'blackstart.yaml')
  // JSON is YAML, too.
  writeFileSync(config, JSON.stringify({ clusters: [], runbooks, sandbox: { enabled: true } }))
  Object.assign(process.env, { BLACKSTART_CONFIG: config, BLACKSTART_DATA: folder, BLACKSTART_LOG_LEVEL: 'silent', PORT: '0' })
  const endings: Ending[] = []
  const leave = async () => {
    await endAll(endings)
    const dir = join(folder, 'sandboxes')
    for (const { name } of await listSandboxes(dir)) await stopSandbox({ dir, name })
    if (database.url === null) await discardEmbedded(env.root, folder)
    rmSync(folder, { recursive: true, force: true })
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void leave().finally(() => process.exit(2)))
  try {
    await build(endings, () => {})
    const { ctx } = house()
    if (!ctx) throw new Error('the house was not built')
    await work(ctx)
  } finally {
    await leave()
  }
}
