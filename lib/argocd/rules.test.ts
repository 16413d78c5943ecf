import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { SlimRecord } from '../cluster/schema.ts'
import { project } from '../inventory/rules.ts'
import { openPlayer, type Player, readRecording } from '../testing/golden-player.ts'
import { rawApplication, rawArgocd } from '../testing/impact-stage.ts'
import { findInstances } from './find-instances.ts'
import { blastRadius, cascades, guardOf, lookAt, wouldCascade, wouldPrune } from './rules.ts'
import type { Look } from './schema.ts'

let player: Player
let calm: Look
beforeAll(() => {
  const tape = readRecording(join(import.meta.dirname, '../../tests/golden/scenarios/argocd-namespace-deleted'))
  player = openPlayer(tape)
  calm = lookAt(player.inventory.all())
  player.playTo(24_957)
})

function find(kind: string, namespace: string, name: string): SlimRecord {
  const found = calm.find(kind, namespace, name)
  if (!found) throw new Error(`no ${kind} ${name}`)
  return found
}

test.each([
  ['resources-finalizer.argocd.argoproj.io', true],
  ['resources-finalizer.argocd.argoproj.io/background', true],
  ['resources-finalizer.argocd.argoproj.io/foreground', true],
  ['post-delete-finalizer.argocd.argoproj.io', false],
  ['argocd.argoproj.io/hook-finalizer', false],
  ['kubernetes.io/pvc-protection', false],
] as const)('%s cascades: %s', (finalizer, does) => {
  expect(cascades(finalizer)).toBe(does)
})

test.each([
  [{ 'argocd.argoproj.io/sync-options': 'Prune=false' }, 'Prune', 'keep'],
  [{ 'argocd.argoproj.io/sync-options': 'Prune=confirm, Delete=confirm' }, 'Delete', 'confirm'],
  [{ 'argocd.argoproj.io/sync-options': 'Prune=false' }, 'Delete', 'none'],
  [{ 'helm.sh/resource-policy': 'keep' }, 'Delete', 'keep'],
  [{}, 'Prune', 'none'],
] as const)('an object annotated %j is guarded against %s: %s', (annotations, against, guard) => {
  expect(guardOf({ ...find('Namespace', '', 'argocd'), annotations }, against)).toBe(guard)
})

test('a cascade takes what the Application tracks, never definitions and never what is guarded', () => {
  const application = find('Application', 'argocd', 'cert-manager')
  const kinds = wouldCascade(calm, application).map((one) => one.kind)
  expect(kinds).toContain('Deployment')
  expect(kinds).not.toContain('CustomResourceDefinition')
  const guarded = lookAt(
    [...calm.all()].map((one) =>
      one.kind === 'Deployment' && one.tracking?.app === 'cert-manager'
        ? { ...one, annotations: { 'argocd.argoproj.io/sync-options': 'Delete=false' } }
        : one,
    ),
  )
  expect(wouldCascade(guarded, application).map((one) => one.kind)).not.toContain('Deployment')
})

test('deleting the namespace of Argo CD: its content goes, and the cascade waits for a controller', () => {
  const radius = blastRadius(calm, find('Namespace', '', 'argocd'), findInstances(calm))
  const first = radius.steps[0]
  expect(first).toMatchObject({ mechanism: 'namespace' })
  expect(first?.objects.filter((one) => one.kind === 'Application')).toHaveLength(60)
  const cascaded = radius.steps.filter((step) => step.mechanism === 'cascade')
  expect(cascaded.length).toBeGreaterThan(40)
  expect(cascaded.every((step) => step.waits)).toBe(true)
  expect(new Set(radius.objects.map((one) => one.uid)).size).toBe(radius.objects.length)
  expect(radius.notes.join(' ')).toContain('it would delete itself')
})

test('deleting an ApplicationSet takes its Applications by owner, and their workloads by cascade at once', () => {
  const radius = blastRadius(calm, find('ApplicationSet', 'argocd', 'platform-addons'), findInstances(calm))
  expect(radius.steps[0]).toMatchObject({ mechanism: 'owner-reference' })
  expect(radius.steps[0]?.objects.map((one) => one.kind)).toEqual(Array(8).fill('Application'))
  const cascade = radius.steps.filter((step) => step.mechanism === 'cascade')
  expect(cascade.every((step) => !step.waits)).toBe(true)
  expect(
    cascade.flatMap((step) => step.objects).filter((one) => ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob'].includes(one.kind)),
  ).toHaveLength(12)
})

test('deleting a claim takes its volume when the policy is Delete, and only then', () => {
  const claims = calm
    .list('PersistentVolumeClaim')
    .map((claim) => ({ claim, volume: claim.facts.is === 'claim' ? calm.find('PersistentVolume', '', claim.facts.volume) : undefined }))
  for (const { claim, volume } of claims) {
    const radius = blastRadius(calm, claim, [])
    const policy = volume?.facts.is === 'volume' ? volume.facts.policy : ''
    expect(radius.steps.map((step) => step.mechanism)).toEqual(policy === 'Delete' ? ['reclaim'] : [])
  }
  expect(claims.length).toBe(19)
})

test('hooks that require pruning in calm state are not pruned, and a marked namespace is', () => {
  expect(calm.list('Application').flatMap((one) => wouldPrune(calm, one))).toEqual([])
  player.playTo(27_100)
  const application = player.inventory.find('Application', 'argocd', 'project-namespace')
  expect(application && wouldPrune(player.inventory, application).map((one) => `${one.kind} ${one.name}`)).toEqual(['Namespace argocd'])
})

test('deleting a project deletes nothing and says whom it blocks; deleting a remote Application says what is not counted', () => {
  const objects = [
    ...rawArgocd('argocd'),
    rawApplication('web', 'argocd', {
      metadata: { finalizers: ['resources-finalizer.argocd.argoproj.io'] },
      spec: { destination: { server: 'https://eu.example.org', namespace: 'web' } },
    }),
  ]
  const look = lookAt(objects.map((one) => project(one, '2026-03-01T02:13:00Z')))
  const notesOf = (kind: string, name: string) => {
    const target = look.find(kind, 'argocd', name)
    if (!target) throw new Error(`no ${kind}`)
    const radius = blastRadius(look, target, [])
    expect(radius.objects).toEqual([target])
    return radius.notes
  }
  expect(notesOf('AppProject', 'default')).toEqual([
    '1 Application is in this project: nothing is deleted, but Argo CD refuses to sync or to delete them',
  ])
  expect(notesOf('Application', 'web')).toEqual([
    'it deploys to https://eu.example.org: its resources there go, too, and are not counted here',
  ])
})
