import type { Hub } from '../argocd/hub-rules.ts'
import type { Instance, Look } from '../argocd/schema.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import type { Service } from '../services/schema.ts'
import type { Evidence, Impact } from './schema.ts'

/** What people or rules said will happen, so that it is not taken for a disaster. */
export type Expected = {
  /** Why an object comes and goes by itself; null when it does not. */
  ephemeral(record: SlimRecord): string | null
  /** Why the removal of this object is expected, ephemeral or not; null when it is not. */
  removal(record: SlimRecord): string | null
  /** Why a workload is scaled to zero and back by itself; null when nothing says so. */
  scale(record: SlimRecord): string | null
  /** Why a workload may now restart, or be scaled, by a planned change. */
  during(effect: 'restart' | 'scale', record: SlimRecord): string | null
  /** Set when a person accepted that this service is gone. */
  readonly accepted: string | null
}

export type JudgeInput = {
  readonly service: Service
  /** Members at the moment compared with: T0, or the service's last healthy moment; empty when never seen well. */
  readonly earlier: readonly SlimRecord[]
  /** Members that the live store shows now. */
  readonly present: readonly SlimRecord[]
  readonly look: Look
  readonly instances: readonly Instance[]
  /** True when another watched cluster has an Argo CD that may manage this one. */
  readonly managedElsewhere: boolean
  /** Clusters whose Argo CD is known to manage this one. */
  readonly hubs?: readonly Hub[]
  /** True when the account may not read Applications here, so that one not found says nothing. */
  readonly applicationsUnread?: boolean
  /** Why the kinds it rests on are too old to judge; null when they are fresh. */
  readonly stale: string | null
  /** The worst judgement since it was last healthy. */
  readonly before: Impact | null
  /** Since when an object has been progressing, as cluster time; null when it is not. */
  readonly progressingSince: (uid: string) => string | null
  /** Whether a Service had a ready endpoint since it is watched; one that never had is no loss. */
  readonly served?: (service: SlimRecord) => boolean
  /** What its declared probe says; null while there is none, or no answer yet. */
  readonly probe?: { readonly url: string; readonly answers: boolean; readonly told: string; readonly since: string } | null
  /** Cluster time of this judgement, RFC 3339. */
  readonly now: string
  readonly expected: Expected
}

export type Judgement = { readonly impacts: readonly Impact[]; readonly evidence: readonly Evidence[]; readonly since: string | null }

export type Finding = { readonly impact: Impact; readonly evidence: Evidence }
