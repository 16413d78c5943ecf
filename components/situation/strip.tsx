'use client'
import type { SituationView } from '#lib/impact/view'
import { readDuration } from '#lib/kernel/duration'
import { useInBrowser } from '../ui/now.ts'

const WIDTH = 720
const HEIGHT = 44
const MINUTE = 60_000

type Props = {
  readonly points: SituationView['strip']
  readonly marks: readonly string[]
  readonly total: number /** The past moment that is shown, RFC 3339. */
  readonly at?: string | null
}

/** The last hours, minute by minute: solid for what is bad, hatched for what nobody manages, a line where a signal opened. */
export function Strip({ points, marks, total, at: shown = null }: Props) {
  const local = useInBrowser()
  const first = points[0]
  const last = points.at(-1)
  if (!first || !last || points.length < 2)
    return (
      <p className="mt-4 border-b border-line pb-3 text-sm text-soft">
        The course of the last hours is drawn once a few minutes have been recorded.
      </p>
    )
  const start = Date.parse(first.at)
  const span = Date.parse(last.at) - start + MINUTE
  const top = Math.max(1, total, ...points.map((point) => point.bad + point.unmanaged))
  const x = (at: string) => ((Date.parse(at) - start) / span) * WIDTH
  const width = Math.max(1, (MINUTE / span) * WIDTH)
  const height = (count: number) => (count === 0 ? 0 : Math.max(1.5, (count / top) * HEIGHT))
  const worst = points.reduce((a, b) => (b.bad + b.unmanaged > a.bad + a.unmanaged ? b : a))
  if (worst.bad + worst.unmanaged === 0)
    return (
      <p className="mt-4 border-b border-line pb-3 text-sm text-soft">
        Nothing was lost, degraded or unmanaged in the last {readDuration(span)}.
      </p>
    )
  const clock = (at: string) =>
    local ? new Date(at).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' }) : at.slice(11, 16)
  return (
    <figure className="mt-5">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        className="block h-11 w-full border-b border-edge"
        role="img"
        aria-label={`From ${clock(first.at)} to ${clock(last.at)}: at worst ${worst.bad} services bad and ${worst.unmanaged} unmanaged, at ${clock(worst.at)}; now ${last.bad} bad and ${last.unmanaged} unmanaged.`}
      >
        <defs>
          <pattern id="unmanaged-hatch" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <rect width="1.6" height="4" fill="var(--warn)" />
          </pattern>
        </defs>
        {points.map((point) => {
          const [bad, unmanaged] = [height(point.bad), height(point.unmanaged)]
          return (
            <g key={point.at}>
              {unmanaged > 0 ? (
                <rect x={x(point.at)} y={HEIGHT - bad - unmanaged} width={width + 0.3} height={unmanaged} fill="url(#unmanaged-hatch)" />
              ) : null}
              {bad > 0 ? <rect x={x(point.at)} y={HEIGHT - bad} width={width + 0.3} height={bad} fill="var(--danger)" /> : null}
            </g>
          )
        })}
        {marks
          .filter((at) => Date.parse(at) >= start)
          .map((at) => (
            <line key={at} x1={x(at)} x2={x(at)} y1="0" y2={HEIGHT} stroke="var(--ink)" strokeWidth="1" vectorEffect="non-scaling-stroke" />
          ))}
        {shown ? (
          <rect
            x={x(new Date(Math.floor(Date.parse(shown) / MINUTE) * MINUTE).toISOString())}
            y="0"
            width={width}
            height={HEIGHT}
            fill="var(--busy)"
            opacity="0.55"
          />
        ) : null}
      </svg>
      <figcaption className="tabular mt-1 flex justify-between gap-4 text-xs text-soft">
        <span>{clock(first.at)}</span>
        <span className="flex gap-4">
          <span className="inline-flex items-center gap-1.5">
            <i aria-hidden className="size-2 bg-danger" />
            lost or degraded
          </span>
          <span className="inline-flex items-center gap-1.5">
            <svg width="8" height="8" aria-hidden>
              <rect width="8" height="8" fill="url(#unmanaged-hatch)" />
            </svg>
            unmanaged
          </span>
        </span>
        <span>{clock(last.at)}</span>
      </figcaption>
    </figure>
  )
}
