'use client'
import Link from 'next/link'
import type { RunView } from '#lib/runs/view'
import { useBoard } from '../live/live-provider.tsx'
import { useClusterNow } from '../live/use-cluster-now.ts'
import { classes } from '../ui/classes.ts'
import { readClock } from '../ui/time.tsx'

/** The clock of the run that is open: time since the disruption, and what is left of the objective. */
export function RunClock({ run }: { readonly run: string }) {
  const view = useBoard<RunView>(`run:${run}`)
  const now = useClusterNow(view?.clusters[0])
  if (!view || view.clocks.closedAt) return null
  const { disruptedAt, startedAt, rtoAt } = view.clocks
  const left = rtoAt ? Date.parse(rtoAt) - now : null
  const late = left !== null && left < 0
  return (
    <Link
      href={`/runs/${run}`}
      className="flex h-8 items-center gap-2.5 rounded-md px-2 hover:bg-sunken"
      title={`${view.title}, on ${view.clusters.join(', ')}`}
    >
      <span className="hidden text-sm text-soft xl:inline">{view.kind}</span>
      <span className="tabular font-mono text-base font-medium">{readClock(now - Date.parse(disruptedAt ?? startedAt))}</span>
      {left === null ? null : (
        <span className={classes('tabular hidden text-sm sm:inline', late ? 'font-semibold text-danger' : 'text-soft')}>
          {late ? `RTO missed by ${readClock(left)}` : `RTO in ${readClock(left)}`}
        </span>
      )}
    </Link>
  )
}
