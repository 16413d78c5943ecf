import { z } from 'zod'
import { ObjectRef } from '../cluster/schema.ts'

/** A service's state against T0, worst first. */
export const Impact = z.enum([
  'deletion-pending',
  'data-at-risk',
  'lost',
  'degraded',
  'unmanaged',
  'recovering',
  'changing',
  'healthy',
  'removed',
  'unknown',
])
export type Impact = z.infer<typeof Impact>

export const Evidence = z.object({
  object: ObjectRef,
  was: z.string(),
  is: z.string(),
  since: z.string().nullable(),
  /** How we know: `live store`, `history`, `Argo CD sync result`, … */
  source: z.string(),
})
export type Evidence = z.infer<typeof Evidence>

export const SignalKind = z.enum([
  'argocd-gone',
  'controller-started-too-early',
  'mass-deletion',
  'prune-pending-critical',
  'data-at-risk',
  'control-plane-unreachable',
  'admission-deadlock',
  'crd-gone',
  'namespace-terminating',
  'nodes-lost',
  'argocd-degraded',
  'bad-rollout',
  'certificate-expiry',
  'slow-shrink',
  'blind',
  'cluster-replaced',
  'control-plane-restored',
])
export type SignalKind = z.infer<typeof SignalKind>
export const Severity = z.enum(['critical', 'warning'])
export type Severity = z.infer<typeof Severity>

/** A change recorded just before a signal; `proof` is null while it is only "just before", never a guess shown as a fact. */
export const Cause = z.object({
  at: z.string(),
  what: z.string(),
  proof: z.string().nullable(),
  by: z.string().nullable(),
  revision: z.string().nullable(),
  object: ObjectRef.nullable(),
})
export type Cause = z.infer<typeof Cause>
