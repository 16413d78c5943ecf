import { AuditConflict } from '../audit/store.ts'
import type { Actor, Permit } from '../auth/schema.ts'
import { newId } from '../kernel/id.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import { identityFor } from './acting-rules.ts'
import { decide } from './command-machine.ts'
import type { CommandContext, RunRefusal } from './command-rules.ts'
import { listFiles } from './evidence-store.ts'
import { digestFits, isBounded, lookAhead, previewStep } from './preview-step.ts'
import { plannedStep, type RunState } from './rules.ts'
import type { RunCommand } from './schema.ts'
import { actorRef, bodyHash } from './start-run.ts'
import { appendRun, keepIdentity, loadRun, lockRun, type RunningContext } from './store.ts'

export type CommandAnswer = { readonly version: number; readonly entries: number }
export type CommandRefusal = RunRefusal | { readonly code: 'key-reused'; readonly message: string; readonly preview?: unknown }
const TRIES = 5

/** What a step would do now, where a decision depends on it. */
async function previewFor(
  ctx: RunningContext,
  run: RunState,
  command: RunCommand,
  actor: Actor,
  identity: { user: string; groups: readonly string[] } | null,
): Promise<CommandContext['preview']> {
  if (command.do !== 'act' && command.do !== 'request-approval') return null
  const planned = plannedStep(run, command.step)
  if (planned?.kind !== 'do') return null
  const looked = await lookAhead(ctx, run, planned, actor.id, identity)
  const fits = command.digest !== undefined && digestFits(command.digest, looked.digest, isBounded(run, planned))
  return { digest: fits && command.digest ? command.digest : looked.digest, refusal: looked.refusal }
}

async function attempt(ctx: RunningContext, actor: Actor, id: string, command: RunCommand): Promise<Result<CommandAnswer, CommandRefusal>> {
  const seen = await loadRun(ctx.db, id)
  if (!seen) return no({ code: 'not-found', message: `there is no run ${id}` })
  const { key, ...body } = command
  const hash = bodyHash(body)
  const scope = `run:${id}`
  const identity = identityFor(ctx.clusters.get(seen.started.clusters[0]?.name ?? '')?.entry, actor)
  const known = await ctx.db.pool.query<{ body_hash: string; answer: CommandAnswer }>(
    'SELECT body_hash, answer FROM command_key WHERE scope = $1 AND key = $2',
    [scope, key],
  )
  const preview = known.rows[0] ? null : await previewFor(ctx, seen, command, actor, identity)
  return ctx.db.tx(async (tx) => {
    const run = await lockRun(tx, id)
    if (!run) return no({ code: 'not-found' as const, message: `there is no run ${id}` })
    const rows = await tx.$queryRawUnsafe<{ body_hash: string; answer: CommandAnswer }[]>(
      'SELECT body_hash, answer FROM command_key WHERE scope = $1 AND key = $2',
      scope,
      key,
    )
    const before = rows[0]
    if (before)
      return before.body_hash === hash
        ? ok(before.answer)
        : no({ code: 'key-reused' as const, message: 'this key was used for another command' })
    const missing = await missingEvidence(ctx, id, command)
    if (missing) return no({ code: 'bad-input' as const, message: `evidence: there is no file ${missing} beside this run` })
    const ref = actorRef(actor)
    const decided = decide(run, command, { actor: ref, now: new Date().toISOString(), act: newId(), preview })
    if (!decided.ok) return no(decided.error)
    const answer: CommandAnswer = { version: run.version + decided.value.length, entries: decided.value.length }
    if ((command.do === 'act' || command.do === 'advance' || command.do === 'undo') && identity)
      await keepIdentity(tx, id, ref.id, identity)
    await tx.$executeRawUnsafe(
      'INSERT INTO command_key (scope, key, body_hash, answer) VALUES ($1, $2, $3, $4::jsonb)',
      scope,
      key,
      hash,
      JSON.stringify(answer),
    )
    await appendRun(tx, run, ref, decided.value)
    return ok(answer)
  })
}

async function missingEvidence(ctx: RunningContext, run: string, command: RunCommand): Promise<string | undefined> {
  if (command.do !== 'confirm' || !command.evidence) return undefined
  const there = new Set((await listFiles(ctx.db, run)).map((file) => file.id))
  return command.evidence.find((id) => !there.has(id))
}

/** What it would do now goes along with the refusal, so that the next look costs no further request. */
async function withPreview(
  ctx: RunningContext,
  permit: Permit<'run.command'>,
  { id, command }: { readonly id: string; readonly command: RunCommand },
  refusal: CommandRefusal,
): Promise<CommandRefusal> {
  if (!('step' in command) || typeof command.step !== 'string') return refusal
  const looked = await previewStep(ctx, permit, { id, step: command.step })
  return looked.ok ? { ...refusal, preview: looked.value } : refusal
}

/** Gives a run a command: decided on the run as it is, stored with its key and answer in one transaction. A key sent twice leaves one group of entries. */
export async function commandRun(
  ctx: RunningContext,
  permit: Permit<'run.command'>,
  input: { readonly id: string; readonly command: RunCommand },
): Promise<Result<CommandAnswer, CommandRefusal>> {
  for (let tries = 1; ; tries++) {
    try {
      const said = await attempt(ctx, permit.by, input.id, input.command)
      return said.ok || said.error.code !== 'changed-since-preview' ? said : no(await withPreview(ctx, permit, input, said.error))
    } catch (error) {
      if (!(error instanceof AuditConflict) || tries >= TRIES) throw error
    }
  }
}
