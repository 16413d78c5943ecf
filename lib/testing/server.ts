import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { sleep } from '../kernel/pace.ts'
import { listSandboxes, stopSandbox } from '../sandbox/process-client.ts'

export type TestServer = {
  readonly url: string
  readonly pid: number
  /** The one-time link that the console printed; null when the start printed none. */
  signInLink(): string | null
  output(): string
  /** SIGKILL: no goodbye. */
  kill(): Promise<void>
  /** SIGTERM, and the exit code of the orderly stop. */
  stop(): Promise<number | null>
  /** Stops the server and the sandboxes that it left running, as it should leave them. */
  discard(): Promise<void>
}

export type ServerOptions = {
  /** Where `blackstart.yaml` would be looked for, and BLACKSTART_DATA. */
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  readonly port?: number
}

/** The built product in a process of its own, started as `npm start` starts it, on a loopback port. */
export async function startServer(options: ServerOptions): Promise<TestServer> {
  const port = options.port ?? (await freePort())
  await mkdir(options.folder, { recursive: true })
  const log = createWriteStream(join(options.folder, 'server.log'), { flags: 'a' })
  const child = spawn(process.execPath, ['node_modules/next/dist/bin/next', 'start', '-H', '127.0.0.1', '-p', String(port)], {
    cwd: process.cwd(),
    env: {
      ...process.env,
      NODE_ENV: 'production',
      VITEST: '',
      NEXT_MANUAL_SIG_HANDLE: '1',
      PORT: String(port),
      HOST: '127.0.0.1',
      BLACKSTART_DATA: options.folder,
      BLACKSTART_CONFIG: '',
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      log.write(chunk)
    })
  }
  const url = `http://127.0.0.1:${port}`
  await untilReady(url, child, () => said)
  return {
    url,
    pid: child.pid ?? 0,
    signInLink: () => /https?:\/\/\S+\/sign-in\?token=[\w-]+/.exec(said)?.[0] ?? null,
    output: () => said,
    kill: async () => void (await ended(child, 'SIGKILL')),
    stop: () => ended(child, 'SIGTERM'),
    async discard() {
      await ended(child, 'SIGTERM')
      await stopSandboxes(options.folder)
    },
  }
}

/** Ends every sandbox whose files are under a server's data folder. */
export async function stopSandboxes(folder: string): Promise<void> {
  const dir = join(folder, 'sandboxes')
  for (const { name } of await listSandboxes(dir)) await stopSandbox({ dir, name })
}

async function untilReady(url: string, child: ChildProcess, said: () => string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode} before it was ready:\n${said()}`)
    const answer = await fetch(`${url}/readyz`).catch(() => null)
    if (answer?.ok) return
    await sleep(200)
  }
  throw new Error(`the server was not ready within two minutes:\n${said()}`)
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve(child.exitCode)
    child.once('exit', (code) => resolve(code))
    child.kill(signal)
  })
}

/** A loopback port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
