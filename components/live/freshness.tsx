'use client'
import type { Freshness as Word } from '#lib/cluster/schema'
import { classes } from '../ui/classes.ts'
import { Age } from '../ui/time.tsx'
import { useLostSince } from './live-provider.tsx'

const WORDS: Record<Word, string> = {
  live: 'live',
  'catching-up': 'catching up',
  stale: 'stale',
  unreachable: 'unreachable',
  forbidden: 'forbidden',
  'no-longer-served': 'no longer served',
}

/** Whether values can be trusted, as a shape, a word and an age. */
export function Freshness({
  freshness,
  observedAt,
  quiet = false,
}: {
  readonly freshness: Word
  readonly observedAt: string | null
  readonly quiet?: boolean
}) {
  const lost = useLostSince() !== null
  // Nothing that was heard before the stream was lost is live any more.
  const word = lost && freshness === 'live' ? 'stale' : freshness
  const live = word === 'live'
  return (
    <span className={classes('inline-flex items-center gap-1.5 whitespace-nowrap text-sm', live ? 'text-soft' : 'text-warn')}>
      <svg width="9" height="9" viewBox="0 0 9 9" aria-hidden className={live ? 'text-good' : ''}>
        {live ? (
          <circle cx="4.5" cy="4.5" r="3.5" fill="currentColor" />
        ) : word === 'catching-up' ? (
          <circle cx="4.5" cy="4.5" r="3.2" fill="none" stroke="currentColor" strokeWidth="1.5" strokeDasharray="2 1.6" />
        ) : (
          <path d="M1 1l7 7M8 1L1 8" stroke="currentColor" strokeWidth="1.6" />
        )}
      </svg>
      {quiet && live ? null : <span>{WORDS[word]}</span>}
      {observedAt ? <Age at={observedAt} suffix={live ? '' : ' ago'} /> : <span>never heard</span>}
    </span>
  )
}
