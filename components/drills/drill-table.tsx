import Link from 'next/link'
import type { DrillView } from '#lib/drills/view'
import { readDuration } from '#lib/kernel/duration'
import { Clock } from '../ui/time.tsx'

const STAGE: Record<DrillView['stage'], string> = {
  preparing: 'preparing the ground',
  announced: 'announced',
  injecting: 'breaking things',
  running: 'under way',
  stabilizing: 'stabilizing',
  cleanup: 'cleaning up',
  closed: 'closed',
}

/** Time between two moments of a drill, or that it has not come yet. */
function between(from: string | null, to: string | null): string {
  return from && to ? readDuration(Date.parse(to) - Date.parse(from)) : '–'
}

export function DrillTable({ rows }: { readonly rows: readonly DrillView[] }) {
  return (
    <table className="w-full text-left max-md:block">
      <thead className="text-sm text-soft max-md:sr-only">
        <tr className="border-b border-line">
          <th scope="col" className="py-1.5 pr-4 font-normal">
            Scenario
          </th>
          <th scope="col" className="pr-4 font-normal">
            Ground, speed
          </th>
          <th scope="col" className="pr-4 font-normal">
            Started
          </th>
          <th scope="col" className="pr-4 font-normal">
            How it went
          </th>
          <th scope="col" className="pr-4 text-right font-normal">
            To detect
          </th>
          <th scope="col" className="pr-4 text-right font-normal">
            To acknowledge
          </th>
          <th scope="col" className="text-right font-normal">
            To recover
          </th>
        </tr>
      </thead>
      <tbody className="divide-y divide-line max-md:block">
        {rows.map((row) => (
          <tr
            key={row.id}
            data-drill={row.id}
            className="align-baseline max-md:grid max-md:grid-cols-[minmax(0,1fr)_auto] max-md:gap-x-3 max-md:py-2.5 md:h-10"
          >
            <th scope="row" className="py-1.5 pr-4 font-normal max-md:py-0">
              {row.run ? (
                <Link href={`/runs/${row.run}`} className="font-medium underline-offset-2 hover:underline">
                  {row.title}
                </Link>
              ) : (
                <span className="font-medium">{row.title}</span>
              )}
              {row.note ? <span className="block text-sm text-soft">{row.note}</span> : null}
            </th>
            <td className="py-1.5 pr-4 text-soft max-md:py-0">
              {row.cluster}, {row.speed === 'max' ? 'max' : `×${row.speed}`}
            </td>
            <td className="py-1.5 pr-4 text-soft max-md:py-0">
              <Clock at={row.startedAt} />
            </td>
            <td className="py-1.5 pr-4 max-md:py-0">
              {row.stage === 'closed' ? (
                <span className={row.outcome === 'passed' || row.outcome === 'recovered' ? 'text-good' : 'text-warn'}>
                  {row.outcome?.replaceAll('-', ' ') ?? 'closed'}
                </span>
              ) : (
                <span className="text-busy">{STAGE[row.stage]}</span>
              )}
            </td>
            <Figure name="detect">{between(row.injectedAt, row.detectedAt)}</Figure>
            <Figure name="acknowledge">{between(row.injectedAt, row.acknowledgedAt)}</Figure>
            <Figure name="recover">{between(row.injectedAt, row.recoveredAt)}</Figure>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Figure({ name, children }: { readonly name: string; readonly children: string }) {
  return (
    <td className="tabular py-1.5 text-right not-last:pr-4 max-md:py-0 max-md:text-left max-md:text-sm">
      <span className="text-soft md:hidden">to {name} </span>
      {children}
    </td>
  )
}
