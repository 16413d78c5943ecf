import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { permit } from '#lib/auth/rules'
import type { Actor, Deed, Permit } from '#lib/auth/schema'
import { ClusterEntry } from '#lib/cluster/schema'
import { incidentDesk } from '#lib/impact/join-incident'
import { type SignalWatch, watchSignals } from '#lib/impact/watch-signals'
import { type WatchedCluster, watchCluster } from '#lib/inventory/collect-cluster'
import type { Clusters } from '#lib/inventory/port'
import { newId } from '#lib/kernel/id'
import { loadRunbooks } from '#lib/runbooks/load-runbooks'
import { commandRun } from '#lib/runs/command-run'
import { type Driving, driveRuns } from '#lib/runs/drive-runs'
import { previewStep } from '#lib/runs/preview-step'
import type { RunCommand } from '#lib/runs/schema'
import { showRun } from '#lib/runs/show-run'
import type { RunsContext } from '#lib/runs/store'
import type { RunView, StepView } from '#lib/runs/view'
import { NO_CATALOG } from '#lib/services/read-catalog'
import { type TestDatabase, testDatabase } from '#lib/testing/database'
import { eventually } from '#lib/testing/wait'

export type Sandbox = {
  readonly url: string
  readonly kubeconfig: string
  readonly call: (method: string, path: string, body?: unknown) => Promise<{ status: number; body: unknown }>
  stop(): void
}

