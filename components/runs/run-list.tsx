import Link from 'next/link'
import type { RunSummary } from '#lib/runs/view'
import { buttonClass } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { Clock, Elapsed } from '../ui/time.tsx'
import { Person } from './names.tsx'

export function RunList({ rows }: { readonly rows: readonly RunSummary[] }) {
  if (rows.length === 0)
    return (
      <Empty
        title="No runbook has been run yet."
        action={
          <Link href="/drills" className={buttonClass('primary')}>
            Rehearse one
          </Link>
        }
      >
        A run starts from a signal, from a runbook or by a drill.
      </Empty>
    )
  return (
    <table className="w-full text-left max-md:block">
      <thead className="text-sm text-soft max-md:sr-only">
        <tr className="border-b border-line">
          {['Runbook', 'Kind', 'Where it stands', 'Steps', 'Lead', 'Started', 'Took'].map((name) => (
            <th key={name} scope="col" className="py-1.5 pr-4 font-normal last:pr-0 last:text-right">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody className="divide-y divide-line max-md:block">
        {rows.map((row) => (
          <tr
            key={row.id}
            className="align-baseline max-md:grid max-md:grid-cols-[minmax(0,1fr)_auto] max-md:gap-x-3 max-md:py-2.5 md:h-10"
          >
            <th scope="row" className="py-1.5 pr-4 font-normal max-md:py-0">
              <Link href={`/runs/${row.id}`} className="font-medium underline-offset-2 hover:underline">
                {row.title}
              </Link>{' '}
              <span className="text-sm text-soft">on {row.clusters.join(', ')}</span>
            </th>
            <td className="py-1.5 pr-4 max-md:py-0">
              {row.kind === 'incident' ? <strong className="font-semibold">incident</strong> : row.kind}
            </td>
            <td className="py-1.5 pr-4 max-md:py-0">
              {row.stage === 'closed' ? (
                <span className={row.outcome === 'completed' ? 'text-good' : 'text-warn'}>{row.outcome?.replaceAll('-', ' ')}</span>
              ) : (
                <span className="text-busy">
                  {row.stage}
                  {row.waitingFor ? `, waits for ${row.waitingFor.replaceAll('-', ' ')}` : ''}
                </span>
              )}
            </td>
            <td className="tabular py-1.5 pr-4 max-md:py-0">
              {row.steps.closed} of {row.steps.total}
            </td>
            <td className="py-1.5 pr-4 max-md:hidden">
              {row.lead ? (row.leadName ?? <Person id={row.lead} />) : <span className="text-soft">nobody</span>}
            </td>
            <td className="py-1.5 pr-4 text-soft max-md:py-0">
              <Clock at={row.clocks.startedAt} />
            </td>
            <td className="py-1.5 text-right font-mono max-md:py-0">
              <Elapsed from={row.clocks.disruptedAt ?? row.clocks.startedAt} to={row.clocks.closedAt} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
