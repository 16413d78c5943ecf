import type { Impact } from '#lib/impact/schema'
import type { ImpactCounts } from '#lib/impact/view'

export type Tone = 'danger' | 'warn' | 'busy' | 'good' | 'soft'

/** How each impact is said and how loud it is; `means` is the sentence behind the word. */
export const IMPACT: Record<Impact, { readonly word: string; readonly tone: Tone; readonly means: string }> = {
  'deletion-pending': { word: 'deletion pending', tone: 'danger', means: 'Will be deleted as soon as a controller returns.' },
  'data-at-risk': { word: 'data at risk', tone: 'danger', means: 'Volumes may be deleted with their claims.' },
  lost: { word: 'lost', tone: 'danger', means: 'What was there is gone.' },
  degraded: { word: 'degraded', tone: 'warn', means: 'Part of it does not run.' },
  unmanaged: { word: 'unmanaged', tone: 'warn', means: 'Still running, but nobody reconciles it.' },
  recovering: { word: 'recovering', tone: 'busy', means: 'Coming back, not yet healthy.' },
  changing: { word: 'changing', tone: 'busy', means: 'An expected change is on its way.' },
  healthy: { word: 'healthy', tone: 'good', means: 'As it was, and running.' },
  removed: { word: 'removed', tone: 'soft', means: 'Taken away on purpose.' },
  unknown: { word: 'unknown', tone: 'soft', means: 'Could not be read, so nothing is claimed.' },
}

/** Worst first. */
export const IMPACTS = Object.keys(IMPACT) as readonly Impact[]

export const TEXT: Record<Tone, string> = {
  danger: 'text-danger',
  warn: 'text-warn',
  busy: 'text-busy',
  good: 'text-good',
  soft: 'text-soft',
}

const FIELD: Record<Impact, keyof ImpactCounts> = {
  'deletion-pending': 'deletionPending',
  'data-at-risk': 'dataAtRisk',
  lost: 'lost',
  degraded: 'degraded',
  unmanaged: 'unmanaged',
  recovering: 'recovering',
  changing: 'changing',
  healthy: 'healthy',
  removed: 'removed',
  unknown: 'unknown',
}

/** Worst first, with how many services are in each. */
export function countsInOrder(counts: ImpactCounts): { readonly impact: Impact; readonly count: number }[] {
  return IMPACTS.map((impact) => ({ impact, count: counts[FIELD[impact]] }))
}
