'use client'
import type { ReactNode } from 'react'
import type { SignalView, SituationView } from '#lib/impact/view'
import { useBoard } from '../live/live-provider.tsx'
import { openRun } from '../shell/open-run.ts'
import { Section } from '../ui/page-head.tsx'
import { ArgocdInstances } from './argocd-instances.tsx'
import { CauseRows } from './cause-rows.tsx'
import { ChangeRows } from './change-rows.tsx'
import { CountsRow } from './counts-row.tsx'
import { Headline } from './headline.tsx'
import { InForce } from './in-force.tsx'
import { NoCluster } from './no-cluster.tsx'
import { SignalBanner } from './signal-banner.tsx'
import { Strip } from './strip.tsx'
import { Troubles } from './troubles.tsx'
import { WorstServices } from './worst-services.tsx'

/** `rehearsals` is rendered by the server: it says which runbooks want rehearsing. */
export function Situation({ painted, rehearsals }: { readonly painted: SituationView; readonly rehearsals?: ReactNode }) {
  const now = useBoard('situation', painted)
  const open = now.signals.filter((signal) => signal.closedAt === null).sort(byUrgency)
  const run = openRun(now.incidents)
  const bad = now.worst.length > 0
  return (
    <>
      <Headline view={now} />
      <Troubles view={now} />
      {now.clusters.length === 0 ? <NoCluster /> : null}
      {open.length > 0 ? (
        <div className="mb-8 space-y-3">
          {open.map((signal, at) => (
            <SignalBanner key={signal.id} signal={signal} view={now} run={run} first={at === 0} />
          ))}
        </div>
      ) : null}
      <InForce ledger={now.ledger} run={run} />
      {now.clusters.length === 0 ? null : (
        <div className="grid gap-x-12 gap-y-9 xl:grid-cols-[minmax(0,1fr)_21rem]">
          <div className="min-w-0">
            <CountsRow counts={now.impact} total={now.services} />
            <Strip points={now.strip} marks={open.map((signal) => signal.since)} total={now.services} />
            {now.causes.length > 0 ? (
              <Section name="What they have in common">
                <CauseRows causes={now.causes} asOf={now.observedAt} />
              </Section>
            ) : null}
            {bad ? <WorstServices rows={now.worst} counts={now.impact} freshness={now.freshness} asOf={now.observedAt} /> : null}
            {bad ? null : (
              <Section name="Changed in the last day" aside={`${now.changes.length}`}>
                <ChangeRows changes={now.changes} clusters={now.clusters.length} />
              </Section>
            )}
          </div>
          <aside className="min-w-0">
            <Section name="Argo CD">
              <ArgocdInstances clusters={now.clusters} />
            </Section>
            {rehearsals}
            {bad ? (
              <Section name="Changed in the last day">
                <ChangeRows changes={now.changes.slice(0, 12)} clusters={now.clusters.length} narrow />
              </Section>
            ) : null}
          </aside>
        </div>
      )}
    </>
  )
}

/** The one that can be acted on stands first: critical, then answered by a runbook, then the oldest. */
function byUrgency(a: SignalView, b: SignalView): number {
  return (
    Number(b.severity === 'critical') - Number(a.severity === 'critical') ||
    Number(b.runbooks.length > 0) - Number(a.runbooks.length > 0) ||
    a.since.localeCompare(b.since)
  )
}
