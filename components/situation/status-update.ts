import { groupSignals } from '#lib/impact/signal-rules'
import type { SituationView } from '#lib/impact/view'
import { countsInOrder, IMPACT } from '../impact/words.ts'

const NEXT_UPDATE_MS = 30 * 60_000
const clock = (at: Date) => `${at.toISOString().slice(11, 16)} UTC`

/** What one tells the others: figures, what is done about it, and when they hear again. */
export function statusUpdate(view: SituationView, now: Date): string {
  const figures = countsInOrder(view.impact)
    .filter((one) => one.count > 0)
    .map((one) => `${one.count} ${IMPACT[one.impact].word}`)
  const open = groupSignals(view.signals).map((one) => one.signal)
  const runs = view.incidents
    .filter((incident) => incident.closedAt === null)
    .flatMap((incident) => incident.runs.filter((run) => run.stage !== 'closed').map((run) => run.runbook))
  const rehearsal = view.incidents.some((incident) => incident.closedAt === null && incident.kind !== 'incident')
  return [
    `${rehearsal ? 'DRILL. ' : ''}Status at ${clock(now)}: ${view.headline}`,
    `Services: ${figures.join(', ') || 'none known'} (of ${view.services}).`,
    ...open.map((signal) => `Since ${clock(new Date(signal.since))} on ${signal.cluster}: ${signal.title}.`),
    runs.length > 0
      ? `Under way: recovery by ${runs.join(', ')}.`
      : open.length > 0
        ? 'Recovery has not been started yet.'
        : 'No recovery is under way.',
    ...(view.ledger.open > 0 ? [`In force: ${view.ledger.open} temporary changes.`] : []),
    ...(open.length > 0 ? [`Next update at ${clock(new Date(now.getTime() + NEXT_UPDATE_MS))}.`] : []),
  ].join('\n')
}
