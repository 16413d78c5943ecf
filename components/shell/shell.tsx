import type { ReactNode } from 'react'
import type { MeView } from '#lib/auth/view'
import type { SituationView } from '#lib/impact/view'
import { ConnectionLost, WhileHeard } from '../live/connection-lost.tsx'
import { BottomBar } from './bottom-bar.tsx'
import { MeProvider } from './me.tsx'
import { Rail } from './rail.tsx'
import { TopBar } from './top-bar.tsx'

export function Shell({
  me,
  situation,
  children,
}: {
  readonly me: MeView
  readonly situation: SituationView
  readonly children: ReactNode
}) {
  return (
    <div className="min-h-dvh md:grid md:grid-cols-[3.75rem_minmax(0,1fr)] lg:grid-cols-[12.5rem_minmax(0,1fr)]">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:bg-raised focus:px-3 focus:py-2"
      >
        Skip to the content
      </a>
      <Rail />
      <div className="min-w-0">
        <TopBar me={me} painted={situation} />
        <ConnectionLost />
        <main id="main" className="mx-auto max-w-[92rem] px-4 pt-6 pb-24 md:px-8 md:pt-8 md:pb-16">
          <WhileHeard>
            <MeProvider me={me}>{children}</MeProvider>
          </WhileHeard>
        </main>
      </div>
      <BottomBar />
    </div>
  )
}
