import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Runs one measurement in a process of its own, so that neither heap nor loop is shared, and reads the JSON it prints last. */
export async function measured<T>(script: string, args: readonly string[]): Promise<T> {
  const { stdout } = await run(process.execPath, ['--expose-gc', script, ...args], { maxBuffer: 64 * 1024 * 1024 })
  const line = stdout.trim().split('\n').at(-1) ?? ''
  return JSON.parse(line) as T
}

export type SandboxProcess = { readonly kubeconfig: string; readonly url: string; stop(): void }

type Fill = 'S' | 'M' | 'L'

/** A sandbox of a given size on a free loopback port, for as long as the measurement needs it. */
export function startSandboxProcess(kubeconfig: string, fill: Fill, speed = '1'): Promise<SandboxProcess> {
  return started(kubeconfig, ['lib/sandbox/serve.ts', '--port', '0', '--kubeconfig', kubeconfig, '--fill', fill, '--speed', speed])
}

/** A server of recorded objects, multiplied to a given size, in which nothing happens. */
export function startObjectServer(kubeconfig: string, fill: Fill): Promise<SandboxProcess> {
  return started(kubeconfig, ['bench/serve-objects.ts', kubeconfig, fill])
}

function started(kubeconfig: string, args: readonly string[]): Promise<SandboxProcess> {
  const child: ChildProcess = spawn(process.execPath, ['--max-old-space-size=8192', ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  return new Promise((resolve, reject) => {
    let said = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      const line = said.split('\n').find((one) => one.startsWith('{"ready"'))
      if (line) resolve({ kubeconfig, url: (JSON.parse(line) as { url: string }).url, stop: () => void child.kill('SIGTERM') })
    })
    child.once('exit', (code) => reject(new Error(`the server to measure against ended with ${code}`)))
  })
}
