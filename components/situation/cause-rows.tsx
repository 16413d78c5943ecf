import type { SituationView } from '#lib/impact/view'
import { ImpactMark } from '../impact/impact-mark.tsx'
import { Age } from '../ui/time.tsx'

/** One row per cause, not one per service. */
export function CauseRows({ causes, asOf }: { readonly causes: SituationView['causes']; readonly asOf: string | null }) {
  return (
    <ul className="divide-y divide-line">
      {causes.map((cause) => (
        <li
          key={`${cause.what} ${cause.impact}`}
          className="grid grid-cols-[3rem_minmax(0,1fr)] items-baseline gap-x-4 gap-y-0.5 py-2 sm:grid-cols-[3rem_minmax(0,1fr)_10rem_7rem]"
        >
          <span className="tabular text-right text-lg font-semibold">{cause.services}</span>
          <span>{cause.what}</span>
          <ImpactMark impact={cause.impact} className="col-start-2 sm:col-start-auto" />
          <span className="hidden text-right text-sm text-soft sm:block">{cause.since ? <Age at={cause.since} asOf={asOf} /> : null}</span>
        </li>
      ))}
    </ul>
  )
}
