import { expect, test } from 'vitest'
import { type ImpactStage, impactStage, raw, rawApplication, rawArgocd, STAGE_BEGIN } from '../testing/impact-stage.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const shrink = (stage: ImpactStage) => stage.open().get('slow-shrink/')
const owner = {
  ownerReferences: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'ApplicationSet', name: 'previews', uid: 'set', controller: true }],
}
const previews = raw('argoproj.io/v1alpha1', 'ApplicationSet', 'previews', 'argocd', {
  metadata: { uid: 'set' },
  spec: { generators: [{ pullRequest: {} }] },
})
const app = (n: number) => rawApplication(`app-${n}`, 'argocd')
const preview = (n: number) => rawApplication(`preview-${n}`, 'argocd', { metadata: owner })
const platform = (apps: number) => [
  ...rawArgocd('argocd'),
  previews,
  ...Array.from({ length: apps }, (_, i) => app(i)),
  ...Array.from({ length: 40 }, (_, i) => preview(i)),
]

test('one Application an hour goes unnoticed, until it is a twentieth of them all', () => {
  const stage = impactStage(platform(80))
  for (let n = 0; n < 3; n++) {
    stage.pass(HOUR, MINUTE)
    stage.drop(`Application/argocd/app-${n}`)
  }
  stage.pass(HOUR, MINUTE)
  expect(shrink(stage)).toBeUndefined()
  stage.drop('Application/argocd/app-3')
  stage.pass(MINUTE)
  expect(shrink(stage)).toMatchObject({ severity: 'warning', title: '4 of 80 Applications went within a day' })
  expect(shrink(stage)?.evidence.map((one) => one.object.name)).toEqual(['all Applications', 'app-0', 'app-1', 'app-2', 'app-3'])
  // A day later nobody misses them.
  stage.pass(25 * HOUR, MINUTE)
  expect(shrink(stage)).toBeUndefined()
})

test('what comes makes up for what goes', () => {
  const stage = impactStage(platform(80))
  stage.pass(HOUR, MINUTE)
  stage.drop(...[0, 1, 2].map((n) => `Application/argocd/app-${n}`))
  stage.put(app(100))
  stage.drop('Application/argocd/app-3')
  stage.pass(MINUTE)
  expect(shrink(stage)).toBeUndefined()
})

test('pull requests that are closed do not count, and neither does what was planned', () => {
  const stage = impactStage(platform(80), {
    planned: [
      {
        id: 'c',
        clusters: ['stage'],
        title: 'the old shop goes',
        ticket: '',
        selector: { kind: 'Application', name: 'app-*' },
        effects: ['delete'],
        maxObjects: 50,
        from: new Date(STAGE_BEGIN).toISOString(),
        to: new Date(STAGE_BEGIN + HOUR).toISOString(),
        plannedAt: new Date(STAGE_BEGIN).toISOString(),
        plannedBy: 'p',
        endedAt: null,
        endedBy: null,
      },
    ],
  })
  stage.pass(10 * MINUTE)
  for (let n = 0; n < 30; n++) {
    stage.drop(`Application/argocd/preview-${n}`)
    stage.pass(MINUTE)
  }
  for (let n = 0; n < 4; n++) stage.drop(`Application/argocd/app-${n}`)
  stage.pass(HOUR, MINUTE)
  expect(stage.open().size).toBe(0)
  for (let n = 4; n < 8; n++) stage.drop(`Application/argocd/app-${n}`)
  stage.pass(MINUTE)
  expect(shrink(stage)?.title).toBe('4 of 80 Applications went within a day')
})

test('two of ten are a clean-up', () => {
  const stage = impactStage(platform(10))
  stage.pass(HOUR, MINUTE)
  stage.drop('Application/argocd/app-0', 'Application/argocd/app-1')
  stage.pass(MINUTE)
  expect(shrink(stage)).toBeUndefined()
  stage.drop('Application/argocd/app-2')
  stage.pass(MINUTE)
  expect(shrink(stage)).toBeDefined()
})
