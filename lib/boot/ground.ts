import { join } from 'node:path'
import type { Logger } from 'pino'
import { ClusterEntry } from '../cluster/schema.ts'
import type { Config } from '../config/schema.ts'
import type { DrillGround, Speed } from '../drills/port.ts'
import { dict } from '../kernel/wire.ts'
import { findSandbox, listSandboxes, type RunningSandbox, startSandbox, stopSandbox } from '../sandbox/process-client.ts'
import type { ClusterSet } from './clusters.ts'
import { readScenarios } from './read-scenarios.ts'

/** The name of the trial's own cluster. */
export const TRIAL = 'sandbox'
/** How often the clocks of sandboxes are compared with ours, in ms: an outsider may have changed their speed. */
const COMPARE = 10_000

export type GroundOptions = {
  readonly config: Config
  readonly clusters: ClusterSet
  readonly log: Logger
  /** Names of clusters whose drill is over: their sandboxes make room for a new one. */
  readonly spent: () => Promise<readonly string[]>
}

export type Ground = DrillGround & {
  /** Finds sandboxes of an earlier process again, and starts the trial's where it is wanted. */
  begin(): Promise<void>
  stop(): void
}

/** The sandbox processes behind drills, each watched as one more cluster in drill mode. */
export function createGround(options: GroundOptions): Ground {
  const { config, clusters, log } = options
  const dir = join(config.data, 'sandboxes')
  const scenarios = readScenarios(config.runbooks, log)
  const held = new Map<string, RunningSandbox>()

  async function watch(sandbox: RunningSandbox): Promise<void> {
    const { clock } = await sandbox.control.state()
    held.set(sandbox.name, sandbox)
    clusters.add(
      ClusterEntry.parse({ name: sandbox.name, kubeconfig: sandbox.kubeconfig, mode: 'drill', actions: 'on', identity: 'account' }),
      clock,
      true,
    )
  }

  async function open(name: string, fill: 'S' | 'M' | 'L', speed: Speed): Promise<void> {
    let started = await startSandbox({ dir, name, fill, speed, seed: config.sandbox.seed })
    if (!started.ok && started.error.code === 'too-many-sandboxes') {
      const spent = await options.spent()
      const oldest = started.error.running.find((one) => one !== TRIAL && spent.includes(one))
      if (oldest !== undefined) {
        await close(oldest)
        started = await startSandbox({ dir, name, fill, speed, seed: config.sandbox.seed })
      }
    }
    if (!started.ok) throw new Error(started.error.message)
    await watch(started.value)
  }

  async function close(name: string): Promise<void> {
    held.delete(name)
    await clusters.remove(name)
    await stopSandbox({ dir, name })
  }

  function control(cluster: string): RunningSandbox['control'] {
    const sandbox = held.get(cluster)
    if (!sandbox) throw new Error(`No sandbox of ours stands behind ${cluster}.`)
    return sandbox.control
  }

  async function compareClock(name: string): Promise<void> {
    const { clock } = await control(name).state()
    const cluster = clusters.get(name)
    if (cluster && cluster.clock.factor !== clock.factor) cluster.setClock(clock)
  }

  const comparing = setInterval(() => {
    for (const name of held.keys())
      compareClock(name).catch((error: unknown) => log.debug({ err: error, cluster: name }, 'a sandbox does not answer'))
  }, COMPARE).unref()

  return {
    scenarios: () => [...scenarios.values()],
    scenario: (name) => scenarios.get(name),
    isSandbox: (cluster) => held.has(cluster),
    open,
    close,
    async setSpeed(cluster, speed) {
      await control(cluster).setSpeed(speed)
      await compareClock(cluster)
    },
    inject: (cluster, inject) => control(cluster).inject(inject),
    async given(cluster) {
      const { injects } = await control(cluster).state()
      return injects.map(({ body }) => String(dict(body).title ?? ''))
    },
    async begin() {
      if (config.file === null && config.sandbox.enabled && config.clusters.length === 0) {
        const there = await findSandbox(dir, TRIAL)
        if (!there) log.info('starting the simulated platform')
        await open(TRIAL, config.sandbox.fill, 1)
      }
      for (const sandbox of await listSandboxes(dir)) if (!held.has(sandbox.name)) await watch(sandbox)
    },
    stop: () => clearInterval(comparing),
  }
}
