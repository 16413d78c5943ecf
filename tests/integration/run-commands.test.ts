import { afterAll, beforeAll, expect, test } from 'vitest'
import { ARGO } from '#lib/argocd/rules'
import { write } from '#lib/argocd/write-client'
import { newId } from '#lib/kernel/id'
import { commandRun } from '#lib/runs/command-run'
import { previewRunbook, showReadiness } from '#lib/runs/look-over-runbook'
import { previewStep } from '#lib/runs/preview-step'
import { startRun } from '#lib/runs/start-run'
import { eventually } from '#lib/testing/wait'
import { ANTON, may, OLIVIA, playRun, playScenario, type Stage, say, setStage, stepOf, view } from './run-stage.ts'

let at: Stage
beforeAll(async () => {
  at = await setStage(30)
  const all = at.watched.inventory.list('Application', ARGO).length
  await playScenario(at, 'runbooks/scenarios/argocd-namespace-deleted.yaml')
  await eventually(
    () => at.watched.inventory.list('Application', ARGO).filter((one) => one.deletingAt).length,
    (deleting) => deleting >= all,
    90_000,
  )
})
afterAll(async () => at?.end())

const START = { runbook: 'argocd-namespace-deleted', kind: 'drill' as const, clusters: ['sandbox-1'], parameters: {} }

test('a runbook tells what each act would touch now and whether one may, and touches nothing', async () => {
  const where = { name: 'argocd-namespace-deleted', cluster: 'sandbox-1' }
  const waiting = at.watched.inventory.list('Application', ARGO).filter((one) => one.deletingAt).length
  const preview = await previewRunbook(at.ctx, may(OLIVIA, 'runbook.read'), where)
  if (!preview.ok) throw new Error(preview.error.message)
  const release = preview.value.steps.find((one) => one.id === 'release-applications')
  expect(release).toMatchObject({ total: waiting, refusal: '' })
  expect(release?.kubectl.join('\n')).toMatch(/kubectl .*finalizers/)
  const readiness = await showReadiness(at.ctx, may(OLIVIA, 'runbook.read'), where)
  if (!readiness.ok) throw new Error(readiness.error.message)
  expect(readiness.value.steps.find((one) => one.id === 'release-applications')).toMatchObject({ state: 'ready' })
  expect(at.watched.inventory.list('Application', ARGO).filter((one) => one.deletingAt).length).toBe(waiting)
  expect(await showReadiness(at.ctx, may(OLIVIA, 'runbook.read'), { ...where, cluster: 'nowhere' })).toMatchObject({
    ok: false,
    error: { code: 'not-found' },
  })
})

test('no controller starts while Applications await deletion, whoever asks', async () => {
  const { api } = at.watched
  const body = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: {
      name: 'argocd-application-controller',
      namespace: 'elsewhere',
      labels: { 'app.kubernetes.io/name': 'argocd-application-controller' },
    },
    spec: {
      replicas: 1,
      serviceName: 'x',
      selector: { matchLabels: { a: 'b' } },
      template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'x', image: 'x' }] } },
    },
  }
  const shut = await write(
    api,
    { method: 'POST', path: '/apis/apps/v1/namespaces/elsewhere/statefulsets', body },
    { passedLedger: () => true, override: '', forbidden: '' },
  )
  expect(shut).toMatchObject({ ok: false, error: { code: 'reinstall-gate', message: expect.stringContaining('await deletion') } })
  const forced = await write(
    api,
    {
      method: 'PUT',
      path: '/api/v1/namespaces/argocd/finalize',
      body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argocd' }, spec: { finalizers: [] } },
    },
    { passedLedger: () => true, override: '', forbidden: '' },
  )
  expect(forced).toMatchObject({ ok: false, error: { code: 'reinstall-gate' } })
  expect(at.watched.inventory.find('Namespace', '', 'argocd')?.deletingAt).not.toBeNull()
})

test('no run starts while another cluster answers under the name', async () => {
  const facts = { ...at.watched.inventory.facts(), replaced: { was: 'one', is: 'two' } }
  const stranger = { ...at.watched, inventory: { ...at.watched.inventory, facts: () => facts } }
  const ctx = { ...at.ctx, clusters: { ...at.ctx.clusters, get: () => stranger } }
  expect(await startRun(ctx, may(OLIVIA, 'run.start'), { ...START, key: newId() })).toMatchObject({
    ok: false,
    error: { code: 'not-now', message: expect.stringContaining('another cluster answers') },
  })
  expect((await at.store.db.pool.query('SELECT id FROM run')).rows).toEqual([])
})

