import type { SlimRecord } from '../cluster/schema.ts'
import { parseCron } from '../kernel/cron.ts'

/** A run that was due no longer ago than this may just be starting. */
const LATE_MS = 5 * 60_000

/**
 * What became of the last two runs of a CronJob, when neither succeeded; null when one did, one is under way, or nobody can
 * say. A run counts from its schedule on, and one before the CronJob first ran was never due. `now` in ms.
 */
export function runsMissed(record: SlimRecord, now: number): string | null {
  if (record.facts.is !== 'cronjob' || record.facts.suspended || record.facts.active > 0 || record.deletingAt) return null
  const { schedule, timeZone, lastScheduleAt, lastSuccessAt } = record.facts
  if (lastScheduleAt === null) return null
  const ahead = offsetOf(timeZone, now)
  const due = (parseCron(schedule)?.previous(now - LATE_MS + ahead, 2) ?? []).map((at) => at - ahead)
  const [last, before] = due
  if (last === undefined || before === undefined || before < Date.parse(record.createdAt)) return null
  if (lastSuccessAt !== null && Date.parse(lastSuccessAt) >= before) return null
  const started = Date.parse(lastScheduleAt)
  if (started >= last) return 'its last two runs failed'
  return started >= before
    ? 'of its last two runs one failed and one was missed'
    : `its last two runs were missed: none since ${lastScheduleAt}`
}

/** How far a time zone is ahead of UTC at an instant, in ms; 0 where there is none, or none that we know. */
function offsetOf(timeZone: string, now: number): number {
  if (!timeZone) return 0
  try {
    const shown = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' }).formatToParts(now)
    const [, sign, hours, minutes = '0'] =
      /GMT([+-])(\d+):?(\d+)?/.exec(shown.find((part) => part.type === 'timeZoneName')?.value ?? '') ?? []
    return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes)) * 60_000
  } catch {
    return 0
  }
}
