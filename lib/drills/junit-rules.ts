import type { ReviewView } from '../reviews/view.ts'
import type { Played } from './play-rules.ts'

function xml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD]/g, '�')
    .replace(/[&<>"]/g, (mark) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[mark] ?? mark)
}

type Case = { readonly name: string; readonly group: string; readonly seconds: number; readonly trouble: string; readonly skipped: boolean }

function casesOf({ drill }: Played, review: ReviewView | null, why: readonly string[]): Case[] {
  const steps = (review?.steps ?? []).map((step): Case => {
    // A failed step of a run that was aborted is closed as not executed; that it failed stands among the deviations.
    const broke = step.outcome === 'not-executed' && review?.deviations.findLast((one) => one.step === step.id && one.what === 'failed')
    const gaveWay = review?.deviations.find((one) => one.step === step.id && one.what === 'no-longer-held')
    const failed = broke ? broke.reason : step.outcome === 'unverified' ? 'not verified' : ''
    return {
      name: step.title,
      group: step.phase,
      seconds: (step.actualMs ?? 0) / 1000,
      trouble: failed || (gaveWay ? `it did not hold: ${gaveWay.reason}` : ''),
      skipped: step.outcome === 'not-applicable' || step.outcome === 'not-executed' || step.outcome === 'skipped',
    }
  })
  const seconds = (review?.toRecoverMs ?? 0) / 1000
  const back: Case = { name: 'The services came back', group: drill.scenario, seconds, trouble: why.join('; '), skipped: false }
  return [...steps, back]
}

/** The drill as JUnit XML: one case per step, and one for what it is all about. Times are in seconds of the cluster's time. */
export function junitOf(played: Played, review: ReviewView | null, why: readonly string[]): string {
  const cases = casesOf(played, review, why)
  const total = cases.reduce((sum, one) => sum + one.seconds, 0)
  const failures = cases.filter((one) => one.trouble).length
  const skipped = cases.filter((one) => one.skipped && !one.trouble).length
  const lines = cases.map(({ name, group, seconds, trouble, skipped }) => {
    const inside = trouble ? `<failure message="${xml(trouble)}"/>` : skipped ? '<skipped/>' : ''
    return `    <testcase name="${xml(name)}" classname="${xml(group)}" time="${seconds.toFixed(3)}">${inside}</testcase>`
  })
  const name = xml(`${played.drill.scenario} with ${played.drill.runbook}`)
  const counts = `tests="${cases.length}" failures="${failures}" errors="0" skipped="${skipped}" time="${total.toFixed(3)}"`
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites ${counts}>
  <testsuite name="${name}" ${counts} timestamp="${xml(played.drill.startedAt.replace(/\.\d+Z$/, ''))}">
${lines.join('\n')}
  </testsuite>
</testsuites>
`
}
