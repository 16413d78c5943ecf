'use client'
import Link from 'next/link'
import { usePathname } from 'next/navigation'
import type { MeView } from '#lib/auth/view'
import type { SituationView } from '#lib/impact/view'
import { useBoard } from '../live/live-provider.tsx'
import { ClusterSwitcher } from './cluster-switcher.tsx'
import { KindFrame } from './kind-frame.tsx'
import { Mark } from './mark.tsx'
import { openRun } from './open-run.ts'
import { PaletteButton } from './palette-button.tsx'
import { PersonMenu } from './person-menu.tsx'
import { RunClock } from './run-clock.tsx'

export function TopBar({ me, painted }: { readonly me: MeView; readonly painted: SituationView }) {
  const situation = useBoard('situation', painted)
  const path = usePathname()
  const active = openRun(situation.incidents)
  return (
    <header className="no-print sticky top-0 z-30 flex h-13 items-center gap-1.5 border-b border-line bg-paper px-2 sm:gap-3 md:px-5">
      <Link href="/" className="grid size-8 shrink-0 place-items-center md:hidden" aria-label="Blackstart, to the situation">
        <Mark />
      </Link>
      <div className="min-w-0 flex-1">
        <ClusterSwitcher clusters={situation.clusters} />
      </div>
      {active ? <RunClock run={active.id} /> : null}
      <PaletteButton />
      <PersonMenu me={me} />
      {active && !path.startsWith('/runs/') ? <KindFrame kind={active.kind} /> : null}
    </header>
  )
}
