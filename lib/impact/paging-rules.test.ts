import { expect, test } from 'vitest'
import { type PagingInput, pagingOf } from './paging-rules.ts'

const DAY = 24 * 3_600_000
const since = Date.parse('2026-03-01T00:00:00.000Z')
const input: PagingInput = {
  kind: 'argocd-gone',
  severity: 'critical',
  mode: 'live',
  setting: 'shadow',
  since,
  now: since + DAY,
  unreachable: null,
}

test.each([
  ['in the first week of a live cluster', {}, 'would-have-paged', /shadow, until 2026-03-08 00:00 UTC$/],
  ['a moment before the week is over', { now: since + 7 * DAY - 1 }, 'would-have-paged', /shadow/],
  ['after the first week', { now: since + 7 * DAY }, 'pages', /^$/],
  ['in the first week, when set on', { setting: 'on' }, 'pages', /^$/],
  ['when set off', { setting: 'off', now: since + 30 * DAY }, 'silent', /off for this cluster/],
  ['on a drill cluster, which never runs in shadow', { mode: 'drill' }, 'pages', /^$/],
  ['a warning', { severity: 'warning', setting: 'on' }, 'silent', /^$/],
  ['an outage that was said to come', { kind: 'control-plane-unreachable', setting: 'on', unreachable: 'planned' }, 'silent', /^planned$/],
  ['an outage that nobody spoke of', { kind: 'control-plane-unreachable', setting: 'on' }, 'pages', /^$/],
  ['another signal while an outage was said to come', { setting: 'on', unreachable: 'planned' }, 'pages', /^$/],
] as const)('a signal %s', (_when, more, paging, why) => {
  const said = pagingOf({ ...input, ...more })
  expect(said.paging).toBe(paging)
  expect(said.pagingReason).toMatch(why)
})
