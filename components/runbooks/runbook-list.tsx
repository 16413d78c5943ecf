import Link from 'next/link'
import { readDuration } from '#lib/kernel/duration'
import type { RunbookRow } from '#lib/runbooks/view'
import { Empty } from '../ui/empty.tsx'
import { Clock } from '../ui/time.tsx'
import { Badges, Readiness } from './badges.tsx'

export function RunbookList({ rows }: { readonly rows: readonly RunbookRow[] }) {
  if (rows.length === 0)
    return (
      <Empty title="There are no runbooks.">
        They are YAML files in the folders that <code className="font-mono text-sm">runbooks:</code> in blackstart.yaml names.
      </Empty>
    )
  return (
    <ul className="-mt-6 divide-y divide-line border-b border-line">
      {rows.map((row) => (
        <li key={row.name} className="grid gap-x-8 gap-y-1 py-3.5 lg:grid-cols-[minmax(0,1.5fr)_9rem_minmax(0,1.2fr)_8rem]">
          <div className="min-w-0">
            <Link href={`/runbooks/${row.name}`} className="text-lg font-medium underline-offset-2 hover:underline">
              {row.title}
            </Link>
            <p className="text-sm text-soft">
              <span className="font-mono text-xs">{row.name}</span>
              {row.answers ? (
                <>
                  {' '}
                  · answers <span className="font-mono text-xs">{row.answers}</span>
                </>
              ) : null}
              {row.owner ? ` · ${row.owner}` : ''}
            </p>
            {row.problems.map((problem) => (
              <p key={problem} className="text-sm text-warn">
                {problem}
              </p>
            ))}
          </div>
          <p className="tabular text-sm">
            <Readiness readiness={row.readiness} />
            <span className="block text-soft">
              {row.steps} steps, {row.phases} phases
            </span>
          </p>
          <div className="text-sm">
            <Badges {...row} />
            {row.rehearsalDue && row.badges.length > 0 ? (
              <span className="block text-soft">
                next rehearsal by <Clock at={row.rehearsalDue} />
              </span>
            ) : null}
          </div>
          <dl className="tabular grid h-fit grid-cols-[auto_1fr] gap-x-3 text-sm lg:text-right">
            <dt className="text-soft">RTO</dt>
            <dd>{row.rtoMs ? readDuration(row.rtoMs) : 'none set'}</dd>
            <dt className="text-soft">last RTA</dt>
            <dd>{row.lastRtaMs ? readDuration(row.lastRtaMs) : row.pastKnown ? 'none yet' : 'not known'}</dd>
          </dl>
        </li>
      ))}
    </ul>
  )
}
