'use client'
import { Unplug } from 'lucide-react'
import type { ReactNode } from 'react'
import { readDuration } from '#lib/kernel/duration'
import { Button } from '../ui/button.tsx'
import { useNow } from '../ui/now.ts'
import { agedClass } from './aged.ts'
import { useConnection, useLostSince } from './live-provider.tsx'

/** Says that what stands on the screen is old, and how old. */
export function ConnectionLost() {
  const { retry } = useConnection()
  const heardAt = useLostSince()
  const now = useNow()
  return (
    <div role="status" aria-live="polite">
      {heardAt !== null ? (
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-warn bg-warn-wash px-4 py-1.5 text-sm">
          <Unplug size={15} aria-hidden className="text-warn" />
          <span>
            <strong className="font-semibold">Connection to Blackstart lost.</strong> Last heard{' '}
            <span className="tabular" aria-hidden>
              {readDuration(now - heardAt)} ago
            </span>
            . What you see is from then.
          </span>
          <Button size="small" look="quiet" onClick={retry}>
            Connect now
          </Button>
        </div>
      ) : null}
    </div>
  )
}

/** Greys what stands on the screen for as long as nothing is heard. */
export function WhileHeard({ children }: { readonly children: ReactNode }) {
  return <div className={agedClass(useLostSince() === null ? 'live' : 'stale')}>{children}</div>
}
