import type { Impact } from '#lib/impact/schema'
import { classes } from '../ui/classes.ts'
import { IMPACT, TEXT } from './words.ts'

const SHAPE: Record<Impact, React.ReactNode> = {
  'deletion-pending': <path d="M1 2h10L6 11z" fill="currentColor" />,
  'data-at-risk': <path d="M6 .5 11.5 6 6 11.5.5 6z" fill="currentColor" />,
  lost: (
    <>
      <rect x=".75" y=".75" width="10.5" height="10.5" fill="currentColor" />
      <path d="m3.4 3.4 5.2 5.2M8.6 3.4 3.4 8.6" stroke="var(--paper)" strokeWidth="1.5" />
    </>
  ),
  degraded: (
    <>
      <circle cx="6" cy="6" r="4.75" fill="none" stroke="currentColor" strokeWidth="1.5" />
      <path d="M6 1.25a4.75 4.75 0 0 1 0 9.5z" fill="currentColor" />
    </>
  ),
  unmanaged: <circle cx="6" cy="6" r="4.75" fill="none" stroke="currentColor" strokeWidth="1.5" strokeDasharray="2.4 1.9" />,
  recovering: <path d="M6 10.8V1.6M2.2 5.4 6 1.6l3.8 3.8" fill="none" stroke="currentColor" strokeWidth="1.7" />,
  changing: (
    <>
      <circle cx="6" cy="6" r="4.75" fill="none" stroke="currentColor" strokeWidth="1.5" />
      <circle cx="6" cy="6" r="1.8" fill="currentColor" />
    </>
  ),
  healthy: <path d="m1.8 6.4 2.9 2.9 5.6-6.4" fill="none" stroke="currentColor" strokeWidth="1.7" />,
  removed: <path d="M1.5 6h9" stroke="currentColor" strokeWidth="1.7" />,
  unknown: (
    <path
      d="M3.6 3.9c.2-1.4 1.2-2.2 2.5-2.2 1.4 0 2.4.9 2.4 2.1C8.500 5.700 6 5.700 6 7.600M6 9.400v1.400"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
    />
  ),
}

export function ImpactShape({ impact, size = 12 }: { readonly impact: Impact; readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 12 12" aria-hidden className={classes('shrink-0', TEXT[IMPACT[impact].tone])}>
      {SHAPE[impact]}
    </svg>
  )
}

/** Shape, word and colour together. */
export function ImpactMark({ impact, className = '' }: { readonly impact: Impact; readonly className?: string }) {
  const { word, tone, means } = IMPACT[impact]
  return (
    <span className={classes('inline-flex items-center gap-2 whitespace-nowrap', className)} title={means}>
      <ImpactShape impact={impact} />
      <span className={tone === 'danger' ? 'font-medium text-danger' : TEXT[tone]}>{word}</span>
    </span>
  )
}

export function TierMark({ tier, guessed = false }: { readonly tier: number; readonly guessed?: boolean }) {
  return (
    <span className="tabular whitespace-nowrap" title={guessed ? 'Nobody declared it; the default rule gave it.' : undefined}>
      T{tier}
      {guessed ? (
        <span className="text-soft" aria-hidden>
          ?
        </span>
      ) : null}
      {guessed ? <span className="sr-only"> (assumed)</span> : null}
    </span>
  )
}
