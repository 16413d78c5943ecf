import Link from 'next/link'
import type { ClusterView } from '#lib/impact/view'
import { Freshness } from '../live/freshness.tsx'
import { classes } from '../ui/classes.ts'

type Kinds = ClusterView['kinds']
const BLIND: ReadonlySet<string> = new Set(['forbidden', 'unreachable', 'stale', 'no-longer-served'])

/** What cannot be read stands first: every figure rests on it. */
function inOrder(kinds: Kinds): Kinds {
  return kinds.toSorted((a, b) => Number(BLIND.has(b.freshness)) - Number(BLIND.has(a.freshness)) || a.kind.localeCompare(b.kind))
}

export function KindTable({ cluster, kinds }: { readonly cluster: string; readonly kinds: Kinds }) {
  if (kinds.length === 0)
    return (
      <p className="py-3 text-soft">Nothing has been listed yet. It begins as soon as the cluster answers; nobody has to do anything.</p>
    )
  return (
    <table className="w-full table-fixed text-left max-sm:block">
      <thead className="text-sm text-soft max-sm:sr-only">
        <tr className="border-b border-line">
          <th scope="col" className="py-1.5 font-normal">
            Kind
          </th>
          <th scope="col" className="w-20 text-right font-normal">
            Objects
          </th>
          <th scope="col" className="w-44 pl-8 font-normal">
            Freshness
          </th>
        </tr>
      </thead>
      <tbody className="divide-y divide-line max-sm:block">
        {inOrder(kinds).map((kind) => (
          <tr
            key={`${kind.apiVersion} ${kind.plural}`}
            data-kind={kind.kind}
            className={classes(
              'align-baseline max-sm:grid max-sm:grid-cols-[minmax(0,1fr)_auto] max-sm:py-1.5',
              BLIND.has(kind.freshness) && 'bg-warn-wash',
            )}
          >
            <th scope="row" className="truncate py-1 pr-3 font-normal max-sm:py-0">
              <Link
                prefetch={false}
                href={`/objects?cluster=${encodeURIComponent(cluster)}&kind=${encodeURIComponent(kind.kind)}`}
                className="inline-flex min-h-6 items-center font-medium underline-offset-2 hover:underline"
              >
                {kind.kind}
              </Link>{' '}
              <span className="font-mono text-xs text-soft">{kind.apiVersion}</span>
              {kind.note ? <span className="block text-sm text-wrap">{kind.note}</span> : null}
            </th>
            <td className="tabular py-1 text-right max-sm:py-0">{kind.count}</td>
            <td className="py-1 pl-8 max-sm:col-span-2 max-sm:py-0 max-sm:pl-0">
              <Freshness freshness={kind.freshness} observedAt={kind.observedAt} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
