import Link from 'next/link'
import type { SituationView } from '#lib/impact/view'
import { Section } from '../ui/page-head.tsx'
import { Clock } from '../ui/time.tsx'

const hrefOf = (cluster: string) => `/expected?cluster=${encodeURIComponent(cluster)}`

/** What was said to happen now: whoever wonders why something is quiet finds the reason here. */
export function PlannedNow({ planned }: { readonly planned: SituationView['planned'] }) {
  if (planned.length === 0) return null
  return (
    <ul aria-label="Planned changes in force" className="mb-8 space-y-1 border-l-4 border-edge bg-sunken px-4 py-2 md:px-6">
      {planned.map((one) => (
        <li key={`${one.cluster} ${one.id}`}>
          Expected now on {one.cluster}:{' '}
          <Link href={hrefOf(one.cluster)} className="font-medium underline underline-offset-2">
            {one.title}
          </Link>
          {one.ticket ? ` (${one.ticket})` : ''}, until <Clock at={one.to} />
        </li>
      ))}
    </ul>
  )
}

/** The way to say what will happen, on a day when nothing is planned. */
export function PlanAhead({ cluster }: { readonly cluster: string | undefined }) {
  if (cluster === undefined) return null
  return (
    <Section name="Expected change">
      <p className="py-2.5 text-soft">
        Nothing is planned now.{' '}
        <Link href={hrefOf(cluster)} className="text-ink underline underline-offset-2">
          Say what will happen
        </Link>
        , and it is not taken for a disaster.
      </p>
    </Section>
  )
}