/** A sandbox of its own, in a process of its own; filled, or as `recorded` lists say. */
export async function startSandbox(speed: number, recorded = ''): Promise<Sandbox> {
  const folder = mkdtempSync(join(tmpdir(), 'blackstart-sandbox-'))
  const child: ChildProcess = spawn(
    process.execPath,
    [
      'lib/sandbox/serve.ts',
      ...['--kubeconfig', join(folder, 'kubeconfig'), '--state', folder, '--speed', String(speed)],
      ...(recorded ? ['--fill', 'none', '--recorded', recorded] : ['--fill', 'S']),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  await new Promise<void>((ready, failed) => {
    child.stdout?.once('data', () => ready())
    child.once('exit', (code) => failed(new Error(`the sandbox ended with ${code}`)))
  })
  const state = JSON.parse(readFileSync(join(folder, 'sandbox.json'), 'utf8')) as { url: string; token: string; ca: string }
  const call = (method: string, path: string, body?: unknown) =>
    new Promise<{ status: number; body: unknown }>((done, failed) => {
      const sent = request(
        new URL(path, state.url),
        { method, ca: state.ca, headers: { authorization: `Bearer ${state.token}`, 'content-type': 'application/json' } },
        (answer) => {
          const parts: Buffer[] = []
          answer.on('data', (part: Buffer) => parts.push(part))
          answer.on('end', () => done({ status: answer.statusCode ?? 0, body: JSON.parse(Buffer.concat(parts).toString() || 'null') }))
        },
      )
      sent.on('error', failed)
      sent.end(body === undefined ? undefined : JSON.stringify(body))
    })
  return {
    url: state.url,
    kubeconfig: join(folder, 'kubeconfig'),
    call,
    stop: () => {
      child.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const person = (id: string, ...roles: Actor['roles'][number][]): Actor => ({
  kind: 'person',
  id,
  name: id,
  roles,
  email: `${id}@acme.test`,
})
export const OLIVIA = person('olivia', 'operator')
export const ANTON = person('anton', 'approver')

export function may<D extends Deed>(who: Actor, deed: D): Permit<D> {
  const permitted = permit(who, deed)
  if (!permitted.ok) throw new Error(permitted.error.message)
  return permitted.value
}

export type Stage = {
  readonly sandbox: Sandbox
  readonly store: TestDatabase
  readonly ctx: RunsContext
  readonly watched: WatchedCluster
  readonly impacts: SignalWatch
  driving: Driving
  readonly errors: unknown[]
  end(): Promise<void>
}

/** The whole house without its web: a sandbox, its collector, the judgement of services, and the driver. */
export async function setStage(speed = 20, { recorded = '', live = false, actions = 'on' as 'on' | 'off' } = {}): Promise<Stage> {
  const [sandbox, store] = await Promise.all([startSandbox(speed, recorded), testDatabase()])
  const errors: unknown[] = []
  const asked = Date.now()
  const state = (await sandbox.call('GET', '/_sandbox/state')).body as { now: string; factor: number }
  const clock = { base: Date.parse(state.now), at: asked, factor: state.factor }
  const entry = ClusterEntry.parse({
    name: 'sandbox-1',
    kubeconfig: sandbox.kubeconfig,
    mode: live ? 'live' : 'drill',
    actions,
    ...(live ? { identity: 'account' } : {}),
  })
  const watched = watchCluster({ entry, clock, db: store.db })
  const clusters: Clusters = { get: (name) => (name === entry.name ? watched : undefined), all: () => [watched], onChange: () => () => {} }
  await eventually(
    () => watched.inventory.ready(),
    (ready) => ready,
    60_000,
  )
  const impacts = watchSignals({ clusters, db: store.db, catalog: NO_CATALOG, onError: (error) => errors.push(error) })
  const ctx: RunsContext = {
    db: store.db,
    clusters,
    impacts,
    runbooks: loadRunbooks(['runbooks']),
    incidents: incidentDesk({ clusters, impacts, db: store.db }),
  }
  const stage: Stage = {
    sandbox,
    store,
    ctx,
    watched,
    impacts,
    errors,
    driving: driveRuns(ctx, { onError: (error) => errors.push(error) }),
    async end() {
      await stage.driving.stop()
      await impacts.stop()
      await watched.stop()
      sandbox.stop()
      await store.drop()
    },
  }
  return stage
}

/** Gives the injects of a scenario file, each at its cluster time. */
export async function playScenario(stage: Stage, file: string): Promise<void> {
  const scenario = parse(readFileSync(file, 'utf8')) as { injects: ({ at: string } & Record<string, unknown>)[] }
  const [first, ...rest] = scenario.injects
  for (const [i, inject] of [first, ...rest].entries()) {
    if (i > 0) {
      const until = Date.now() + 25_000 / stage.watched.clock.factor
      await eventually(
        () => Date.now(),
        (now) => now >= until,
      )
    }
    await stage.sandbox.call('POST', '/_sandbox/inject', inject)
  }
}

export async function view(stage: Stage, id: string, who = OLIVIA): Promise<RunView> {
  const shown = await showRun(stage.ctx, may(who, 'run.read'), { id })
  if (!shown.ok) throw new Error(shown.error.message)
  return shown.value
}

export function stepOf(run: RunView, id: string): StepView {
  const found = run.phases.flatMap((phase) => phase.steps).find((step) => step.id === id)
  if (!found) throw new Error(`no step ${id}`)
  return found
}

type WithoutKey<T> = T extends unknown ? Omit<T, 'key' | 'version'> : never
export async function say(stage: Stage, id: string, who: Actor, command: WithoutKey<RunCommand>) {
  const run = await view(stage, id)
  const step = 'step' in command && typeof command.step === 'string' ? stepOf(run, command.step) : null
  return commandRun(stage.ctx, may(who, 'run.command'), {
    id,
    command: { ...command, key: newId(), ...(step ? { version: step.version } : {}) } as RunCommand,
  })
}

/** True once the command was taken. */
async function must(asked: ReturnType<typeof say>, what: string): Promise<boolean> {
  const answer = await asked
  // The driver may have moved on meanwhile: the next look says what is next.
  if (!answer.ok && answer.error.code === 'stale-version') return true
  if (!answer.ok) throw new Error(`${what}: ${answer.error.code} ${answer.error.message}`)
  return true
}

/** What a careful operator does next at a step, with a colleague who approves. True when something was done. */
export async function playStep(stage: Stage, id: string, step: StepView): Promise<boolean> {
  if (step.stage === 'awaiting-approval') {
    await must(say(stage, id, ANTON, { do: 'approve', step: step.id }), step.id)
    return true
  }
  if (step.stage !== 'ready' && step.stage !== 'in-progress') return false
  const command = await nextCommand(stage, id, step)
  if (command === null) return false
  await must(say(stage, id, OLIVIA, command), step.id)
  return true
}

async function nextCommand(stage: Stage, id: string, step: StepView): Promise<Parameters<typeof say>[3] | null> {
  if (step.kind === 'confirm') {
    if (step.id === 'credentials') await stage.sandbox.call('POST', '/_sandbox/inject', { kind: 'restore-credentials', by: 'olivia' })
    return { do: 'confirm', step: step.id, values: {} }
  }
  if (step.kind === 'ask') {
    return { do: 'answer', step: step.id, answer: step.answers.find((one) => one.proposed)?.value ?? step.answers[0]?.value ?? '' }
  }
  if (step.kind !== 'do') return null
  const preview = await previewStep(stage.ctx, may(OLIVIA, 'run.read'), { id, step: step.id })
  if (!preview.ok) throw new Error(preview.error.message)
  const { digest } = preview.value
  if (step.approval && step.approval.approvals.length === 0) return { do: 'request-approval', step: step.id, digest }
  return { do: 'act', step: step.id, digest, ...(step.typed ? { typed: 'sandbox-1' } : {}) }
}

/** Plays a run to its end, or until `until` says so; throws at the first step that fails. */
export async function playRun(
  stage: Stage,
  id: string,
  until: (run: RunView) => boolean = (run) => run.stage === 'closed',
  patienceMs = 60_000,
): Promise<RunView> {
  let last = ''
  return eventually(
    async () => {
      const run = await view(stage, id)
      last = run.waitingText
      if (until(run)) return run
      for (const step of run.phases.flatMap((phase) => phase.steps)) {
        if (step.stage === 'failed')
          throw new Error(
            `${step.id} failed: ${step.trouble}\n${JSON.stringify(step.checks)}\n${JSON.stringify(step.items.filter((item) => item.state !== 'done').slice(0, 5))}`,
          )
        if (await playStep(stage, id, step)) return await view(stage, id)
      }
      return run
    },
    until,
    patienceMs,
  ).catch((error: unknown) => {
    throw new Error(`the run waits: ${last}`, { cause: error })
  })
}
