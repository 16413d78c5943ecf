import Link from 'next/link'
import type { ClusterView } from '#lib/impact/view'
import { Clock } from '../ui/time.tsx'

const FIRST = 6

/** Since when the past is known, and the stretches of which it is not. */
export function Recorded({ record, cluster }: { readonly record: ClusterView['record']; readonly cluster: string }) {
  if (record === null)
    return (
      <p className="py-2.5 text-soft">The database does not answer, so nothing can be said about the record. What is live is still read.</p>
    )
  if (record.since === null)
    return <p className="py-2.5 text-soft">Nothing has been recorded yet. It begins with the first complete list.</p>
  return (
    <>
      <p className="py-2.5">
        Recorded since <Clock at={record.since} className="font-medium" />.{' '}
        <Link href={`/changes?cluster=${encodeURIComponent(cluster)}`} className="underline underline-offset-2">
          What changed
        </Link>
      </p>
      {record.gaps.length === 0 ? (
        <p className="pb-2.5 text-sm text-soft">No gap in the last seven days.</p>
      ) : (
        <>
          <p className="text-sm font-medium text-warn">
            {record.gaps.length} {record.gaps.length === 1 ? 'gap' : 'gaps'} in the last seven days
          </p>
          <ul className="divide-y divide-line text-sm">
            {record.gaps.slice(0, FIRST).map((gap) => (
              <li key={`${gap.from} ${gap.to} ${gap.why}`} className="py-1.5">
                <Clock at={gap.from} /> to <Clock at={gap.to} />
                <span className="block text-soft">{gap.why}</span>
              </li>
            ))}
          </ul>
          {record.gaps.length > FIRST ? <p className="py-1 text-sm text-soft">and {record.gaps.length - FIRST} older ones</p> : null}
        </>
      )}
    </>
  )
}
