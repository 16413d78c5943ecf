import type { Freshness } from '../cluster/schema.ts'
import type { SignalKind } from './schema.ts'
import type { SignalView } from './view.ts'

/** What we know of a cluster without seeing what is in it. */
const OF_THE_CONNECTION: ReadonlySet<string> = new Set<SignalKind>(['control-plane-unreachable', 'blind', 'cluster-replaced'])

/** Whether a condition may be taken for true or false now: what rests on what is in the cluster needs fresh data, else it neither opens nor closes. */
export function mayTurn(kind: string, freshness: Freshness, ready: boolean): boolean {
  return OF_THE_CONNECTION.has(kind) || (ready && (freshness === 'live' || freshness === 'catching-up'))
}

/** One banner: a signal, and those of the same incident that are its consequence. */
export type SignalGroup = { readonly signal: SignalView; readonly absorbed: readonly SignalView[] }

/** What an earlier signal explains of what comes after it; whoever must act at once always stands alone. */
const EXPLAINS: Readonly<Partial<Record<SignalKind, ReadonlySet<SignalKind>>>> = {
  'argocd-gone': new Set<SignalKind>(['mass-deletion', 'namespace-terminating', 'argocd-degraded', 'crd-gone', 'slow-shrink']),
  'crd-gone': new Set<SignalKind>(['mass-deletion']),
  'mass-deletion': new Set<SignalKind>(['mass-deletion', 'namespace-terminating', 'slow-shrink']),
}

/** Open signals as banners: critical ones first, then by when they began; a consequence is folded under what explains it. */
export function groupSignals(signals: readonly SignalView[]): readonly SignalGroup[] {
  const open = signals.filter((one) => one.closedAt === null).sort(byBeginning)
  const groups: { signal: SignalView; absorbed: SignalView[] }[] = []
  for (const one of open) {
    const over = groups.find(({ signal }) => explains(signal, one))
    if (over) over.absorbed.push(one)
    else groups.push({ signal: one, absorbed: [] })
  }
  return groups
}

function explains(cause: SignalView, effect: SignalView): boolean {
  if (!EXPLAINS[cause.kind]?.has(effect.kind) || cause.cluster !== effect.cluster) return false
  // A warning belongs to no incident; beside a critical signal of its cluster that explains it, it is no news.
  return effect.incident === cause.incident || effect.incident === null
}

function byBeginning(a: SignalView, b: SignalView): number {
  return (
    Number(b.severity === 'critical') - Number(a.severity === 'critical') ||
    a.since.localeCompare(b.since) ||
    a.openedAt.localeCompare(b.openedAt) ||
    a.id.localeCompare(b.id)
  )
}
