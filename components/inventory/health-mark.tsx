import type { ObjectRow } from '#lib/impact/view'
import { TEXT, type Tone } from '../impact/words.ts'
import { classes } from '../ui/classes.ts'
import { healthTone, STATE } from './object-words.ts'

const SHAPE: Record<Tone, React.ReactNode> = {
  good: <path d="m1.8 6.4 2.9 2.9 5.600-6.400" fill="none" stroke="currentColor" strokeWidth="1.7" />,
  busy: <circle cx="6" cy="6" r="4.5" fill="none" stroke="currentColor" strokeWidth="1.6" strokeDasharray="2.4 1.9" />,
  danger: <path d="m2 2 8 8M10 2l-8 8" stroke="currentColor" strokeWidth="1.9" />,
  warn: <path d="M6 1.200 11 10.500H1z" fill="none" stroke="currentColor" strokeWidth="1.500" />,
  soft: <path d="M2 6h8" stroke="currentColor" strokeWidth="1.7" />,
}

/** An object's own word: what becomes of it, else Argo CD's word for its health. Shape, word and colour together. */
export function HealthMark({ object }: { readonly object: Pick<ObjectRow, 'state' | 'health'> }) {
  const state = object.state === 'present' ? null : STATE[object.state]
  const tone = state?.tone ?? healthTone(object.health)
  return (
    <span className={classes('inline-flex items-center gap-2 whitespace-nowrap', TEXT[tone])}>
      <svg width="11" height="11" viewBox="0 0 12 12" aria-hidden className="shrink-0">
        {SHAPE[tone]}
      </svg>
      {state?.word ?? object.health ?? 'not rated'}
    </span>
  )
}
