'use client'
import { readDuration } from '#lib/kernel/duration'
import { useInBrowser, useNow } from './now.ts'

const two = (n: number) => String(n).padStart(2, '0')

/** `02:13:40`, with the day before it when it is not today; local time in the browser, UTC until then. */
function read(at: Date, today: Date, local: boolean): string {
  const [y, m, d, h, min, s] = local
    ? [at.getFullYear(), at.getMonth(), at.getDate(), at.getHours(), at.getMinutes(), at.getSeconds()]
    : [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate(), at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()]
  const sameDay = local ? at.toDateString() === today.toDateString() : at.toISOString().slice(0, 10) === today.toISOString().slice(0, 10)
  const time = `${two(h)}:${two(min)}:${two(s)}`
  return sameDay ? time : `${y}-${two(m + 1)}-${two(d)} ${time}`
}

export function Clock({ at, className = '' }: { readonly at: string; readonly className?: string }) {
  const local = useInBrowser()
  const now = useNow()
  const date = new Date(at)
  return (
    <time
      dateTime={at}
      title={`${at.replace('T', ' ').replace(/(\.\d+)?Z$/, '')} UTC`}
      className={`tabular whitespace-nowrap ${className}`}
    >
      {read(date, new Date(now), local)}
    </time>
  )
}

/** How long ago, moving. `asOf` is the newest moment known to have passed on the clock that `at` was read from. */
export function Age({
  at,
  asOf,
  className = '',
  suffix = ' ago',
}: {
  readonly at: string
  readonly asOf?: string | null
  readonly className?: string
  readonly suffix?: string
}) {
  const now = Math.max(useNow(), asOf ? Date.parse(asOf) : 0)
  return (
    <time
      dateTime={at}
      title={`${at.replace('T', ' ').replace(/(\.\d+)?Z$/, '')} UTC`}
      className={`tabular whitespace-nowrap ${className}`}
    >
      {readDuration(now - Date.parse(at))}
      {suffix}
    </time>
  )
}

/** `1:02:45` between two moments; `to` null means still running. */
export function Elapsed({ from, to, className = '' }: { readonly from: string; readonly to: string | null; readonly className?: string }) {
  const now = useNow()
  const ms = Math.max(0, (to ? Date.parse(to) : now) - Date.parse(from))
  return <span className={`tabular whitespace-nowrap ${className}`}>{readClock(ms)}</span>
}

/** `12:45` or `1:02:45`. */
export function readClock(ms: number): string {
  const s = Math.floor(Math.abs(ms) / 1000)
  const [h, m] = [Math.floor(s / 3600), Math.floor((s % 3600) / 60)]
  return h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${two(m)}:${two(s % 60)}`
}
