import { afterEach, expect, test } from 'vitest'
import { ARGO } from '#lib/argocd/rules'
import { newId } from '#lib/kernel/id'
import { startRun } from '#lib/runs/start-run'
import { readLedger } from '#lib/runs/store'
import { eventually } from '#lib/testing/wait'
import { deleteItself, everything, recordedPlatform, type Stored, wish } from './recorded-platform.ts'
import { may, OLIVIA, playRun, type Stage, setStage, stepOf } from './run-stage.ts'
import { truth } from './sandbox-world.ts'

let stage: Stage | null = null
afterEach(async () => {
  await stage?.end()
  stage = null
})

test('the recorded platform loses its Argo CD, and the shipped runbook brings it back as it was recorded', async () => {
  const at = await setStage(20, { recorded: recordedPlatform('argocd-namespace-deleted'), live: true })
  stage = at
  const { inventory } = at.watched
  await at.watched.history.flush()
  const before = await everything(at.sandbox)
  await deleteItself(at)
  await eventually(
    () => inventory.list('Application', ARGO).filter((one) => one.deletingAt).length,
    (deleting) => deleting === 61,
    60_000,
  )
  const [signal] = at.impacts.signals().filter((one) => one.kind === 'argocd-gone')
  expect(signal?.causes[0]?.proof).toMatch(/Namespace argocd Pruned/)

  const started = await startRun(at.ctx, may(OLIVIA, 'run.start'), {
    runbook: 'argocd-namespace-deleted',
    kind: 'incident',
    clusters: ['sandbox-1'],
    parameters: {},
    key: newId(),
  })
  if (!started.ok) throw new Error(started.error.message)
  const run = await playRun(at, started.value.id, (seen) => seen.stage === 'closed', 120_000)
  expect(at.errors).toEqual([])
  expect(run.outcome).toBe('completed')
  expect(stepOf(run, 'release-applications').itemCounts.done).toBe(61)
  expect(await readLedger(at.store.db, { open: true })).toEqual([])

  const after = await everything(at.sandbox)
  const elsewhere = (one: Stored) => one.metadata.namespace !== 'argocd' && one.metadata.name !== 'argocd'
  const lost = [...before].filter(([key]) => !after.has(key)).map(([key]) => key)
  // Nobody but a person can give these back; the ConfigMap is made by the distribution the platform ran on.
  expect(lost).toEqual(['configmaps argocd/openshift-service-ca.crt', 'secrets argocd/argocd-notifications-secret'])
  const remade = [...before].filter(([key, was]) => elsewhere(was) && after.get(key)?.metadata.uid !== was.metadata.uid)
  expect(remade.map(([key]) => key)).toEqual([])
  const changed = [...before].flatMap(([key, was]) => {
    const is = after.get(key)
    return is && key !== 'configmaps argocd/kube-root-ca.crt' && wish(is) !== wish(was) ? [key] : []
  })
  expect(changed).toEqual([])
  // As in the recorded recovery by hand: the sets own theirs again, and nothing was pruned.
  const end = truth('argocd-recovered', 'end').counts
  const count = (plural: string) => [...after.keys()].filter((key) => key.startsWith(`${plural} `)).length
  for (const plural of [
    'applications',
    'applicationsets',
    'deployments',
    'statefulsets',
    'daemonsets',
    'cronjobs',
    'services',
    'persistentvolumes',
  ])
    expect(`${plural} ${count(plural)}`).toBe(`${plural} ${end[plural]}`)
  const owner = ({ metadata }: Stored) => metadata.ownerReferences?.map((one) => one.name).join() ?? ''
  const owned = [...before].filter(([key, was]) => key.startsWith('applications ') && owner(was) !== '')
  expect(owned.length).toBe(48)
  for (const [key, was] of owned) expect(`${key} ${owner(after.get(key) ?? was)}`).toBe(`${key} ${owner(was)}`)
}, 150_000)
