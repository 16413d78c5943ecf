import type { ScenarioView } from './view.ts'

/** One fault of a scenario, as the simulated cluster takes it: whatever stands in the scenario's file. */
export type Inject = { readonly title: string; readonly [field: string]: unknown }

/** A scenario as drills read it: what is shown, and the injects as they are given. */
export type Scenario = { readonly view: ScenarioView; readonly steps: readonly { readonly afterMs: number; readonly inject: Inject }[] }

export type Speed = number | 'max'

/** What drills need of the simulated world; boot puts the sandbox processes behind it. */
export interface DrillGround {
  scenarios(): readonly Scenario[]
  scenario(name: string): Scenario | undefined
  /** True when a sandbox of ours stands behind this cluster, so that faults can be injected. */
  isSandbox(cluster: string): boolean
  /** Starts a fresh sandbox and watches it as cluster `name`, in drill mode. Resolves when it serves. */
  open(name: string, fill: 'S' | 'M' | 'L', speed: Speed): Promise<void>
  /** Sets how fast the cluster's time runs. */
  setSpeed(cluster: string, speed: Speed): Promise<void>
  inject(cluster: string, inject: Inject): Promise<void>
  /** Titles of what the cluster was given since it began, oldest first. */
  given(cluster: string): Promise<readonly string[]>
  /** Ends the sandbox and forgets the cluster. */
  close(name: string): Promise<void>
}
