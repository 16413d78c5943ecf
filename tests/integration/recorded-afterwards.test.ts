import { afterEach, expect, test } from 'vitest'
import { ARGO } from '#lib/argocd/rules'
import { newId } from '#lib/kernel/id'
import { previewStep } from '#lib/runs/preview-step'
import { startRun } from '#lib/runs/start-run'
import type { RunView } from '#lib/runs/view'
import { eventually } from '#lib/testing/wait'
import { everything, recordedPlatform } from './recorded-platform.ts'
import { may, OLIVIA, playRun, type Stage, say, setStage, stepOf, view } from './run-stage.ts'
import { recording } from './sandbox-world.ts'

let stage: Stage | null = null
afterEach(async () => {
  await stage?.end()
  stage = null
})

/** What somebody applies from git: the objects of namespace `argocd` as they were before, its controllers at 0. */
async function applyByHand({ sandbox }: Stage, plurals: readonly string[]): Promise<void> {
  const { lists } = recording('argocd-namespace-deleted')
  for (const plural of plurals) {
    const list = lists[plural]
    for (const one of list?.items.filter(({ metadata }) => metadata?.namespace === 'argocd') ?? []) {
      const { name = '', labels } = one.metadata ?? {}
      if (!list || !name.startsWith('argocd-')) continue
      const spec = name.endsWith('controller') && one.spec?.template ? { ...one.spec, replicas: 0 } : one.spec
      const { clusterIP: _ip, clusterIPs: _ips, ...rest } = spec ?? {}
      const body = {
        apiVersion: list.apiVersion,
        kind: list.kind.replace(/List$/, ''),
        metadata: { name, labels },
        data: one.data,
        spec: rest,
      }
      const root = list.apiVersion.includes('/') ? `/apis/${list.apiVersion}` : `/api/${list.apiVersion}`
      expect((await sandbox.call('POST', `${root}/namespaces/argocd/${plural}`, body)).status).toBe(201)
    }
  }
}

const RECORDED_ONLY =
  /^No .* is recorded\. Recorded only since .*, after it began \(2026-11-22 10:39:55 UTC\): what was gone by then is not known\./

/** Plays until a step cannot be done from the record, which is said. */
async function playUntil(at: Stage, id: string, step: string): Promise<RunView> {
  const run = await playRun(at, id, (seen) => stepOf(seen, step).stage === 'ready')
  const preview = await previewStep(at.ctx, may(OLIVIA, 'run.read'), { id, step })
  expect(preview.ok && preview.value.refusal?.message).toMatch(RECORDED_ONLY)
  return run
}

/** The step was done by hand; its check cannot tell what should be there, so that the lead answers for it. */
async function byHand(at: Stage, id: string, step: string): Promise<void> {
  expect(await say(at, id, OLIVIA, { do: 'record-done', step, reason: 'applied from git' })).toMatchObject({ ok: true })
  // What is seen of its checks meanwhile makes a newer version: the lead looks again and repeats it.
  await eventually(
    async () => {
      const { checks } = stepOf(await view(at, id), step)
      const reason = 'the record does not know what was there; git does'
      if (!checks.some((check) => check.verdict === 'inconclusive')) return null
      return say(at, id, OLIVIA, { do: 'override', step, reason, typed: 'sandbox-1' })
    },
    (answer) => answer?.ok === true,
  )
}

test('installed only after Argo CD was deleted: what is left is told and restored, what is gone is asked for', async () => {
  const at = await setStage(20, { recorded: recordedPlatform('argocd-recovered'), live: true })
  stage = at
  const { inventory } = at.watched
  await eventually(
    () => at.impacts.signals().some((one) => one.kind === 'argocd-gone' && one.closedAt === null),
    (told) => told,
  )
  const before = await everything(at.sandbox)
  expect(at.impacts.of('sandbox-1')?.counts()).toMatchObject({ lost: 0, deletionPending: 48, unmanaged: 48 })
  const started = await startRun(at.ctx, may(OLIVIA, 'run.start'), {
    runbook: 'argocd-namespace-deleted',
    kind: 'incident',
    clusters: ['sandbox-1'],
    parameters: {},
    key: newId(),
  })
  if (!started.ok) throw new Error(started.error.message)
  const { id, t0, t0Note } = started.value
  expect(t0).toBe(await at.watched.history.wholeSince())
  expect(t0Note).toMatch(/what was gone by then is not known/)

  await playUntil(at, id, 'configuration')
  await applyByHand(at, ['configmaps', 'services'])
  await byHand(at, id, 'configuration')
  // Somebody was quicker, with a wide open project of the name of a recorded one.
  const open = { sourceRepos: ['*'], destinations: [{ namespace: '*', server: '*' }] }
  const shop = { apiVersion: 'argoproj.io/v1alpha1', kind: 'AppProject', metadata: { name: 'shop' }, spec: open }
  await at.sandbox.call('POST', '/apis/argoproj.io/v1alpha1/namespaces/argocd/appprojects', shop)
  const projects = await previewStep(at.ctx, may(OLIVIA, 'run.read'), { id, step: 'projects' })
  expect(projects.ok && projects.value.controllers.map((one) => one.what)).toEqual([
    expect.stringMatching(/^AppProject shop: exists already, and not as it shall be: left as it is/),
  ])
  await at.sandbox.call('DELETE', '/apis/argoproj.io/v1alpha1/namespaces/argocd/appprojects/shop')
  await playUntil(at, id, 'install')
  await applyByHand(at, ['deployments', 'statefulsets'])
  await byHand(at, id, 'install')
  const run = await playUntil(at, id, 'application-sets-restored')
  expect(at.errors).toEqual([])
  expect(stepOf(run, 'restore-applications').itemCounts.done).toBe(60)
  // The Applications that awaited deletion came back with what their last breath said of them, and nothing they run was touched.
  const back = inventory.list('Application', ARGO)
  expect(back.length).toBe(60)
  expect(back.filter((one) => one.facts.is === 'application' && one.facts.automated?.enabled).length).toBe(53)
  const after = await everything(at.sandbox)
  const tracked = [...before].filter(([key]) => /^(deployments|statefulsets|daemonsets|persistentvolumeclaims) /.test(key))
  expect(tracked.length).toBeGreaterThan(70)
  expect(tracked.filter(([key, was]) => after.get(key)?.metadata.uid !== was.metadata.uid).map(([key]) => key)).toEqual([])
}, 150_000)

test('a run that begins in the same second already counts what the namespace will take with it', async () => {
  const at = await setStage(1, { recorded: recordedPlatform('argocd-namespace-deleted'), live: true })
  stage = at
  await at.watched.history.flush()
  expect((await at.sandbox.call('DELETE', '/api/v1/namespaces/argocd')).status).toBe(200)
  const started = await startRun(at.ctx, may(OLIVIA, 'run.start'), {
    runbook: 'argocd-namespace-deleted',
    kind: 'incident',
    clusters: ['sandbox-1'],
    parameters: {},
    key: newId(),
  })
  if (!started.ok) throw new Error(started.error.message)
  const preview = (step: string) => previewStep(at.ctx, may(OLIVIA, 'run.read'), { id: started.value.id, step })
  expect(at.watched.inventory.list('Application', ARGO).filter((one) => one.deletingAt)).toEqual([])
  expect(await preview('release-applications')).toMatchObject({ ok: true, value: { total: 60, refusal: null } })
  expect(await preview('release-projects')).toMatchObject({ ok: true, value: { total: 4 } })
}, 60_000)
