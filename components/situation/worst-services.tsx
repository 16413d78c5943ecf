import { ChevronRight } from 'lucide-react'
import Link from 'next/link'
import type { ServiceRow, SituationView } from '#lib/impact/view'
import { ImpactMark } from '../impact/impact-mark.tsx'
import { agedClass } from '../live/aged.ts'
import { ServiceTable } from '../services/service-table.tsx'
import { Section } from '../ui/page-head.tsx'

/** Up to so many services are told one by one; more would hide what they have in common. */
const FEW = 8

/** Who is affected: a few one by one, many by tier and impact, each group opening to its services. */
export function WorstServices({ view }: { readonly view: SituationView }) {
  const few = view.affected <= FEW
  return (
    <Section
      id="affected"
      name="Affected services"
      aside={
        <Link href="/services" className="underline underline-offset-2">
          {few ? 'see all services' : `see all ${view.affected}, and the others`}
        </Link>
      }
    >
      <div className={agedClass(view.freshness)}>
        {few ? (
          <ServiceTable rows={view.worst} asOf={view.observedAt} />
        ) : (
          view.groups.map((group, at) => (
            <Group
              key={`${group.tier} ${group.impact}`}
              group={group}
              rows={view.worst.filter((row) => row.tier === group.tier && row.impact === group.impact)}
              asOf={view.observedAt}
              open={at === 0}
            />
          ))
        )}
      </div>
    </Section>
  )
}

type GroupProps = {
  readonly group: SituationView['groups'][number]
  readonly rows: readonly ServiceRow[]
  readonly asOf: string | null
  readonly open: boolean
}

function Group({ group, rows, asOf, open }: GroupProps) {
  const left = group.services - rows.length
  const all = `/services?impact=${group.impact}&tier=${group.tier}`
  return (
    <details open={open} className="group border-b border-line">
      <summary className="flex cursor-pointer list-none items-baseline gap-x-4 py-2 [&::-webkit-details-marker]:hidden">
        <ChevronRight size={14} aria-hidden className="shrink-0 translate-y-0.5 text-soft group-open:rotate-90" />
        <span className="w-14 shrink-0">Tier {group.tier}</span>
        <span className="tabular w-9 shrink-0 text-right text-lg font-semibold">{group.services}</span>
        <ImpactMark impact={group.impact} />
        <span className="min-w-0 truncate text-sm text-soft group-open:hidden max-sm:hidden">{rows.map((row) => row.name).join(', ')}</span>
      </summary>
      <div className="pb-3 sm:pl-7">
        {rows.length > 0 ? <ServiceTable rows={rows} asOf={asOf} plain /> : null}
        {left > 0 ? (
          <p className="py-1.5 text-sm">
            <Link href={all} className="inline-flex min-h-6 items-center underline underline-offset-2">
              {rows.length > 0 ? `and ${left} more` : `see these ${left}`}
            </Link>
          </p>
        ) : null}
      </div>
    </details>
  )
}
