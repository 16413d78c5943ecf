/** How often a declared probe is asked, and how many may be under way at once. */
const PAUSE_MS = 30_000
const AT_ONCE = 8
/** One lost packet is no outage. */
const FAILURES = 3

/** Null when it may not be asked at all. */
export type AskProbe = (url: string) => Promise<{ readonly answers: boolean; readonly told: string } | null>
export type Declared = { readonly id: string; readonly probe: string | null }
export type ProbeState = { readonly url: string; readonly answers: boolean; readonly told: string; readonly since: string }

export type ProbeWatch = {
  /** What the probe of a service says by now; null before its first answer, or where there is none to ask. */
  of(id: string): ProbeState | null
  all(): readonly ProbeState[]
  /** Asks every probe that is due, once; resolves when all have said something. `wall` in ms. */
  ask(wall: number): Promise<void>
}

type Known = { url: string; askedAt: number; failed: number; firstFailure: string; state: ProbeState | null }

/** Whether services still serve, from outside: declared probes, failing after three answers in a row that were none. `now` is cluster time in ms. */
export function watchProbes(options: {
  readonly declared: () => Iterable<Declared>
  readonly ask: AskProbe
  readonly now: () => number
  readonly changed: (id: string) => void
}): ProbeWatch {
  const known = new Map<string, Known>()

  async function askOne(id: string, one: Known): Promise<void> {
    const said = await options
      .ask(one.url)
      .catch((error: unknown) => ({ answers: false, told: error instanceof Error ? error.message : String(error) }))
    const before = one.state
    const at = new Date(options.now()).toISOString()
    if (said === null) one.state = null
    else if (said.answers) {
      one.failed = 0
      one.state = { url: one.url, answers: true, told: said.told, since: before?.answers ? before.since : at }
    } else {
      one.failed += 1
      if (one.failed === 1) one.firstFailure = at
      if (one.failed >= FAILURES) one.state = { url: one.url, answers: false, told: said.told, since: one.firstFailure }
    }
    if (before?.answers !== one.state?.answers) options.changed(id)
  }

  function due(wall: number): readonly (readonly [string, Known])[] {
    const wanted = new Map<string, string>()
    for (const one of options.declared()) if (one.probe) wanted.set(one.id, one.probe)
    for (const [id, one] of known) if (wanted.get(id) !== one.url) known.delete(id)
    for (const [id, url] of wanted) if (!known.has(id)) known.set(id, { url, askedAt: 0, failed: 0, firstFailure: '', state: null })
    return [...known].filter(([, one]) => wall - one.askedAt >= PAUSE_MS)
  }

  return {
    of: (id) => known.get(id)?.state ?? null,
    all: () => [...known.values()].flatMap((one) => one.state ?? []),
    async ask(wall) {
      const waiting = [...due(wall)]
      for (const [, one] of waiting) one.askedAt = wall
      const worker = async () => {
        for (let next = waiting.shift(); next; next = waiting.shift()) await askOne(...next)
      }
      await Promise.all(Array.from({ length: AT_ONCE }, worker))
    },
  }
}
