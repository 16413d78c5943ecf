import type { ReactNode } from 'react'
import { LiveProvider } from '#components/live/live-provider'
import { Shell } from '#components/shell/shell'
import { Toasts } from '#components/ui/toast'
import { showMe } from '#lib/auth/show-me'
import { read } from '#lib/http/read'
import { readSituation } from './read-situation.ts'

export const dynamic = 'force-dynamic'

export default async function ConsoleLayout({ children }: { readonly children: ReactNode }) {
  const [me, situation] = await Promise.all([read('me.read', showMe, {}), readSituation()])
  return (
    <LiveProvider paintedAt={Date.now()}>
      <Toasts>
        <Shell me={me} situation={situation}>
          {children}
        </Shell>
      </Toasts>
    </LiveProvider>
  )
}
