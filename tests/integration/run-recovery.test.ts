import { afterEach, expect, test } from 'vitest'
import { ARGO } from '#lib/argocd/rules'
import { newId } from '#lib/kernel/id'
import { listRunbooks } from '#lib/runbooks/list-runbooks'
import { foldOfRuns } from '#lib/runs/check-fold'
import { evaluateCheck } from '#lib/runs/checks/evaluate-check'
import { groundOf } from '#lib/runs/drive-runs'
import { startRun } from '#lib/runs/start-run'
import { loadRun, readLedger } from '#lib/runs/store'
import { eventually } from '#lib/testing/wait'
import { may, OLIVIA, playRun, playScenario, type Stage, setStage, stepOf } from './run-stage.ts'

let stage: Stage | null = null
afterEach(async () => {
  await stage?.end()
  stage = null
})

test('Argo CD deletes itself, and the runbook brings everything back as it was', async () => {
  const at = await setStage(20)
  stage = at
  const { inventory } = at.watched
  const before = new Map(
    [...inventory.list('Deployment'), ...inventory.list('StatefulSet')]
      .filter((one) => one.namespace !== 'argocd')
      .map((one) => [one.uid, one.name]),
  )
  const applications = inventory
    .list('Application', ARGO)
    .map((one) => one.name)
    .sort()
  await at.watched.history.flush()
  await playScenario(at, 'runbooks/scenarios/argocd-namespace-deleted.yaml')
  await eventually(
    () => inventory.list('Application', ARGO).filter((one) => one.deletingAt).length,
    (deleting) => deleting >= applications.length,
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
  const run = await playRun(at, started.value.id, (seen) => seen.stage === 'closed', 200_000)

  expect(at.errors).toEqual([])
  expect(run.outcome).toBe('completed')
  expect(stepOf(run, 'release-applications').itemCounts.done).toBe(applications.length + 1)
  expect(await readLedger(at.store.db, { open: true })).toEqual([])
  const back = inventory.list('Application', ARGO)
  expect(back.map((one) => one.name).sort()).toEqual(applications)
  expect(back.filter((one) => one.deletingAt !== null)).toEqual([])
  // No workload was lost or made anew.
  for (const [uid, name] of before) expect(inventory.get(uid)?.name, name).toBe(name)

  // The namespace is guarded from now on, and only a refusal by that very policy proves it.
  expect(stepOf(run, 'guard').outcome).toBe('verified')
  const deletion = await at.sandbox.call('DELETE', '/api/v1/namespaces/argocd')
  expect(deletion).toMatchObject({
    status: 403,
    body: { message: expect.stringContaining('This namespace holds Argo CD and is protected') },
  })
  const folded = await loadRun(at.store.db, run.id)
  if (!folded) throw new Error('no run')
  const guarded = async (by: string) =>
    evaluateCheck(
      await groundOf(at.ctx, folded, null),
      { refused: { delete: { kind: 'Namespace', name: '${argocd.namespace}' }, by } },
      { actedAt: null, startedAt: null },
    )
  expect(await guarded('blackstart-protects-argocd')).toMatchObject({ verdict: 'pass' })
  expect(await guarded('another-policy')).toMatchObject({ verdict: 'inconclusive' })
  const bindings = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings'
  await at.sandbox.call('DELETE', `${bindings}/blackstart-protects-argocd`)
  expect(await guarded('blackstart-protects-argocd')).toMatchObject({
    verdict: 'fail',
    value: 'the deletion of Namespace argocd would be accepted',
  })
  expect((await at.sandbox.call('GET', '/api/v1/namespaces/argocd')).body).not.toHaveProperty('metadata.deletionTimestamp')

  // Every clock of the run is the cluster's, so that they stand in order.
  const { disruptedAt, detectedAt, startedAt, closedAt } = run.clocks
  expect([disruptedAt, detectedAt, startedAt, closedAt]).toEqual([disruptedAt, detectedAt, startedAt, closedAt].toSorted())
  expect(run.timeline.filter((row) => row.text.includes('${'))).toEqual([])
  // Who led it has rehearsed it, as the document stands.
  const listed = await listRunbooks(at.ctx, may(OLIVIA, 'runbook.read'))
  const row = listed.ok ? listed.value.items.find((one) => one.name === 'argocd-namespace-deleted') : undefined
  expect(row?.badges).toMatchObject([{ by: 'people', ground: 'sandbox', changedSince: false }])
  expect(row?.lastRtaMs).toBeGreaterThan(0)

  // What is stored is the fold of its entries; a state that was changed is told, one of another shape is folded anew.
  const runs = foldOfRuns(at.store.db)
  expect(await runs.check()).toBeNull()
  const change = (sql: string) => at.store.db.pool.query(`UPDATE run SET state = ${sql} WHERE id = $1::uuid`, [run.id])
  await change(`jsonb_set(state, '{lead}', '"mallory"')`)
  expect(await runs.check()).toContain('lead')
  await change(`'{"stage": "running"}'::jsonb`)
  expect((await loadRun(at.store.db, run.id))?.lead).toBe('olivia')
}, 300_000)
