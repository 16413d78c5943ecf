import type { StepView } from '#lib/runs/view'
import { TEXT } from '../impact/words.ts'
import { classes } from '../ui/classes.ts'
import { wordOf } from './words.ts'

const RING = <circle cx="7" cy="7" r="5.6" fill="none" stroke="currentColor" strokeWidth="1.5" />
const CHECK = <path d="m4 7.300 2.100 2.100 4-4.800" fill="none" strokeWidth="1.6" />

function shape({ stage, outcome }: Pick<StepView, 'stage' | 'outcome'>): React.ReactNode {
  if (stage === 'closed') {
    if (outcome === 'verified')
      return (
        <>
          <circle cx="7" cy="7" r="6.400" fill="currentColor" />
          <g stroke="var(--paper)">{CHECK}</g>
        </>
      )
    if (outcome === 'confirmed')
      return (
        <>
          {RING}
          <g stroke="currentColor">{CHECK}</g>
        </>
      )
    if (outcome === 'unverified' || outcome === 'failure-accepted')
      return (
        <>
          {RING}
          <path d="M7 3.800v4M7 9.200v1.400" stroke="currentColor" strokeWidth="1.600" />
        </>
      )
    return <path d="M2.500 7h9" stroke="currentColor" strokeWidth="1.700" />
  }
  switch (stage) {
    case 'failed':
      return (
        <>
          <rect x="1" y="1" width="12" height="12" fill="currentColor" />
          <path d="m4.300 4.300 5.400 5.400M9.700 4.300 4.300 9.700" stroke="var(--paper)" strokeWidth="1.600" />
        </>
      )
    case 'blocked':
      return <circle cx="7" cy="7" r="5" fill="none" stroke="currentColor" strokeWidth="1.300" strokeDasharray="1.800 2.100" />
    case 'awaiting-approval':
      return <path d="M7 1.200 12.800 7 7 12.800 1.200 7z" fill="none" stroke="currentColor" strokeWidth="1.600" />
    case 'acting':
      return <path d="M3 1.800 12 7l-9 5.200z" fill="currentColor" />
    case 'verifying':
      return (
        <>
          {RING}
          <path d="M7 1.400a5.600 5.600 0 0 1 0 11.200z" fill="currentColor" />
        </>
      )
    case 'in-progress':
      return (
        <>
          {RING}
          <circle cx="7" cy="7" r="2.500" fill="currentColor" />
        </>
      )
    default:
      return RING
  }
}

export function StepShape({ step, size = 14 }: { readonly step: Pick<StepView, 'stage' | 'outcome'>; readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 14 14" aria-hidden className={classes('shrink-0', TEXT[wordOf(step).tone])}>
      {shape(step)}
    </svg>
  )
}

export function StepMark({ step }: { readonly step: Pick<StepView, 'stage' | 'outcome'> }) {
  const { word, tone } = wordOf(step)
  return (
    <span className={classes('inline-flex items-center gap-1.5 whitespace-nowrap', TEXT[tone])}>
      <StepShape step={step} />
      {word}
    </span>
  )
}
