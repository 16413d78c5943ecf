import Link from 'next/link'
import type { ImpactCounts } from '#lib/impact/view'
import { ImpactShape } from '../impact/impact-mark.tsx'
import { countsInOrder, IMPACT } from '../impact/words.ts'
import { classes } from '../ui/classes.ts'

const ALWAYS = new Set(['lost', 'degraded', 'unmanaged', 'healthy'])

/** How many services are in each state: the worst first, the usual four always, the others when they are not zero. */
export function CountsRow({ counts, total }: { readonly counts: ImpactCounts; readonly total: number }) {
  const shown = countsInOrder(counts).filter(({ impact, count }) => count > 0 || ALWAYS.has(impact))
  return (
    <section aria-label={`Impact on ${total} services`}>
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(7.25rem,1fr))] gap-x-4 gap-y-3">
        {shown.map(({ impact, count }) => (
          <li key={impact}>
            <Link href={`/services?impact=${impact}`} title={IMPACT[impact].means} className="group block rounded-sm">
              <span
                className={classes(
                  'tabular block text-2xl font-semibold tracking-tight',
                  count === 0 ? 'text-soft' : IMPACT[impact].tone === 'danger' ? 'text-danger' : '',
                )}
              >
                {count}
              </span>
              <span className="flex items-center gap-1.5 text-sm text-soft group-hover:text-ink group-hover:underline">
                <ImpactShape impact={impact} size={11} />
                {IMPACT[impact].word}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  )
}
