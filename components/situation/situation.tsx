'use client'
import type { ReactNode } from 'react'
import { groupSignals } from '#lib/impact/signal-rules'
import type { SituationView } from '#lib/impact/view'
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
  const open = groupSignals(now.signals)
  const run = openRun(now.incidents)
  const bad = now.worst.length > 0
  return (
    <>
      <Headline view={now} />
      <Troubles view={now} />
      {now.clusters.length === 0 ? <NoCluster /> : null}
      {open.length > 0 ? (
        <div className="mb-8 space-y-3">
          {open.map(({ signal, absorbed }, at) => (
            <SignalBanner key={signal.id} signal={signal} absorbed={absorbed} view={now} run={run} first={at === 0} />
          ))}
        </div>
      ) : null}
      <InForce ledger={now.ledger} run={run} />
      {now.clusters.length === 0 ? null : (
        <div className="grid gap-x-12 gap-y-9 xl:grid-cols-[minmax(0,1fr)_21rem]">
          <div className="min-w-0">
            <CountsRow counts={now.impact} total={now.services} />
            <Strip points={now.strip} marks={open.map((one) => one.signal.since)} total={now.services} />
            {now.causes.length > 0 ? (
              <Section name="What they have in common">
                <CauseRows causes={now.causes} asOf={now.observedAt} />
              </Section>
            ) : null}
            {bad ? <WorstServices view={now} /> : null}
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
