import { sleep } from '../kernel/pace.ts'
import type { Readiness } from '../runbooks/port.ts'
import { actionsOf } from './acting-rules.ts'
import { readinessOn } from './look-over-runbook.ts'
import type { RunsContext } from './store.ts'

const EVERY_MS = 5 * 60_000
/** What was wanting a moment ago may have been a cluster that was still being read, in ms. */
const AGAIN_MS = 30_000
/** How often it is asked whether anything has changed that readiness hangs on, in ms. */
const LOOK_MS = 10_000

export type ReadinessKeeper = { readonly board: Readiness; stop(): Promise<void> }
type Known = { readonly at: number; readonly key: string; readonly state: ReturnType<Readiness['of']> }

/** The clusters that a runbook would act on: those that may be acted on, live ones before what is only for drills. */
function groundsOf(ctx: RunsContext): readonly string[] {
  const acting = ctx.clusters.all().filter((one) => actionsOf(one.entry) === 'on' && one.inventory.ready())
  const live = acting.filter((one) => one.entry.mode === 'live')
  return (live.length > 0 ? live : acting).map((one) => one.entry.name)
}

/** What readiness hangs on beside time: the document, the clusters and how they are seen, and the open signals. */
function keyOf(ctx: RunsContext, hash: string): string {
  const clusters = groundsOf(ctx).map((name) => `${name} ${ctx.clusters.get(name)?.inventory.facts().freshness}`)
  const signals = ctx.impacts.signals().flatMap((one) => (one.closedAt === null ? [one.id] : []))
  return [hash, ...clusters, ...signals].join('\n')
}

function restOf({ state }: Known): number {
  return state === 'ready' ? EVERY_MS : AGAIN_MS
}

/** Looks every five minutes, and when something has changed, at whether each runbook could be carried out now. */
export function keepReadiness(ctx: RunsContext, onError: (error: unknown, runbook: string) => void): ReadinessKeeper {
  const known = new Map<string, Known>()
  const stop = new AbortController()

  async function look(name: string): Promise<Known['state']> {
    const states: Known['state'][] = []
    for (const cluster of groundsOf(ctx)) {
      if (stop.signal.aborted) return 'unknown'
      const seen = await readinessOn(ctx, null, { name, cluster })
      states.push(seen.ok ? seen.value.state : 'unknown')
    }
    if (states.includes('action-required')) return 'action-required'
    return states.length > 0 && states.every((state) => state === 'ready') ? 'ready' : 'unknown'
  }

  const running = (async () => {
    while (!stop.signal.aborted) {
      for (const file of await ctx.runbooks.all().catch(() => [])) {
        const key = keyOf(ctx, file.hash)
        const before = known.get(file.name)
        if (!file.document || stop.signal.aborted || (before?.key === key && Date.now() - before.at < restOf(before))) continue
        try {
          known.set(file.name, { at: Date.now(), key, state: await look(file.name) })
        } catch (error) {
          known.set(file.name, { at: Date.now(), key, state: 'unknown' })
          onError(error, file.name)
        }
      }
      await sleep(LOOK_MS, stop.signal)
    }
  })()

  return {
    board: { of: (name) => known.get(name)?.state ?? 'unknown' },
    async stop() {
      stop.abort()
      await running
    },
  }
}
