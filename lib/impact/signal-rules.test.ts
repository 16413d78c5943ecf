import { expect, test } from 'vitest'
import { groupSignals } from './signal-rules.ts'
import type { SignalView } from './view.ts'

function aSignal(kind: SignalView['kind'], second: number, over: Partial<SignalView> = {}): SignalView {
  const since = `2026-01-01T02:13:${String(second).padStart(2, '0')}.000Z`
  return {
    id: `${kind}-${second}`,
    kind,
    severity: 'critical',
    cluster: 'prod',
    scope: '',
    title: kind,
    since,
    openedAt: since,
    closedAt: null,
    paging: 'pages',
    pagingReason: '',
    acknowledgedBy: null,
    acknowledgedAt: null,
    evidence: [],
    causes: [],
    runbooks: [],
    incident: 'i-1',
    ...over,
  }
}

const shown = (signals: readonly SignalView[]) =>
  groupSignals(signals).map((one) => [one.signal.kind, ...one.absorbed.map((other) => other.kind)])

test('the earliest cause stands first, and the mass deletion it explains is one line under it', () => {
  expect(shown([aSignal('mass-deletion', 40), aSignal('argocd-gone', 0)])).toEqual([['argocd-gone', 'mass-deletion']])
})

test('two mass deletions of one incident are one banner', () => {
  expect(shown([aSignal('mass-deletion', 4, { scope: 'workloads' }), aSignal('mass-deletion', 2, { scope: 'applications' })])).toEqual([
    ['mass-deletion', 'mass-deletion'],
  ])
})

test('what must be stopped at once and data at risk always stand on their own', () => {
  expect(shown([aSignal('data-at-risk', 9), aSignal('controller-started-too-early', 8), aSignal('argocd-gone', 0)])).toEqual([
    ['argocd-gone'],
    ['controller-started-too-early'],
    ['data-at-risk'],
  ])
})

test('nothing is folded across incidents or clusters', () => {
  expect(shown([aSignal('argocd-gone', 0), aSignal('mass-deletion', 5, { incident: 'i-2' })])).toHaveLength(2)
  expect(shown([aSignal('argocd-gone', 0), aSignal('mass-deletion', 5, { cluster: 'other' })])).toHaveLength(2)
})

test('a mass deletion that began before Argo CD was lost is told first, and not as its consequence', () => {
  expect(shown([aSignal('argocd-gone', 9), aSignal('mass-deletion', 1)])).toEqual([['mass-deletion'], ['argocd-gone']])
})

test('critical before warning, whatever began first; closed ones are gone', () => {
  expect(
    shown([
      aSignal('bad-rollout', 0, { severity: 'warning', incident: null }),
      aSignal('crd-gone', 30),
      aSignal('blind', 1, { closedAt: '2026-01-01T03:00:00.000Z' }),
    ]),
  ).toEqual([['crd-gone'], ['bad-rollout']])
})

test('a namespace of Argo CD that cannot finish is no second alarm, though warnings belong to no incident', () => {
  expect(shown([aSignal('argocd-gone', 0), aSignal('namespace-terminating', 0, { severity: 'warning', incident: null })])).toEqual([
    ['argocd-gone', 'namespace-terminating'],
  ])
})
