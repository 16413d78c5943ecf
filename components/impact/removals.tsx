import Link from 'next/link'
import type { RemovalView } from '#lib/impact/expected-view'
import { serviceHref } from '../services/service-href.ts'
import { Person } from '../shell/me.tsx'
import { Clock } from '../ui/time.tsx'

type Props = { readonly rows: readonly RemovalView[]; readonly cluster: string }

/** Who said that a service may be gone, when and why; what waits to be accepted says until when. */
export function Removals({ rows, cluster }: Props) {
  if (rows.length === 0)
    return <p className="py-2.5 text-soft">None. A service of tier 2 or 3 that ends properly is accepted by itself after a day.</p>
  return (
    <ul className="divide-y divide-line">
      {rows.map((one) => (
        <li key={one.service} className="grid gap-x-6 gap-y-0.5 py-2 md:grid-cols-[minmax(0,1fr)_minmax(0,1.6fr)_auto]">
          <Link href={serviceHref(one.service)} className="min-w-0 break-words font-medium underline-offset-2 hover:underline">
            {one.service.slice(cluster.length + 1)}
          </Link>
          <span className="min-w-0 break-words">{one.reason}</span>
          <span className="text-sm text-soft">
            {one.due ? (
              <>
                gone since <Clock at={one.at} />, accepts itself <Clock at={one.due} />
              </>
            ) : (
              <>
                <Clock at={one.at} />,{' '}
                {one.by === 'impact' ? (
                  'by itself'
                ) : (
                  <>
                    by <Person id={one.by} />
                  </>
                )}
              </>
            )}
          </span>
        </li>
      ))}
    </ul>
  )
}
