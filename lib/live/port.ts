/** Where boards are announced: `topic` as in the API (`situation`, `services:{c}`, `run:{id}` …). */
export interface Hub {
  /** The topic's board may have changed; the hub asks its source again, paced, and publishes what differs. */
  touch(topic: string): void
  /** How a topic's board is made. `topic` is a name or a prefix ending in ':'; null when there is no such board. */
  source(topic: string, make: (topic: string) => Promise<unknown> | unknown): void
}
