const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
/** Beyond this a schedule is taken to fire never, such as one of February 30. */
const MOST_DAYS = 1_500
const MACROS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

/** A five-field cron schedule, in UTC, as Kubernetes reads it (github.com/robfig/cron). */
export type Cron = {
  /** Whether it fires in the minute of this instant. */
  fires(at: Date): boolean
  /** The last `count` minutes up to `before` in which it fired, newest first, in ms; fewer where it is rarer than once in four years. */
  previous(before: number, count: number): readonly number[]
}

/** Null when it is no schedule. */
export function parseCron(schedule: string): Cron | null {
  const fields = (MACROS[schedule.trim()] ?? schedule.trim()).split(/\s+/)
  const [minute, hour, date, month, day] = fields
  if (fields.length !== 5 || !minute || !hour || !date || !month || !day) return null
  const minutes = valuesOf(minute, 0, 59)
  const hours = valuesOf(hour, 0, 23)
  const dates = valuesOf(date, 1, 31)
  const months = valuesOf(month, 1, 12, MONTHS, 1)
  const days = valuesOf(day, 0, 7, DAYS, 0)
  if (!minutes || !hours || !dates || !months || !days) return null
  if (days.has(7)) days.add(0)
  // Restricted both, either day will do; a star in one leaves the other to decide.
  const either = !/^[*?]/.test(date) && !/^[*?]/.test(day)
  const onDay = (at: Date) =>
    months.has(at.getUTCMonth() + 1) &&
    (either ? dates.has(at.getUTCDate()) || days.has(at.getUTCDay()) : dates.has(at.getUTCDate()) && days.has(at.getUTCDay()))
  const latestFirst = [...hours].flatMap((h) => [...minutes].map((m) => h * 60 + m)).sort((a, b) => b - a)
  return {
    fires: (at) => minutes.has(at.getUTCMinutes()) && hours.has(at.getUTCHours()) && onDay(at),
    previous(before, count) {
      const found: number[] = []
      const today = before - (((before % DAY) + DAY) % DAY)
      for (let back = 0; back < MOST_DAYS && found.length < count; back++) {
        const midnight = today - back * DAY
        if (!onDay(new Date(midnight))) continue
        for (const minute of latestFirst) {
          if (midnight + minute * MINUTE <= before && found.length < count) found.push(midnight + minute * MINUTE)
        }
      }
      return found
    },
  }
}

function valuesOf(field: string, low: number, high: number, names: readonly string[] = [], first = 0): Set<number> | null {
  const found = new Set<number>()
  const numberOf = (word: string) => {
    const named = names.indexOf(word.toLowerCase())
    return named >= 0 ? named + first : /^\d+$/.test(word) ? Number(word) : Number.NaN
  }
  for (const part of field.split(',')) {
    const [range = '', step] = part.split('/')
    const by = step === undefined ? 1 : Number(step)
    const [from = '', to] = range.split('-')
    const start = /^[*?]$/.test(range) ? low : numberOf(from)
    const end = /^[*?]$/.test(range) || (to === undefined && step !== undefined) ? high : numberOf(to ?? from)
    if (!(start >= low && end <= high && start <= end && Number.isInteger(by) && by > 0)) return null
    for (let value = start; value <= end; value += by) found.add(value)
  }
  return found
}
