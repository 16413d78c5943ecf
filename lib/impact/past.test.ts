import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ClusterApi } from '../cluster/port.ts'
import { WALL } from '../cluster/rules.ts'
import type { Watched } from '../inventory/port.ts'
import { openPlayer, readRecording } from '../testing/golden-player.ts'
import { watchGolden } from '../testing/golden-watch.ts'
import { NO_MEMORY } from './memory.ts'
import { replayCluster } from './replay-cluster.ts'

const nobodysApi = { name: 'golden', mode: 'live', server: '' } as ClusterApi

/** Pods are not recorded: of a namespace that has just been marked, the past says some seconds early that nobody works in it any more. */
const AHEAD = 'plus-3s'

test.each([
  'applicationset-deleted',
  'argocd-namespace-deleted',
  'argocd-recovered',
  'bad-rollout',
  'crd-deleted',
  'namespace-stuck-by-finalizer',
  'reinstall-finishes-deletion',
  'service-namespace-pruned',
  'webhook-deadlock',
])('%s: what was so is judged from the record as it was judged then, at every moment', async (name) => {
  const tape = readRecording(join(import.meta.dirname, '../../tests/golden/scenarios', name))
  const player = openPlayer(tape)
  const watch = watchGolden(player)
  const seen = new Map<number, readonly string[]>()
  const words = (rows: ReturnType<typeof watch.board.rows>) => rows.map((row) => `${row.id} ${row.impacts.join()}`).sort()
  for (const at of tape.truth.moments) {
    watch.to(at.ms)
    seen.set(at.ms, words(watch.board.rows()))
  }
  const watched: Watched = {
    entry: { name: 'golden', mode: 'live', secrets: 'none', paging: 'shadow', collect: [] },
    api: nobodysApi,
    inventory: player.inventory,
    history: player.history,
    clock: WALL,
  }
  for (const at of tape.truth.moments.filter((one) => one.name !== AHEAD)) {
    const instant = new Date(Date.parse(tape.startedAt) + at.ms)
    const past = await replayCluster({ watched, catalog: { rules: [], ephemeral: [] }, memory: NO_MEMORY, at: instant, t0: null })
    past?.judge(
      () => [],
      () => false,
    )
    expect({ at: at.name, rows: words(past?.board()?.rows() ?? []) }).toEqual({ at: at.name, rows: seen.get(at.ms) })
  }
})
