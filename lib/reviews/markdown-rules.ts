import { readDuration } from '../kernel/duration.ts'
import type { ReviewView } from './view.ts'

/** What people wrote stays what it is: no table breaks at it, and no heading begins with it. */
function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[|\\`*_<>[\]#]/g, (mark) => `\\${mark}`)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map((row) => line(row.map(cell)))].join('\n')
}

function spell(ms: number | null): string {
  return ms === null ? '–' : readDuration(ms)
}

function facts(review: ReviewView): string {
  const { clocks } = review
  return table(
    ['', ''],
    [
      ['Kind', review.kind],
      ['Cluster', review.clusters.join(', ')],
      ['Outcome', review.outcome?.replaceAll('-', ' ') ?? `not closed yet (${review.stage})`],
      ['Lead', review.lead],
      ['Compared with (T0)', review.t0],
      ['Disrupted', clocks.disruptedAt ?? 'not known'],
      ['Detected', `${clocks.detectedAt ?? 'not by a signal'} (${spell(review.toDetectMs)})`],
      ['Acknowledged', `${clocks.acknowledgedAt ?? 'not'} (${spell(review.toAcknowledgeMs)})`],
      ['Run started', clocks.startedAt],
      ['Run closed', clocks.closedAt ?? 'not yet'],
      ['All services back after', spell(review.toRecoverMs)],
      ['Objective', review.rtoMet === null ? 'not judged' : review.rtoMet ? 'met' : 'missed'],
    ],
  )
}

/** The review as a document for people who were not there. */
export function markdownOf(review: ReviewView): string {
  const sections: [string, string][] = [['', facts(review)]]
  const add = (title: string, body: string, any: boolean, none = '') => {
    if (any || none) sections.push([title, any ? body : none])
  }
  add(
    'First cause',
    review.causes
      .map(
        (one) =>
          `- ${one.at}: ${cell(one.what)}. ${one.proof ? `Proof: ${cell(one.proof)}` : 'Not proved'}${one.by ? ` (${cell(one.by)})` : ''}`,
      )
      .join('\n'),
    review.causes.length > 0,
    'No cause was proved.',
  )
  add(
    'Services',
    table(
      ['Service', 'Tier', 'Back at', 'After'],
      review.services.map((one) => [
        one.name,
        one.tier === null ? '' : String(one.tier),
        one.recoveredAt ?? `not back (${one.impact ?? 'unknown'})`,
        spell(one.tookMs),
      ]),
    ),
    review.services.length > 0,
    'No service was hit.',
  )
  add(
    'Planned and actual',
    table(
      ['Step', 'Outcome', 'By', 'Attempts', 'Planned', 'Actual'],
      review.steps.map((one) => [
        one.title,
        one.outcome?.replaceAll('-', ' ') ?? one.stage,
        one.by ?? '',
        String(one.attempts),
        spell(one.plannedMs),
        spell(one.actualMs),
      ]),
    ),
    review.steps.length > 0,
  )
  add(
    'Deviations',
    table(
      ['At', 'What', 'Step', 'By', 'Reason'],
      review.deviations.map((one) => [one.at, one.what.replaceAll('-', ' '), one.title, one.by, one.reason]),
    ),
    review.deviations.length > 0,
    'None: it went as the runbook has it.',
  )
  add(
    'Still in force',
    review.inForce
      .map(
        (row) =>
          `- ${row.object.kind} ${row.object.namespace ? `${row.object.namespace}/` : ''}${row.object.name}: \`${row.field}\` is ${row.written}, was ${row.original}`,
      )
      .join('\n'),
    review.inForce.length > 0,
  )
  add(
    'People',
    table(
      ['Who', 'Role', 'From', 'To', 'Entries'],
      review.people.map((one) => [one.name, one.role ?? '', one.from, one.to, String(one.entries)]),
    ),
    review.people.length > 0,
  )
  add('Notes', review.notes.map((one) => `- ${one.at}: ${cell(one.text)}`).join('\n'), review.notes.length > 0)
  add(
    'Evidence',
    table(
      ['File', 'SHA-256', 'At'],
      review.evidence.map((one) => [one.name, one.sha256, one.at]),
    ),
    review.evidence.length > 0,
  )
  add(
    'Timeline',
    table(
      ['At', 'Who', 'What'],
      review.timeline.map((row) => [row.clusterAt, row.by, row.text]),
    ),
    review.timeline.length > 0,
  )
  const body = sections.map(([title, text]) => (title ? `## ${title}\n\n${text}` : text)).join('\n\n')
  return `# ${cell(review.title)}\n\nRun ${review.run} of ${review.runbook}, incident ${review.incident || 'none'}.\n\n${body}\n`
}
