/** True this long on fresh data before a signal opens, unless its kind opens at once. */
export const GRACE_MS = 5_000
/** False this long before it closes. */
export const CALM_MS = 60_000
/** True again within this time after closing continues the old one. */
export const REOPEN_MS = 10 * 60_000

/** Where a signal's condition stands; times in ms of the cluster's own clock. */
export type Watching =
  | { readonly is: 'quiet'; readonly trueSince: number | null }
  | { readonly is: 'open'; readonly falseSince: number | null }
  | { readonly is: 'closed'; readonly closedAt: number; readonly trueSince: number | null }

/** What a look at the condition gave; `null` is stale input, which neither opens nor closes. */
export type Glance = { readonly now: number; readonly holds: boolean | null; readonly atOnce: boolean }

export type Turn = 'open' | 'reopen' | 'close' | 'forget' | null

export const QUIET: Watching = { is: 'quiet', trueSince: null }

/** One step of a signal's life. Opening, re-opening and closing are told exactly once. */
export function step(state: Watching, glance: Glance): { readonly state: Watching; readonly turn: Turn } {
  const { now, holds, atOnce } = glance
  if (state.is === 'open') {
    if (holds === true) return { state: { is: 'open', falseSince: null }, turn: null }
    // What was seen false before the data went stale must be seen false again for a full minute.
    if (holds === null) return { state: { is: 'open', falseSince: null }, turn: null }
    const falseSince = state.falseSince ?? now
    if (now - falseSince >= CALM_MS) return { state: { is: 'closed', closedAt: now, trueSince: null }, turn: 'close' }
    return { state: { is: 'open', falseSince }, turn: null }
  }
  const expired = state.is === 'closed' && now - state.closedAt > REOPEN_MS
  if (holds !== true) return expired ? { state: QUIET, turn: 'forget' } : { state: { ...state, trueSince: null }, turn: null }
  const trueSince = state.trueSince ?? now
  if (!atOnce && now - trueSince < GRACE_MS) return { state: { ...state, trueSince }, turn: null }
  const continues = state.is === 'closed' && trueSince - state.closedAt <= REOPEN_MS
  return { state: { is: 'open', falseSince: null }, turn: continues ? 'reopen' : 'open' }
}
