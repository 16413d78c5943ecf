import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { stringify } from 'yaml'
import { createCertificate } from './certificate.ts'
import { createClock, parseSpeed } from './clock.ts'
import type { Snapshot } from './fill/snapshot.ts'
import { sandboxRules } from './ruleset.ts'
import { createSandboxApi } from './sandbox-api.ts'
import { serveApi } from './server.ts'
import { startWorld } from './world.ts'

const UNUSED_MS = 60 * 60 * 1000

function writeSecret(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.new`, text, { mode: 0o600 })
  chmodSync(`${file}.new`, 0o600)
  renameSync(`${file}.new`, file)
}

function kubeconfigOf(name: string, server: string, ca: string, token: string): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  })
}

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    kubeconfig: { type: 'string' },
    fill: { type: 'string', default: 'S' },
    speed: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    state: { type: 'string' },
    name: { type: 'string', default: 'sandbox' },
    recorded: { type: 'string' },
  },
})
const factor = parseSpeed(values.speed)
const seed = Number(values.seed)
const port = Number(values.port)
if (factor === null || !Number.isInteger(seed) || !Number.isInteger(port) || !['S', 'M', 'L', 'none'].includes(values.fill)) {
  process.stderr.write(
    'usage: serve.ts --port PORT --kubeconfig FILE [--fill S|M|L|none] [--speed N|max] [--seed N] [--state DIR] [--name NAME] [--recorded LISTS.json.gz]\n',
  )
  process.exit(2)
}

const started = Date.now()
const clock = createClock({ start: started, factor })
const api = createSandboxApi({ seed, clock, rules: sandboxRules })
const snapshot = values.recorded ? (JSON.parse(gunzipSync(readFileSync(values.recorded)).toString()) as Snapshot) : undefined
const world = startWorld(api, { fill: values.fill as 'S' | 'M' | 'L' | 'none', seed, ...(snapshot ? { snapshot } : {}) })
const injects: { at: string; body: unknown }[] = []
const tls = await createCertificate()

const server = await serveApi({
  storage: api.storage,
  tls,
  port,
  async control(method, path, body) {
    if (method === 'GET' && path === '/_sandbox/state') {
      return {
        now: new Date(clock.now()).toISOString(),
        factor: clock.reading().factor,
        clock: clock.reading(),
        fill: values.fill,
        seed,
        startedAt: new Date(started).toISOString(),
        injects,
        revision: api.storage.revision(),
      }
    }
    if (method === 'POST' && path === '/_sandbox/clock') {
      const next = parseSpeed(String(body.factor))
      if (next === null) throw new RangeError('factor is a number above 0, or max')
      clock.setFactor(next)
      return clock.reading()
    }
    if (method === 'POST' && path === '/_sandbox/inject') {
      world.inject(body)
      injects.push({ at: new Date(clock.now()).toISOString(), body })
      return { ok: true }
    }
    if (method === 'POST' && path === '/_sandbox/stop') {
      setTimeout(() => void stop(), 20)
      return { stopping: true }
    }
    return undefined
  },
})

if (values.kubeconfig) writeSecret(values.kubeconfig, kubeconfigOf(values.name, server.url, tls.cert, server.adminToken))
const ready = { ready: true, url: server.url, pid: process.pid, kubeconfig: values.kubeconfig ?? null }
if (values.state)
  writeSecret(
    `${values.state}/${values.name}.json`,
    JSON.stringify({
      ...ready,
      token: server.adminToken,
      ca: tls.cert,
      fill: values.fill,
      seed,
      startedAt: new Date(started).toISOString(),
    }),
  )
process.stdout.write(`${JSON.stringify(ready)}\n`)

let stopping = false
async function stop(): Promise<void> {
  if (stopping) return
  stopping = true
  world.stop()
  clock.stop()
  await server.close()
  process.exit(0)
}
process.on('SIGTERM', () => void stop())
process.on('SIGINT', () => void stop())
setInterval(() => {
  if (Date.now() - server.lastUsed() > UNUSED_MS) void stop()
}, 30_000).unref()
