import { expect, test } from 'vitest'
import type { ReviewView } from '../reviews/view.ts'
import { junitOf } from './junit-rules.ts'
import type { Played } from './play-rules.ts'

const drill = { scenario: 's', runbook: 'r', startedAt: '2026-01-01T00:00:00.000Z' } as Played['drill']
const step = (id: string, outcome: ReviewView['steps'][number]['outcome'], actualMs: number | null) =>
  ({ id, title: `<${id}>`, phase: 'One', outcome, actualMs }) as ReviewView['steps'][number]

test('a step that failed before the abort is a failure, one that was never reached is skipped, and the markup holds', () => {
  const review = {
    toRecoverMs: null,
    steps: [step('a', 'verified', 1_500), step('b', 'not-executed', null), step('c', 'not-executed', null), step('d', 'verified', 0)],
    deviations: [
      { step: 'b', what: 'failed', reason: 'no "answer"' },
      { step: 'd', what: 'no-longer-held', reason: 'gone again' },
    ],
  } as unknown as ReviewView
  expect(junitOf({ drill, run: null, trouble: 'b failed' }, review, ['b failed'])).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="5" failures="3" errors="0" skipped="1" time="1.500">
  <testsuite name="s with r" tests="5" failures="3" errors="0" skipped="1" time="1.500" timestamp="2026-01-01T00:00:00">
    <testcase name="&lt;a&gt;" classname="One" time="1.500"></testcase>
    <testcase name="&lt;b&gt;" classname="One" time="0.000"><failure message="no &quot;answer&quot;"/></testcase>
    <testcase name="&lt;c&gt;" classname="One" time="0.000"><skipped/></testcase>
    <testcase name="&lt;d&gt;" classname="One" time="0.000"><failure message="it did not hold: gone again"/></testcase>
    <testcase name="The services came back" classname="s" time="0.000"><failure message="b failed"/></testcase>
  </testsuite>
</testsuites>
`)
})
