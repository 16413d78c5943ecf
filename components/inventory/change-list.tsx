import Link from 'next/link'
import type { ChangeRow, ChangesView } from '#lib/impact/view'
import { Clock } from '../ui/time.tsx'
import { inGap, linesOf } from './change-lines.ts'
import { objectHref } from './object-href.ts'

const COLUMNS = 'grid gap-x-5 gap-y-0.5 py-2 md:grid-cols-[9.5rem_minmax(0,1.1fr)_minmax(0,1fr)] md:items-baseline'

export function ChangeList({ view }: { readonly view: ChangesView }) {
  return (
    <ol aria-label="Changes" className="divide-y divide-line border-t border-line">
      {linesOf(view).map((line) =>
        line.change ? (
          <Change key={line.key} change={line.change} gap={inGap(line.change, view.gaps) !== undefined} />
        ) : (
          <Gap key={line.key} gap={line.gap} />
        ),
      )}
    </ol>
  )
}

function Change({ change, gap }: { readonly change: ChangeRow; readonly gap: boolean }) {
  return (
    <li className={COLUMNS} data-change={change.uid}>
      <span className="text-sm text-soft">
        {gap ? (
          'in that gap'
        ) : change.after ? (
          <>
            between <Clock at={change.after} /> and <Clock at={change.observedAt} />
          </>
        ) : (
          <Clock at={change.at} />
        )}
      </span>
      <span className="min-w-0 break-words">
        {change.what}{' '}
        <Link prefetch={false} href={objectHref(change.cluster, change)} className="font-medium underline-offset-2 hover:underline">
          {change.object}
        </Link>
      </span>
      <span className="min-w-0 text-sm break-words">
        {change.by ? (
          <>
            <span className="font-medium">{change.by}</span>
            {change.proof ? <span className="block text-soft">{change.proof}</span> : null}
          </>
        ) : (
          <span className="text-soft">who: not recorded</span>
        )}
      </span>
    </li>
  )
}

/** What nobody saw is told where it would have stood. */
function Gap({ gap }: { readonly gap: ChangesView['gaps'][number] }) {
  return (
    <li className="my-1 border-l-4 border-warn bg-warn-wash px-4 py-2 text-sm" data-gap>
      <strong className="font-medium">
        Not wholly recorded from <Clock at={gap.from} /> to <Clock at={gap.to} />:
      </strong>{' '}
      {gap.why}
      {gap.lost > 0 ? `; ${gap.lost} versions are lost` : ''}.
    </li>
  )
}
