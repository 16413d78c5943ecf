import { spawn } from 'node:child_process'
import { mkdirSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { no, ok, type Result } from '../kernel/result.ts'

const StateFile = z.object({
  url: z.url(),
  pid: z.int(),
  kubeconfig: z.string(),
  token: z.string(),
  ca: z.string(),
  fill: z.string(),
  seed: z.int(),
  startedAt: z.string(),
})
type StateFile = z.infer<typeof StateFile>

export const SandboxState = z.object({
  now: z.string(),
  factor: z.number(),
  /** Linear rule of the sandbox's time, as ClusterClock has it. */
  clock: z.object({ base: z.number(), at: z.number(), factor: z.number() }),
  fill: z.string(),
  seed: z.number(),
  startedAt: z.string(),
  injects: z.array(z.object({ at: z.string(), body: z.unknown() })),
  revision: z.number(),
})
export type SandboxState = z.infer<typeof SandboxState>

/** The sandbox's own controls, outside the Kubernetes API. Every call throws when the process does not answer or refuses. */
export type SandboxControl = {
  state(): Promise<SandboxState>
  setSpeed(factor: number | 'max'): Promise<void>
  inject(body: unknown): Promise<void>
  /** Replaces all faults; what is not given is off. */
  setFaults(faults: Record<string, unknown>): Promise<void>
}
export type RunningSandbox = {
  readonly name: string
  readonly kubeconfig: string
  readonly pid: number
  readonly url: string
  readonly control: SandboxControl
}
export type SandboxRefusal =
  | { readonly code: 'too-many-sandboxes'; readonly message: string; readonly running: readonly string[] }
  | { readonly code: 'sandbox-did-not-start'; readonly message: string }

export type SandboxRequest = {
  readonly dir: string
  readonly name: string
  readonly fill: 'S' | 'M' | 'L' | 'none'
  readonly speed: number | 'max'
  readonly seed: number
}

const MAX_SANDBOXES = 3
const READY_WITHIN_MS = 60_000

function call(state: StateFile, method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> {
  const text = body === undefined ? '' : JSON.stringify(body)
  return new Promise((done, fail) => {
    const asked = request(
      `${state.url}${path}`,
      {
        method,
        ca: state.ca,
        timeout: 10_000,
        agent: false,
        headers: { authorization: `Bearer ${state.token}`, 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
      },
      (response) => {
        let answer = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          answer += chunk
        })
        response.on('end', () => {
          if (response.statusCode !== 200)
            return fail(new Error(`the sandbox answered ${path} with ${response.statusCode}: ${answer.slice(0, 300)}`))
          done(JSON.parse(answer))
        })
      },
    )
    asked.on('timeout', () => asked.destroy(new Error(`the sandbox did not answer ${path}`)))
    asked.on('error', fail)
    asked.end(text)
  })
}

function fileOf(dir: string, name: string): string {
  if (!/^[a-z0-9][a-z0-9.-]{0,62}$/.test(name)) throw new RangeError(`not a sandbox name: ${name}`)
  return join(dir, `${name}.json`)
}

function readState(dir: string, name: string): StateFile | null {
  try {
    return StateFile.parse(JSON.parse(readFileSync(fileOf(dir, name), 'utf8')))
  } catch {
    return null
  }
}

function running(name: string, state: StateFile): RunningSandbox {
  return {
    name,
    kubeconfig: state.kubeconfig,
    pid: state.pid,
    url: state.url,
    control: {
      state: async () => SandboxState.parse(await call(state, 'GET', '/_sandbox/state')),
      async setSpeed(factor) {
        await call(state, 'POST', '/_sandbox/clock', { factor })
      },
      async inject(body) {
        await call(state, 'POST', '/_sandbox/inject', body)
      },
      async setFaults(faults) {
        await call(state, 'POST', '/_sandbox/faults', faults)
      },
    },
  }
}

/** The sandbox of that name if its process still answers to its own token; a file that nobody answers to is removed. */
export async function findSandbox(dir: string, name: string): Promise<RunningSandbox | null> {
  const state = readState(resolve(dir), name)
  if (!state) return null
  try {
    await call(state, 'GET', '/_sandbox/state')
    return running(name, state)
  } catch (error) {
    // Only a refused connection proves that it is gone; a slow one may still come back.
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') rmSync(fileOf(resolve(dir), name), { force: true })
    return null
  }
}

/** All sandboxes of a directory that answer. */
export async function listSandboxes(dir: string): Promise<RunningSandbox[]> {
  let names: string[]
  try {
    names = readdirSync(dir)
      .filter((file) => file.endsWith('.json'))
      .map((file) => file.slice(0, -5))
  } catch {
    return []
  }
  const found = await Promise.all(names.map((name) => findSandbox(dir, name)))
  return found.filter((sandbox) => sandbox !== null)
}

/**
 * Starts a sandbox as a process of its own that outlives this one, or finds the one of that name again.
 * Its token stands in `dir/NAME.json` and the kubeconfig `dir/NAME.kubeconfig`, both readable by the owner only.
 */
export async function startSandbox({
  dir: given,
  name,
  fill,
  speed,
  seed,
}: SandboxRequest): Promise<Result<RunningSandbox, SandboxRefusal>> {
  const dir = resolve(given)
  const there = await findSandbox(dir, name)
  if (there) return ok(there)
  const others = await listSandboxes(dir)
  if (others.length >= MAX_SANDBOXES) {
    return no({
      code: 'too-many-sandboxes',
      message: `At most ${MAX_SANDBOXES} sandboxes run at once.`,
      running: others.map((sandbox) => sandbox.name),
    })
  }
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  rmSync(fileOf(dir, name), { force: true })
  const log = openSync(join(dir, `${name}.log`), 'a', 0o600)
  // A path that a bundler leaves alone: the child is plain source, run by Node itself.
  const entry = join(process.cwd(), 'lib', 'sandbox', 'serve.ts')
  const args = [
    entry,
    '--port',
    '0',
    '--kubeconfig',
    join(dir, `${name}.kubeconfig`),
    '--fill',
    fill,
    '--speed',
    String(speed),
    '--seed',
    String(seed),
    '--state',
    dir,
    '--name',
    name,
  ]
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', log, log] })
  let ended = false
  child.once('exit', () => {
    ended = true
  })
  child.once('error', () => {
    ended = true
  })
  child.unref()
  const until = Date.now() + READY_WITHIN_MS
  while (Date.now() < until && !ended) {
    const found = await findSandbox(dir, name)
    if (found && found.pid === child.pid) return ok(found)
    await new Promise((next) => setTimeout(next, 100))
  }
  if (!ended) child.kill('SIGTERM')
  return no({ code: 'sandbox-did-not-start', message: `The sandbox did not start; its log is ${join(dir, `${name}.log`)}.` })
}

/** Stops a sandbox and forgets it; true when there was one. */
export async function stopSandbox({ dir: given, name }: { readonly dir: string; readonly name: string }): Promise<boolean> {
  const dir = resolve(given)
  const state = readState(dir, name)
  if (!state) return false
  let stopped = true
  try {
    // Asked by its token, never by its pid: that number may belong to another process by now.
    await call(state, 'POST', '/_sandbox/stop')
  } catch {
    stopped = false
  }
  for (const file of [`${name}.json`, `${name}.kubeconfig`]) rmSync(join(dir, file), { force: true })
  return stopped
}
