import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { Actor } from '#lib/auth/schema'
import { newId } from '#lib/kernel/id'
import { loadRunbooks } from '#lib/runbooks/load-runbooks'
import { previewStep } from '#lib/runs/preview-step'
import { startRun } from '#lib/runs/start-run'
import { eventually } from '#lib/testing/wait'
import { ANTON, may, OLIVIA, type Stage, say, setStage, stepOf, view } from './run-stage.ts'

const LEA: Actor = { ...OLIVIA, id: 'lea', name: 'lea', roles: ['lead'] }
const RUNBOOK = `apiVersion: blackstart.dev/v1
kind: Runbook
metadata: { name: deviations }
spec:
  title: Deviations
  sets:
    mark: { kind: ConfigMap, namespace: argocd, name: argocd-cm }
    deployment: { kind: Deployment, namespace: argocd, name: argocd-server }
  steps:
    - id: pause
      wait: 5s
      verify: { count: mark, equals: 1 }
    - id: marked
      needs: []
      do: { patch: { set: mark, changes: [{ path: /data/blackstart, value: here }] } }
      undo: { patch: { set: mark, changes: [{ path: /data/blackstart, remove: true }] } }
      verify: { every: mark, is: "object.data.blackstart == 'here'" }
    - id: gone
      needs: []
      check: { every: deployment, is: "object.spec.replicas == 0", within: 20m }
      emergency: { why: Nobody does it., do: { scale: { set: deployment, replicas: 0 } } }
    - id: last
      needs: []
      confirm: All seen.
`

let stage: Stage
let id: string

beforeAll(async () => {
  const folder = join(inject('run').folder, 'deviations')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'deviations.yaml'), RUNBOOK)
  stage = await setStage(20)
  Object.assign(stage.ctx, { runbooks: loadRunbooks([folder]) })
  const started = await startRun(stage.ctx, may(LEA, 'run.start'), {
    runbook: 'deviations',
    kind: 'drill',
    clusters: ['sandbox-1'],
    parameters: {},
    key: newId(),
  })
  if (!started.ok) throw new Error(started.error.message)
  id = started.value.id
})
afterAll(() => stage?.end())

const step = async (name: string) => stepOf(await view(stage, id), name)
const until = (name: string, word: string) =>
  eventually(
    () => step(name),
    (one) => one.outcome === word || one.stage === word,
    60_000,
  )
const digestOf = async (name: string) => {
  const shown = await previewStep(stage.ctx, may(OLIVIA, 'run.read'), { id, step: name })
  if (!shown.ok || shown.value.refusal) throw new Error(JSON.stringify(shown))
  return shown.value.digest
}
const taken = async (said: ReturnType<typeof say>) => expect(await said).toMatchObject({ ok: true })
const mark = async () =>
  ((await stage.sandbox.call('GET', '/api/v1/namespaces/argocd/configmaps/argocd-cm')).body as { data?: Record<string, string> }).data
    ?.blackstart

test('a wait is over after its time, and its checks come then', async () => {
  const waited = await until('pause', 'verified')
  expect(waited.checks).toMatchObject([{ verdict: 'pass', value: '1' }])
})

test("an act is taken back by the author's own act", async () => {
  await taken(say(stage, id, OLIVIA, { do: 'act', step: 'marked', digest: await digestOf('marked') }))
  expect((await until('marked', 'verified')).next).toContain('undo')
  expect(await mark()).toBe('here')
  await taken(say(stage, id, OLIVIA, { do: 'undo', step: 'marked', reason: 'only tried' }))
  expect(await until('marked', 'skipped')).toMatchObject({ attempt: 2, reason: 'undone' })
  expect(await mark()).toBeUndefined()
})

test('a check goes its emergency way: as an act, with the approval of another, and its own check proves it', async () => {
  await until('gone', 'verifying')
  await taken(say(stage, id, LEA, { do: 'emergency', step: 'gone', typed: 'sandbox-1', reason: 'nobody does it' }))
  expect(await step('gone')).toMatchObject({ kind: 'do', action: 'scale', deviates: 'emergency', approval: { aloneNever: true } })
  await taken(say(stage, id, LEA, { do: 'request-approval', step: 'gone', digest: await digestOf('gone') }))
  await taken(say(stage, id, ANTON, { do: 'approve', step: 'gone' }))
  await taken(say(stage, id, LEA, { do: 'act', step: 'gone', digest: await digestOf('gone') }))
  expect((await until('gone', 'verified')).checks).toMatchObject([{ verdict: 'pass' }])
})

test('an added act does what it says with the set that it brought, and the run ends only after it', async () => {
  const added = {
    do: 'add-step' as const,
    step: {
      id: 'mark-again',
      do: { patch: { set: 'other', changes: [{ path: '/data/blackstart', value: 'again' }] } },
      verify: { every: 'other', is: "object.data.blackstart == 'again'" },
    },
    sets: { other: { kind: 'ConfigMap', namespace: 'argocd', name: 'argocd-cm' } },
    reason: 'the mark is wanted after all',
  }
  await taken(say(stage, id, OLIVIA, added))
  await taken(say(stage, id, OLIVIA, { do: 'act', step: 'mark-again', digest: await digestOf('mark-again') }))
  expect(await until('mark-again', 'verified')).toMatchObject({ addedBy: 'olivia' })
  expect(await mark()).toBe('again')
  await taken(say(stage, id, OLIVIA, { do: 'confirm', step: 'last', values: {} }))
  // The scaled Deployment is still in the ledger, and the undone step was left out.
  const ended = await eventually(
    () => view(stage, id),
    (run) => run.stage === 'closed',
    60_000,
  )
  expect(ended.outcome).toBe('completed-with-exceptions')
  expect(stage.errors).toEqual([])
})