test('starting is idempotent by key, and a second start is told which run to join', async () => {
  const key = newId()
  const [first, again] = await Promise.all([
    startRun(at.ctx, may(OLIVIA, 'run.start'), { ...START, key }),
    startRun(at.ctx, may(OLIVIA, 'run.start'), { ...START, key }),
  ])
  if (!first.ok || !again.ok) throw new Error('one of two starts with one key was refused')
  expect(again.value.id).toBe(first.value.id)
  const { rows } = await at.store.db.pool.query('SELECT id FROM run')
  expect(rows).toHaveLength(1)
  expect(await startRun(at.ctx, may(OLIVIA, 'run.start'), { ...START, parameters: {}, hash: 'x', key })).toMatchObject({
    ok: false,
    error: { code: 'key-reused' },
  })
  expect(await startRun(at.ctx, may(OLIVIA, 'run.start'), { ...START, key: newId() })).toMatchObject({
    ok: false,
    error: { code: 'run-open', run: first.value.id },
  })
  expect(await startRun(at.ctx, may(OLIVIA, 'run.start'), { ...START, kind: 'incident', key: newId() })).toMatchObject({
    ok: false,
    error: { code: 'bad-input' },
  })
})

async function theRun(): Promise<string> {
  const { rows } = await at.store.db.pool.query<{ id: string }>('SELECT id FROM run LIMIT 1')
  return rows[0]?.id ?? ''
}

test('a command sent twice leaves one group of entries, and its key with another body is refused', async () => {
  const id = await theRun()
  const command = { do: 'comment' as const, key: newId(), text: 'the bridge is open' }
  const before = (await view(at, id)).timeline.filter((row) => row.kind === 'run.commented').length
  const answers = await Promise.all([1, 2, 3].map(() => commandRun(at.ctx, may(OLIVIA, 'run.command'), { id, command })))
  for (const answer of answers) expect(answer).toEqual(answers[0])
  expect(answers[0]).toMatchObject({ ok: true, value: { entries: 1 } })
  expect((await view(at, id)).timeline.filter((row) => row.kind === 'run.commented').length).toBe(before + 1)
  expect(await commandRun(at.ctx, may(OLIVIA, 'run.command'), { id, command: { ...command, text: 'something else' } })).toMatchObject({
    ok: false,
    error: { code: 'key-reused' },
  })
})

test('what was approved is what is done: four eyes, a preview that changes nothing, and a digest that must fit', async () => {
  const id = await theRun()
  await playRun(at, id, (run) => stepOf(run, 'release-applications').stage === 'ready', 60_000)
  const deleting = () => at.watched.inventory.list('Application', ARGO).filter((one) => one.deletingAt).length
  const count = deleting()
  const preview = await previewStep(at.ctx, may(OLIVIA, 'run.read'), { id, step: 'release-applications' })
  if (!preview.ok) throw new Error('no preview')
  expect(preview.value).toMatchObject({ total: count, refusal: null })
  expect(preview.value.dryRun.every((one) => one.ok)).toBe(true)
  expect(preview.value.kubectl).toHaveLength(count)
  expect(deleting()).toBe(count)
  expect(await say(at, id, OLIVIA, { do: 'act', step: 'release-applications', digest: preview.value.digest })).toMatchObject({
    ok: false,
    error: { code: 'not-now' },
  })
  expect((await say(at, id, OLIVIA, { do: 'request-approval', step: 'release-applications', digest: preview.value.digest })).ok).toBe(true)
  expect(await say(at, id, OLIVIA, { do: 'approve', step: 'release-applications' })).toMatchObject({
    ok: false,
    error: { code: 'not-permitted' },
  })
  expect((await say(at, id, ANTON, { do: 'approve', step: 'release-applications' })).ok).toBe(true)
  expect(await say(at, id, OLIVIA, { do: 'act', step: 'release-applications', digest: 'another.1' })).toMatchObject({
    ok: false,
    error: { code: 'changed-since-preview' },
  })
  expect((await say(at, id, OLIVIA, { do: 'act', step: 'release-applications', digest: preview.value.digest })).ok).toBe(true)
  const done = await eventually(
    () => view(at, id),
    (run) => stepOf(run, 'release-applications').stage === 'closed',
    60_000,
  )
  expect(stepOf(done, 'release-applications')).toMatchObject({
    outcome: 'verified',
    itemCounts: { total: count, done: count, failed: 0, inDoubt: 0 },
  })
})
