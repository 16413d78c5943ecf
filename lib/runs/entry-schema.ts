import type { ActorRef } from '../audit/schema.ts'
import type { ClusterClock } from '../cluster/rules.ts'
import type { ObjectRef } from '../cluster/schema.ts'
import type { Added } from '../runbooks/rules.ts'
import type { ActionSpec, RunbookDocument, SetDefinition } from '../runbooks/schema.ts'
import type { Credentials } from './credentials-rules.ts'
import type { RunKind, RunOutcome, Verdict } from './schema.ts'

/** One change of one path; `absent` where there is or shall be nothing. */
export type FieldChange = {
  readonly path: string
  readonly old: unknown
  readonly new: unknown
  readonly oldAbsent?: boolean
  readonly newAbsent?: boolean
}
/** What goes to the ledger when an item is done, or leaves it. */
export type LedgerNote = {
  readonly does: 'open' | 'close'
  readonly field: string
  readonly original: unknown
  readonly originalAbsent: boolean
  readonly written: unknown
  readonly writtenAbsent: boolean
}

/** One request to a cluster as the chain keeps it: enough to recognize after a crash whether it was carried out. */
export type ActItem = {
  readonly key: string
  readonly verb: 'patch' | 'create' | 'delete' | 'finalize' | 'sync' | 'apply' | 'none'
  readonly object: ObjectRef
  readonly path: string
  readonly changes: readonly FieldChange[]
  /** SHA-256 of the manifest sent, for created and applied objects. */
  readonly manifest?: string
  readonly options?: Readonly<Record<string, unknown>>
  readonly ledger: readonly LedgerNote[]
}
export type ItemState = 'done' | 'already-so' | 'failed' | 'in-doubt' | 'foreign' | 'conflict'
export type CheckSeen = {
  readonly id: string
  readonly verdict: Verdict
  readonly value: string
  readonly observedAt: string
  readonly object: ObjectRef | null
  readonly holdsSince: string | null
}

export type Started = {
  readonly runbook: string
  readonly hash: string
  readonly document: RunbookDocument
  readonly kind: RunKind
  readonly clusters: readonly { readonly name: string; readonly incarnation: string }[]
  readonly incident: string
  readonly drill: string | null
  readonly signal: string | null
  readonly t0: string
  readonly lead: string
  readonly parameters: Readonly<Record<string, unknown>>
  readonly argocd: { readonly namespace: string }
  readonly quarantine: { readonly applications: readonly string[]; readonly applicationSets: readonly string[]; readonly because: string }
  /** Names of Applications by the tier of their services, the one to try first, and those whose ApplicationSets come back. */
  readonly tiers: {
    readonly canary: string
    readonly t0: readonly string[]
    readonly t1: readonly string[]
    readonly t2: readonly string[]
    readonly generated: readonly string[]
  }
  /** Services that were not well at T0 already: bringing them back to that is all that is asked. */
  readonly badAtT0: readonly string[]
  /** The first instant of which everything is recorded; null when nothing is. */
  readonly recordedSince?: string | null
  readonly credentials?: Credentials
  readonly disruptedAt: string | null
  readonly detectedAt: string | null
  readonly acknowledgedAt: string | null
  /** How the cluster's time ran against the wall's at the start: what is told later stays readable when the cluster is gone. */
  readonly clock?: ClusterClock
}

type OfStep<T = unknown> = { readonly step: string } & T
type Why = { readonly reason: string }

/** Every kind of entry of a run's stream with its data. Old forms stay readable for ever: add fields, never change them. */
export type RunEntries = {
  'run.started': Started
  'run.held': Why
  'run.resumed': Record<string, never>
  'run.commented': { readonly step?: string; readonly text: string }
  'run.noted': { readonly at: string; readonly text: string }
  'run.role-assigned': { readonly role: 'lead' | 'operator' | 'approver' | 'observer'; readonly person: string }
  'run.handover-offered': { readonly to: string; readonly text: string }
  'run.handover-accepted': { readonly from: string }
  'run.advance-requested': Record<string, never>
  'run.advance-stopped': { readonly why: string }
  /** A deviation from the document: a step that was not planned, with the sets it brought along. */
  'run.step-added': Added & { readonly sets: Readonly<Record<string, SetDefinition>>; readonly reason: string }
  /** A file kept beside the chain; its hash stands here. */
  'run.evidence-added': {
    readonly evidence: string
    readonly sha256: string
    readonly size: number
    readonly type: string
    readonly step?: string
  }
  'run.stabilizing': Record<string, never>
  'run.checks-seen': { readonly checks: readonly CheckSeen[] }
  'run.cleanup-started': Record<string, never>
  'run.service-recovered': { readonly services: readonly string[] }
  'run.closed': { readonly outcome: RunOutcome; readonly reason: string }
  'step.claimed': OfStep
  'step.released': OfStep
  /** `clusterAt` is the cluster's own time, from which waits and holds are counted. */
  'step.started': OfStep<{ readonly clusterAt?: string }>
  'step.act-requested': OfStep<{ readonly digest: string; readonly act: string; readonly undo: boolean; readonly reason: string }>
  'step.confirmed': OfStep<{ readonly values: Readonly<Record<string, string | number | boolean>>; readonly evidence?: readonly string[] }>
  'step.answered': OfStep<{ readonly answer: string; readonly reason: string }>
  'step.approval-requested': OfStep<{ readonly digest: string }>
  'step.approved': OfStep<{ readonly alone: boolean; readonly reason: string }>
  'step.declined': OfStep<Why>
  'step.recorded-done': OfStep<Why>
  /** `do` when it is tried again with other input. */
  'step.retried': OfStep<{ readonly do?: ActionSpec; readonly reason?: string }>
  /** From here on the step goes its emergency way. */
  'step.emergency': OfStep<{ readonly do: ActionSpec; readonly reason: string }>
  'step.skipped': OfStep<Why>
  'step.failure-accepted': OfStep<Why>
  'step.overridden': OfStep<Why>
  'step.reopened': OfStep<Why>
  'act.intended': OfStep<{ readonly act: string; readonly items: readonly ActItem[] }>
  'act.observed': OfStep<{
    readonly act: string
    readonly items: readonly { readonly key: string; readonly state: ItemState; readonly note: string; readonly uid?: string }[]
  }>
  /** Done by hands outside, and found in the cluster: what of it is temporary, or took something back. */
  'act.recognized': OfStep<{ readonly items: readonly ActItem[] }>
  'act.finished': OfStep<{ readonly act: string; readonly clusterAt?: string }>
  'step.checks-seen': OfStep<{ readonly checks: readonly CheckSeen[] }>
  'step.already-so': OfStep<{ readonly value: string }>
  'step.verified': OfStep
  'step.failed': OfStep<{ readonly trouble: string }>
  'step.troubled': OfStep<{ readonly trouble: string; readonly waitingFor: 'cluster' | 'database' | null }>
  'step.regressed': OfStep<{ readonly value: string }>
  'step.held-again': OfStep
}
export type RunEntryKind = keyof RunEntries
export type RunEntry = {
  [K in RunEntryKind]: {
    readonly kind: K
    readonly data: RunEntries[K]
    readonly actor: ActorRef
    readonly at: string
    readonly version: number
  }
}[RunEntryKind]
export type NewRunEntry = { [K in RunEntryKind]: { readonly kind: K; readonly data: RunEntries[K] } }[RunEntryKind]
