import Link from 'next/link'
import type { Freshness } from '#lib/cluster/schema'
import type { ImpactCounts, ServiceRow } from '#lib/impact/view'
import { agedClass } from '../live/aged.ts'
import { ServiceTable } from '../services/service-table.tsx'
import { Section } from '../ui/page-head.tsx'

type Props = {
  readonly rows: readonly ServiceRow[]
  readonly counts: ImpactCounts
  readonly freshness: Freshness
  readonly asOf: string | null
}

export function WorstServices({ rows, counts, freshness, asOf }: Props) {
  const affected =
    counts.deletionPending + counts.dataAtRisk + counts.lost + counts.degraded + counts.unmanaged + counts.recovering + counts.unknown
  const more = affected > rows.length
  return (
    <Section
      id="affected"
      name="Affected services"
      aside={
        <Link href="/services" className="underline underline-offset-2">
          {more ? `the first ${rows.length} of ${affected}; see all` : 'see all services'}
        </Link>
      }
    >
      <div className={agedClass(freshness)}>
        <ServiceTable rows={rows} asOf={asOf} />
      </div>
    </Section>
  )
}
