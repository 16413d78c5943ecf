import { spawn } from 'node:child_process'
import { createServer, connect as dial, type Socket } from 'node:net'

/** A way to a database that can be cut: what is open breaks, and nobody is answered until it is mended. */
export type Way = { readonly url: string; cut(): void; mend(): void; close(): Promise<void> }

export async function openWay(to: string): Promise<Way> {
  const target = new URL(to)
  const open = new Set<Socket>()
  let broken = false
  const server = createServer((from) => {
    if (broken) return void from.destroy()
    const on = dial(Number(target.port), target.hostname)
    for (const [one, other] of [
      [from, on],
      [on, from],
    ] as const) {
      open.add(one)
      one.pipe(other)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        open.delete(one)
        other.destroy()
      })
    }
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  const url = new URL(to)
  url.port = String(typeof address === 'object' && address ? address.port : 0)
  return {
    url: url.href,
    cut() {
      broken = true
      for (const one of open) one.destroy()
    },
    mend() {
      broken = false
    },
    close: () =>
      new Promise((closed) => {
        for (const one of open) one.destroy()
        server.close(() => closed())
      }),
  }
}

/** Runs `npm start`'s own script to its end, with nothing of this test run's environment but what is given. */
export function runStart(env: Readonly<Record<string, string>>): Promise<{ readonly code: number | null; readonly said: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['bin/start.mjs'], {
      env: { ...process.env, VITEST: '', npm_lifecycle_event: '', DATABASE_URL: '', BLACKSTART_CONFIG: '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
    child.once('exit', (code) => resolve({ code, said }))
  })
}
