import { z } from 'zod'
import type { ClusterEntry, ClusterMode } from '../cluster/schema.ts'
import type { Severity, SignalKind } from './schema.ts'

/** Whether a signal wakes somebody: only critical ones do, and not in the first week of a cluster. */
export const Paging = z.enum(['pages', 'would-have-paged', 'silent'])
export type Paging = z.infer<typeof Paging>

/** The first seven days of a live cluster run in shadow, in ms. */
export const SHADOW_MS = 7 * 24 * 3_600_000

export type PagingInput = {
  readonly kind: SignalKind
  readonly severity: Severity
  readonly mode: ClusterMode
  /** `paging` of the cluster in blackstart.yaml. */
  readonly setting: ClusterEntry['paging']
  /** When the cluster was first watched, and now, ms of its own time. */
  readonly since: number
  readonly now: number
  /** Why the control plane may be away now; null when nobody said so. */
  readonly unreachable: string | null
}

/** Whether a signal pages, and in a sentence why not. */
export function pagingOf(input: PagingInput): { readonly paging: Paging; readonly pagingReason: string } {
  if (input.severity !== 'critical') return { paging: 'silent', pagingReason: '' }
  if (input.setting === 'off') return { paging: 'silent', pagingReason: 'paging is off for this cluster' }
  if (input.kind === 'control-plane-unreachable' && input.unreachable) return { paging: 'silent', pagingReason: input.unreachable }
  const until = input.since + SHADOW_MS
  if (input.setting === 'shadow' && input.mode === 'live' && input.now < until) {
    const day = new Date(until).toISOString().slice(0, 16).replace('T', ' ')
    return { paging: 'would-have-paged', pagingReason: `the first seven days of a cluster run in shadow, until ${day} UTC` }
  }
  return { paging: 'pages', pagingReason: '' }
}
