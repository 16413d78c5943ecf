'use client'
import { useState } from 'react'
import type { ExpectedView } from '#lib/impact/expected-view'
import { stateOf } from '#lib/impact/planned-rules'
import { InventoryTabs } from '../inventory/inventory-tabs.tsx'
import { Freshness } from '../live/freshness.tsx'
import { LiveRefresh } from '../live/live-refresh.tsx'
import { useClusterNow } from '../live/use-cluster-now.ts'
import { useMe } from '../shell/me.tsx'
import { Button } from '../ui/button.tsx'
import { PageHead, Section } from '../ui/page-head.tsx'
import { PlanDialog } from './plan-dialog.tsx'
import { PlannedChanges } from './planned-changes.tsx'
import { Removals } from './removals.tsx'

const WHEN = [
  ['now', 'In force now', 'Nothing is planned now: whatever goes is told at once.'],
  ['next', 'Next', 'Nothing is planned.'],
  ['past', 'Past', 'None in the last 90 days.'],
] as const

const COURSE = ['next', 'now', 'past'] as const

/** All that is not taken for a disaster on one cluster, and the way to say what will happen next. */
export function ExpectedScreen({ view }: { readonly view: ExpectedView }) {
  const [planning, setPlanning] = useState(false)
  const may = useMe()?.permissions.includes('planned-change.change') ?? false
  const now = useClusterNow(view.cluster)
  // Time alone begins and ends a change; what the server saw already is not taken back.
  const planned = view.planned.map((one) => {
    const at = Math.max(COURSE.indexOf(one.state), COURSE.indexOf(stateOf(one, now)))
    return { ...one, state: COURSE[at] ?? one.state }
  })
  return (
    <>
      <LiveRefresh topic={`services:${view.cluster}`} />
      <InventoryTabs cluster={view.cluster} />
      <PageHead
        title="Expected change"
        about={
          <>
            <span className="flex flex-wrap items-center gap-x-4">
              <span>on {view.cluster}</span>
              <Freshness freshness={view.freshness} observedAt={view.observedAt} />
            </span>
            <span className="mt-1 block">
              What is named here is shown greyed with its reason, and raises no alarm. Argo CD itself, and data of tiers 0 and 1, are never
              covered.
            </span>
          </>
        }
        aside={
          may ? (
            <Button look="primary" onClick={() => setPlanning(true)}>
              Plan a change
            </Button>
          ) : null
        }
      />
      {WHEN.map(([state, name, none]) => {
        const rows = planned.filter((one) => one.state === state)
        return (
          <Section key={state} name={name} aside={<span className="tabular">{rows.length}</span>}>
            {rows.length === 0 ? (
              <p className="py-2.5 text-soft">{none}</p>
            ) : (
              <PlannedChanges rows={rows} cluster={view.cluster} may={may} />
            )}
          </Section>
        )
      })}
      <Section name="Comes and goes by itself" aside="objects now">
        <ul className="divide-y divide-line">
          {view.ephemeral.map((one) => (
            <li key={one.what} className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-6 py-2">
              <span className="min-w-0 break-words">
                <span className="inline-block first-letter:uppercase">{one.what}</span>{' '}
                <span className="text-sm text-soft">{one.source}</span>
              </span>
              <span className="tabular">{one.objects}</span>
            </li>
          ))}
        </ul>
        <p className="py-2.5 text-sm text-soft">
          Never lost, never counted in a mass deletion. Add rules under <code className="font-mono text-xs">ephemeral:</code> in{' '}
          <code className="font-mono text-xs">services.yaml</code>.
        </p>
      </Section>
      <Section name="Accepted removals" aside={<span className="tabular">{view.removals.length}</span>}>
        <Removals rows={view.removals} cluster={view.cluster} />
      </Section>
      {planning ? <PlanDialog cluster={view.cluster} onClose={() => setPlanning(false)} /> : null}
    </>
  )
}
