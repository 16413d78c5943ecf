import type { RunKind } from './schema.ts'

export type OpenIncident = {
  readonly kind: RunKind
  readonly cluster: string
  readonly signal: string | null
  readonly title: string
  readonly lead: string
  readonly drill: string | null
}
export type JoinedIncident = {
  readonly id: string
  readonly t0: string
  readonly disruptedAt: string | null
  readonly detectedAt: string | null
  readonly acknowledgedAt: string | null
  readonly signal: string | null
}

/** Where incidents are kept: a run joins the one named, else the open one of its cluster, else opens one. */
export interface IncidentDesk {
  join(
    by: { readonly id: string; readonly kind: 'person' | 'token' | 'bootstrap' | 'system'; readonly roles: readonly string[] },
    open: OpenIncident,
    incident?: string,
  ): Promise<JoinedIncident>
}
