'use client'
import { useEffect, useRef, useState } from 'react'
import { readDuration } from '#lib/kernel/duration'
import { localTime } from '../ui/local-time.ts'
import { useInBrowser } from '../ui/now.ts'
import type { Past } from './use-past.ts'

const MINUTE = 60_000
const PAUSE_MS = 250

type Props = {
  readonly past: Past
  /** The newest minute of the strip above, RFC 3339; the slider ends there. */
  readonly end: string
  /** The oldest one. */
  readonly begin: string
}

/** Under the strip and as wide as it: any minute of the last hours, by hand or by arrow keys; its right end is now. */
export function TimeSlider({ past, begin, end }: Props) {
  const local = useInBrowser()
  const minuteOf = (at: string) => Math.floor(Date.parse(at) / MINUTE) * MINUTE
  const last = minuteOf(end)
  const span = Math.max(1, (last - minuteOf(begin)) / MINUTE)
  const placeOf = (at: string | null) => (at === null ? span : (minuteOf(at) - last) / MINUTE + span)
  const [held, setHeld] = useState<number | null>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  const place = Math.max(0, Math.min(span, held ?? placeOf(past.at)))
  const instant = new Date(last - (span - place) * MINUTE)

  function move(next: number) {
    setHeld(next)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => {
      setHeld(null)
      // A minute of the strip tells how it ended.
      past.go(next >= span ? null : new Date(last - (span - next - 1) * MINUTE - 1).toISOString())
    }, PAUSE_MS)
  }
  const said =
    place >= span
      ? 'now'
      : local
        ? instant.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
        : instant.toISOString().slice(11, 16)

  return (
    <div className="no-print mb-4">
      <input
        type="range"
        aria-label="Moment shown"
        aria-valuetext={place >= span ? 'now' : `${said}, ${readDuration((span - place) * MINUTE)} ago`}
        min={0}
        max={span}
        step={1}
        value={place}
        onChange={(event) => move(Number(event.target.value))}
        className="slider block h-6 w-full cursor-pointer"
      />
      <div className="flex flex-wrap items-center gap-x-3 text-sm text-soft">
        <span className="tabular">
          Shown: <span className="font-medium text-ink">{said}</span>
        </span>
        <details className="ml-auto" open={past.at !== null && held === null && placeOf(past.at) < 0}>
          <summary className="inline-flex min-h-6 items-center underline underline-offset-2">another moment</summary>
          <input
            type="datetime-local"
            step={1}
            aria-label="Another moment"
            value={local && past.at ? localTime(past.at) : ''}
            onChange={(event) => event.target.value && past.go(new Date(event.target.value).toISOString())}
            className="h-8 rounded-md border border-edge bg-raised px-2 text-ink"
          />
        </details>
      </div>
    </div>
  )
}
