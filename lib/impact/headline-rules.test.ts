import { expect, test } from 'vitest'
import { aSummary, impactStage, rawApplication, rawArgocd, rawWorkload } from '../testing/impact-stage.ts'
import { type HeadlineInput, headlineOf } from './headline-rules.ts'

const { board } = impactStage([...rawArgocd('argocd'), rawApplication('shop', 'argocd'), rawWorkload('shop', 'a', { app: 'shop' })])
const words = (input: Partial<HeadlineInput>) =>
  headlineOf({ clusters: [aSummary()], rows: board.rows(), badThen: new Set(), signals: [], t0: null, ready: true, ...input })

test('one cluster that cannot be seen does not hide what is known of the others', () => {
  const silent = aSummary({ name: 'silent', freshness: 'unreachable' })
  expect(words({ clusters: [aSummary(), silent] })).toEqual({
    headline: 'All 1 service as of the baseline. Cluster silent cannot be seen.',
    tone: 'watch',
  })
  expect(words({ clusters: [aSummary(), silent, silent] }).headline).toMatch(/2 clusters cannot be seen/)
})

test('of clusters never seen nothing is called the last known state', () => {
  expect(words({ clusters: [aSummary({ freshness: 'unreachable' })], rows: [] })).toEqual({
    headline: 'We cannot see golden. Nothing of it is known yet.',
    tone: 'blind',
  })
  expect(words({ clusters: [aSummary({ freshness: 'stale', observedAt: '2026-03-01T02:13:00.000Z' })] }).headline).toBe(
    'We cannot see golden since 02:13:00 UTC. What is shown is the last known state.',
  )
})
