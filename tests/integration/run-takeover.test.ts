import { afterEach, expect, test } from 'vitest'
import { ARGO } from '#lib/argocd/rules'
import { readStream } from '#lib/audit/store'
import { newId } from '#lib/kernel/id'
import { sleep } from '#lib/kernel/pace'
import type { RunEntry } from '#lib/runs/entry-schema'
import { fold } from '#lib/runs/machine'
import { startRun } from '#lib/runs/start-run'
import { loadRun, readLedger } from '#lib/runs/store'
import { eventually } from '#lib/testing/wait'
import { may, OLIVIA, playRun, playScenario, type Stage, setStage } from './run-stage.ts'

let stage: Stage | null = null
afterEach(async () => {
  await stage?.end()
  stage = null
})

/** Takes the run away from whoever drives it, as a crash does: what was sent and not recorded stays in doubt. */
async function fence(at: Stage, run: string): Promise<void> {
  await at.store.db.pool.query(`UPDATE run_driver SET epoch = epoch + 1, holder = 'nobody', expires_at = now() WHERE run = $1::uuid`, [run])
}

test('drivers that lose the run at any moment leave a whole recovery, and no act in doubt', async () => {
  const at = await setStage(20)
  stage = at
  const { inventory } = at.watched
  const workloads = [...inventory.list('Deployment'), ...inventory.list('StatefulSet')]
    .filter((one) => one.namespace !== 'argocd')
    .map((one) => one.uid)
  const applications = inventory.list('Application', ARGO).length
  await playScenario(at, 'runbooks/scenarios/argocd-namespace-deleted.yaml')
  await eventually(
    () => inventory.list('Application', ARGO).filter((one) => one.deletingAt).length,
    (deleting) => deleting >= applications,
    90_000,
  )
  const started = await startRun(at.ctx, may(OLIVIA, 'run.start'), {
    runbook: 'argocd-namespace-deleted',
    kind: 'drill',
    clusters: ['sandbox-1'],
    parameters: {},
    key: newId(),
  })
  if (!started.ok) throw new Error(started.error.message)
  const { id } = started.value

  let over = false
  const chaos = (async () => {
    let gap = 150
    for (let point = 0; point < 20 && !over; point++) {
      await sleep(gap)
      gap = 150 + ((gap * 7) % 1_900)
      if (!over) await fence(at, id)
    }
  })()
  let run: Awaited<ReturnType<typeof playRun>>
  try {
    run = await playRun(at, id, (seen) => seen.stage === 'closed', 200_000)
  } finally {
    over = true
    await chaos
  }

  expect(run.outcome).toBe('completed')
  expect(await readLedger(at.store.db, { open: true })).toEqual([])
  for (const uid of workloads) expect(inventory.get(uid)).toBeDefined()

  const stream = await readStream(at.store.db, `run:${id}`)
  const entries = stream.map(
    (one) =>
      ({
        kind: one.kind,
        data: one.data,
        actor: one.actor,
        at: new Date(one.at).toISOString(),
        version: one.streamVersion,
      }) as unknown as RunEntry,
  )
  // The fold of what is stored is the state that was shown.
  expect(fold(id, entries)).toEqual(await loadRun(at.store.db, id))
  // Every item that was intended has exactly one outcome, and none was somebody else's.
  const intended = entries.flatMap((entry) =>
    entry.kind === 'act.intended' ? entry.data.items.map((item) => `${entry.data.act} ${item.key}`) : [],
  )
  const outcomes = entries.flatMap((entry) =>
    entry.kind === 'act.observed' ? entry.data.items.map((item) => ({ key: `${entry.data.act} ${item.key}`, state: item.state })) : [],
  )
  expect(new Set(intended).size).toBe(intended.length)
  expect(outcomes.filter((one) => one.state !== 'done' && one.state !== 'already-so')).toEqual([])
  expect(outcomes.map((one) => one.key).sort()).toEqual(intended.sort())
}, 400_000)
