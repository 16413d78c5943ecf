import { findSignals } from '../impact/find-signals.ts'
import { firstCauses } from '../impact/first-cause.ts'
import { QUIET, step, type Watching } from '../impact/machine.ts'
import { NO_MEMORY } from '../impact/memory.ts'
import type { Cause } from '../impact/schema.ts'
import { type Found, keyOf } from '../impact/signal-scene.ts'
import { type LiveBoard, watchImpact } from '../impact/watch-impact.ts'
import { watchScene } from '../impact/watch-scene.ts'
import type { Player } from './golden-player.ts'

export type Opened = { readonly ms: number; readonly found: Found }
export type GoldenWatch = {
  readonly board: LiveBoard
  readonly opened: readonly Opened[]
  readonly closed: readonly { readonly ms: number; readonly key: string }[]
  /** Plays on, looking every half second of the recording. */
  to(ms: number): void
  causes(opened: Opened): readonly Cause[]
}

/** Board and signals over a recording, without database: the pure parts as the engine puts them together. */
export function watchGolden(player: Player, everyMs = 500): GoldenWatch {
  const { inventory, now } = player
  const board = watchImpact({ inventory, catalog: { rules: [], ephemeral: [] }, memory: NO_MEMORY, now })
  const scene = watchScene(inventory, board.planned)
  inventory.subscribe((deltas) => scene.take(deltas, now()))
  const states = new Map<string, Watching>()
  const opened: Opened[] = []
  const closed: { ms: number; key: string }[] = []
  let goneAt = Number.NEGATIVE_INFINITY
  let at = 0

  function look(ms: number): void {
    board.flush()
    const rows = board.rows()
    const found = new Map(
      findSignals(
        scene.scene({
          now: now(),
          instances: board.instances(),
          known: board.known(),
          rows,
          badThen: new Set(rows.filter((row) => board.badThen(row.id)).map((row) => row.id)),
          events: player.events.filter((event) => event.type === 'Warning' && now() - Date.parse(event.at) < 600_000),
          argocdWasGone: now() - goneAt < 600_000,
          incarnation: board.incarnation(),
          managedElsewhere: false,
        }),
      ).map((one) => [keyOf(one), one]),
    )
    if ([...found.values()].some((one) => one.kind === 'argocd-gone')) goneAt = now()
    for (const key of new Set([...found.keys(), ...states.keys()])) {
      const one = found.get(key)
      const { state, turn } = step(states.get(key) ?? QUIET, { now: now(), holds: one !== undefined, atOnce: one?.atOnce ?? false })
      states.set(key, state)
      if (one && (turn === 'open' || turn === 'reopen')) opened.push({ ms, found: one })
      if (turn === 'close') closed.push({ ms, key })
    }
  }

  look(0)
  return {
    board,
    opened,
    closed,
    to(ms) {
      while (at + everyMs < ms) {
        at += everyMs
        player.playTo(at)
        look(at)
      }
      at = ms
      player.playTo(ms)
      look(ms)
    },
    causes: ({ found }) => firstCauses({ victims: found.victims, changes: player.changes, events: player.events, since: found.since }),
  }
}
