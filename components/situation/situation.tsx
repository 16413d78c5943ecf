'use client'
import Link from 'next/link'
import type { ReactNode } from 'react'
import { groupSignals } from '#lib/impact/signal-rules'
import type { SituationView } from '#lib/impact/view'
import { PlanAhead, PlannedNow } from '../impact/planned-now.tsx'
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
import { PastBand } from './past-band.tsx'
import { SignalBanner } from './signal-banner.tsx'
import { Strip } from './strip.tsx'
import { TimeSlider } from './time-slider.tsx'
import { Troubles } from './troubles.tsx'
import { usePast } from './use-past.ts'
import { WorstServices } from './worst-services.tsx'

/** `rehearsals` is rendered by the server: it says which runbooks want rehearsing. */
export function Situation({ painted, rehearsals }: { readonly painted: SituationView; readonly rehearsals?: ReactNode }) {
  const now = useBoard('situation', painted)
  const past = usePast()
  // Of the past the age is no news: the band above says which moment it is.
  const view = past.view ? { ...past.view, freshness: 'live' as const } : now
  const end = now.strip.at(-1)?.at ?? now.observedAt
  const slider = end && now.database ? <TimeSlider past={past} end={end} begin={now.strip[0]?.at ?? end} /> : null
  // The slider keeps its place, and with it the focus, while what stands around it changes.
  return (
    <>
      {past.at ? <PastBand past={past} at={past.at} /> : null}
      <div className={past.at && !past.view ? 'grayscale' : ''} aria-busy={past.waiting && !past.view}>
        <Told
          view={view}
          strip={now.strip}
          at={past.view ? past.at : null}
          still={past.at !== null}
          slider={slider}
          rehearsals={past.at ? null : rehearsals}
        />
      </div>
    </>
  )
}

type ToldProps = {
  readonly view: SituationView
  /** The course up to now, also while a past moment of it is shown. */
  readonly strip: SituationView['strip']
  readonly at: string | null
  /** Nothing can be done from here, because a past moment is asked for. */
  readonly still: boolean
  readonly slider: ReactNode
  readonly rehearsals?: ReactNode
}

function Told({ view, strip, at, still, slider, rehearsals }: ToldProps) {
  const open = groupSignals(view.signals)
  const run = openRun(view.incidents)
  const bad = view.worst.length > 0
  return (
    <>
      <Headline view={view} />
      {at ? null : <Troubles view={view} />}
      {view.clusters.length === 0 ? <NoCluster /> : null}
      {open.length > 0 ? (
        <div className="mb-8 space-y-3">
          {open.map(({ signal, absorbed }, index) => (
            <SignalBanner key={signal.id} signal={signal} absorbed={absorbed} view={view} run={run} first={index === 0} still={still} />
          ))}
        </div>
      ) : null}
      <InForce ledger={view.ledger} run={run} />
      <PlannedNow planned={view.planned} />
      {view.clusters.length === 0 ? null : (
        <div className="grid gap-x-12 gap-y-9 xl:grid-cols-[minmax(0,1fr)_21rem]">
          <div className="min-w-0">
            <CountsRow counts={view.impact} total={view.services} />
            <Strip points={strip} marks={open.map((one) => one.signal.since)} total={view.services} at={at} />
            {slider}
            {view.causes.length > 0 ? (
              <Section name="What they have in common">
                <CauseRows causes={view.causes} asOf={view.observedAt} />
              </Section>
            ) : null}
            {bad ? <WorstServices view={view} /> : null}
            {bad ? null : (
              <Section name="Changed in the last day" aside={<AllChanges view={view} at={at} />}>
                <ChangeRows changes={view.changes} clusters={view.clusters.length} />
              </Section>
            )}
          </div>
          <aside className="min-w-0">
            <Section name="Argo CD">
              <ArgocdInstances clusters={view.clusters} />
            </Section>
            {at === null && view.planned.length === 0 ? <PlanAhead cluster={view.clusters[0]?.name} /> : null}
            {rehearsals}
            {bad ? (
              <Section name="Changed in the last day" aside={<AllChanges view={view} at={at} />}>
                <ChangeRows changes={view.changes.slice(0, 12)} clusters={view.clusters.length} narrow />
              </Section>
            ) : null}
          </aside>
        </div>
      )}
    </>
  )
}

/** To the changes themselves, up to the moment shown. */
function AllChanges({ view, at }: { readonly view: SituationView; readonly at: string | null }) {
  const cluster = view.changes[0]?.cluster ?? view.clusters[0]?.name ?? ''
  return (
    <Link
      href={`/changes?${new URLSearchParams({ cluster, ...(at ? { to: at } : {}) })}`}
      prefetch={false}
      className="underline underline-offset-2"
    >
      all changes, with who did them
    </Link>
  )
}
