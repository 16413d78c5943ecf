import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import { ARGO } from '#lib/argocd/rules'
import { newId } from '#lib/kernel/id'
import { previewStep } from '#lib/runs/preview-step'
import { startRun } from '#lib/runs/start-run'
import { readLedger } from '#lib/runs/store'
import type { RunView, StepView } from '#lib/runs/view'
import { kubectlEnv } from '#lib/testing/kubectl'
import { eventually } from '#lib/testing/wait'
import { deleteItself, everything, recordedPlatform, type Stored, wish } from './recorded-platform.ts'
import { may, OLIVIA, type Stage, say, setStage, stepOf, view } from './run-stage.ts'

const shell = promisify(execFile)
let stage: Stage | null = null
afterEach(async () => {
  await stage?.end()
  stage = null
})

/** Pastes every command that the preview of a step shows into a shell, as it stands. */
async function paste(at: Stage, id: string, step: string): Promise<void> {
  const preview = await previewStep(at.ctx, may(OLIVIA, 'run.read'), { id, step })
  if (!preview.ok) throw new Error(preview.error.message)
  expect(preview.value.refusal?.message).toMatch(/Actions are off for sandbox-1/)
  const queue = [...preview.value.kubectl]
  const env = kubectlEnv(at.sandbox.kubeconfig)
  await Promise.all(
    [1, 2, 3].map(async () => {
      for (let line = queue.shift(); line; line = queue.shift()) await shell('bash', ['-c', line], { env })
    }),
  )
}

async function doByHand(at: Stage, id: string, step: StepView, pasted: Set<string>): Promise<void> {
  if (step.stage === 'failed') throw new Error(`${step.id} failed: ${step.trouble}`)
  if (step.stage !== 'ready' && step.stage !== 'in-progress') return
  if (step.kind === 'confirm') await say(at, id, OLIVIA, { do: 'confirm', step: step.id, values: {} })
  if (step.kind === 'ask') {
    const answer = (step.answers.find((one) => one.proposed) ?? step.answers[0])?.value ?? ''
    await say(at, id, OLIVIA, { do: 'answer', step: step.id, answer })
  }
  if (step.kind !== 'do') return
  if (!pasted.has(step.id)) await paste(at, id, step.id)
  pasted.add(step.id)
  await say(at, id, OLIVIA, { do: 'record-done', step: step.id, reason: 'by kubectl' })
}

async function playByHand(at: Stage, id: string): Promise<RunView> {
  const pasted = new Set<string>()
  return eventually(
    async () => {
      const run = await view(at, id)
      for (const step of run.phases.flatMap((phase) => phase.steps)) await doByHand(at, id, step, pasted)
      return run
    },
    (run) => run.stage === 'closed',
    120_000,
  )
}

test('where nothing may be written, the commands shown bring everything back, and what they changed for a time is in the ledger', async () => {
  const at = await setStage(20, { recorded: recordedPlatform('argocd-namespace-deleted'), live: true, actions: 'off' })
  stage = at
  await at.watched.history.flush()
  const before = await everything(at.sandbox)
  await deleteItself(at)
  await eventually(
    () => at.watched.inventory.list('Application', ARGO).filter((one) => one.deletingAt).length,
    (deleting) => deleting === 61,
    60_000,
  )
  const started = await startRun(at.ctx, may(OLIVIA, 'run.start'), {
    runbook: 'argocd-namespace-deleted',
    kind: 'incident',
    clusters: ['sandbox-1'],
    parameters: {},
    key: newId(),
  })
  if (!started.ok) throw new Error(started.error.message)
  const run = await playByHand(at, started.value.id)
  expect(at.errors).toEqual([])
  expect(run.outcome).toBe('completed')

  const changed = ['keep-volumes', 'install', 'restore-applications', 'application-sets-restored'].map((step) => stepOf(run, step))
  expect(changed.map((step) => step.itemCounts.done)).toEqual([11, 2, 53, 4])
  const rows = await readLedger(at.store.db, { run: run.id })
  expect(rows.length).toBe(70)
  expect(rows.filter((row) => row.state !== 'reversed')).toEqual([])
  const after = await everything(at.sandbox)
  const mine = ([key]: [string, Stored]) =>
    /^(applications|applicationsets|appprojects|statefulsets|deployments|persistentvolumes) /.test(key)
  expect([...before].filter(mine).flatMap(([key, was]) => (wish(after.get(key) ?? was) === wish(was) ? [] : [key]))).toEqual([])
}, 150_000)
