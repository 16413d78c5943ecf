'use client'
import Link from 'next/link'
import { useState } from 'react'
import type { DrillView, ScenarioView } from '#lib/drills/view'
import type { ClusterSummary } from '#lib/impact/view'
import { useBoard } from '../live/live-provider.tsx'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { PageHead, Section } from '../ui/page-head.tsx'
import { DrillTable } from './drill-table.tsx'
import { StartDrillDialog } from './start-drill-dialog.tsx'

type Props = {
  readonly scenarios: readonly ScenarioView[]
  readonly drills: readonly DrillView[]
  readonly clusters: readonly Pick<ClusterSummary, 'name' | 'mode'>[]
}

const SIZES = [
  ['small', 'Small: one service'],
  ['big', 'Big: many services'],
  ['biggest', 'Biggest: the platform itself'],
] as const

export function DrillsScreen({ scenarios, drills: painted, clusters }: Props) {
  const drills = useBoard('drills', { items: painted }).items
  const [starting, setStarting] = useState<ScenarioView | null>(null)
  return (
    <>
      <PageHead
        title="Drills"
        about="The same runbooks, the same buttons, on ground that may be broken. The runbook is scored, never the people."
      />
      {scenarios.length === 0 ? (
        <Empty title="There are no scenarios.">
          They are YAML files in <code className="font-mono text-sm">runbooks/scenarios</code>.
        </Empty>
      ) : null}
      {SIZES.map(([size, name]) => {
        const of = scenarios.filter((one) => one.size === size)
        return of.length === 0 ? null : (
          <Section key={size} name={name}>
            <ul className="divide-y divide-line">
              {of.map((one) => (
                <li key={one.name} className="grid gap-x-10 gap-y-3 py-5 md:grid-cols-[minmax(0,1fr)_auto]" data-scenario={one.name}>
                  <div className="min-w-0 max-w-[72ch]">
                    <h3 className="text-lg font-medium">{one.title}</h3>
                    <p className="mt-1">{one.told}</p>
                    <p className="mt-1.5 text-sm text-soft">
                      Won when: {one.success} Answered by{' '}
                      <Link href={`/runbooks/${one.runbook}`} className="font-mono text-xs underline underline-offset-2">
                        {one.runbook}
                      </Link>
                    </p>
                    <details className="mt-1 text-sm">
                      <summary className="inline-flex min-h-7 items-center text-soft underline underline-offset-2">
                        What will be injected (for whoever leads the drill)
                      </summary>
                      <ol className="mt-1 space-y-0.5">
                        {one.injects.map((inject) => (
                          <li key={`${inject.when} ${inject.title}`} className="grid grid-cols-[9rem_minmax(0,1fr)] gap-x-3">
                            <span className="text-soft">{inject.when}</span>
                            {inject.title}
                          </li>
                        ))}
                      </ol>
                    </details>
                  </div>
                  <div>
                    <Button onClick={() => setStarting(one)}>
                      Start<span className="sr-only"> the drill: {one.title}</span>
                    </Button>
                  </div>
                </li>
              ))}
            </ul>
          </Section>
        )
      })}
      <Section name="Held so far" aside={<span className="tabular">{drills.length}</span>}>
        {drills.length === 0 ? <p className="py-3 text-soft">None yet. The first one tells most.</p> : <DrillTable rows={drills} />}
      </Section>
      {starting ? <StartDrillDialog scenario={starting} clusters={clusters} onClose={() => setStarting(null)} /> : null}
    </>
  )
}
