import type { RunbookRow } from '#lib/runbooks/view'
import { Clock } from '../ui/time.tsx'

const READY = {
  ready: { word: 'ready', className: 'text-good', path: <path d="m1.800 6.400 2.900 2.900 5.600-6.400" /> },
  'action-required': { word: 'action required', className: 'text-warn', path: <path d="M6 1.500v5.500M6 9v1.700" /> },
  unknown: { word: 'not checked', className: 'text-soft', path: <path d="M2 6h8" /> },
} as const

export function Readiness({ readiness }: { readonly readiness: RunbookRow['readiness'] }) {
  const { word, className, path } = READY[readiness]
  return (
    <span className={`inline-flex items-center gap-1.5 whitespace-nowrap ${className}`}>
      <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden fill="none" stroke="currentColor" strokeWidth="1.800">
        {path}
      </svg>
      {word}
    </span>
  )
}

/** Checked by machine and rehearsed by people are different things; only the second counts as a rehearsal. */
export function Badges({ badges, pastKnown }: Pick<RunbookRow, 'badges' | 'pastKnown'>) {
  if (!pastKnown) return <span className="text-soft">whether it was rehearsed is not known: the database does not answer</span>
  if (badges.length === 0) return <span className="text-warn">never rehearsed</span>
  return (
    <span className="flex flex-wrap gap-x-4 gap-y-0.5">
      {badges.map((badge) => (
        <span key={`${badge.by} ${badge.at}`} className={badge.changedSince ? 'text-soft' : ''}>
          {badge.by === 'people' ? 'rehearsed by people' : 'checked by machine'} on {badge.ground.replaceAll('-', ' ')},{' '}
          <Clock at={badge.at} />
          {badge.who.length > 0 ? ` by ${badge.who.join(', ')}` : ''}
          {badge.changedSince ? <span className="text-warn"> · changed since</span> : null}
        </span>
      ))}
    </span>
  )
}
