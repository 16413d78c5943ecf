import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { Snapshot } from '#lib/sandbox/fill/snapshot'
import type { Change, Obj, SandboxApi } from '#lib/sandbox/port'
import { sandboxRules } from '#lib/sandbox/ruleset'
import { createSandboxApi } from '#lib/sandbox/sandbox-api'
import { startWorld, type World } from '#lib/sandbox/world'
import { createManualClock, type ManualClock } from '#lib/testing/manual-clock'

export type Heard = {
  readonly ms: number
  readonly type: Change['type']
  readonly resource: string
  readonly object: Obj
  readonly old: Obj | null
}
export type Stage = {
  readonly api: SandboxApi
  readonly clock: ManualClock
  readonly world: World
  readonly heard: Heard[]
  readonly startedAt: number
}

const GOLDEN = new URL('../golden/scenarios/', import.meta.url)

export function recording(scenario: string): Snapshot & { startedAt: string } {
  return JSON.parse(gunzipSync(readFileSync(new URL(`${scenario}/initial.json.gz`, GOLDEN))).toString())
}

// biome-ignore lint/suspicious/noExplicitAny: recorded judgements are read field by field
export function truth(scenario: string, moment: string): any {
  const all = JSON.parse(readFileSync(new URL(`${scenario}/truth.json`, GOLDEN)).toString())
  return all.moments.find((each: { name: string }) => each.name === moment)
}

/** A world on a clock that only moves when told to. */
export function stage(options: {
  readonly seed?: number
  readonly fill?: 'S' | 'M' | 'L'
  readonly snapshot?: Snapshot & { startedAt: string }
}): Stage {
  const { seed = 7, fill = 'none', snapshot } = options
  const startedAt = Date.parse(snapshot?.startedAt ?? '2026-11-22T02:00:00Z')
  const clock = createManualClock(startedAt)
  const api = createSandboxApi({ seed, clock, rules: sandboxRules })
  const world = startWorld(api, { fill, seed, ...(snapshot ? { snapshot } : {}) })
  const heard: Heard[] = []
  api.onChange((change) => heard.push({ ms: clock.now() - startedAt, ...change }))
  return { api, clock, world, heard, startedAt }
}

export function namesOf(api: SandboxApi, resource: string): string[] {
  return api
    .list(resource)
    .map((each) => `${each.metadata.namespace ?? ''}/${each.metadata.name}`)
    .sort()
}

/** When something was first heard, or undefined. */
export function first(heard: readonly Heard[], test: (each: Heard) => boolean): Heard | undefined {
  return heard.find(test)
}
