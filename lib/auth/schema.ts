import { z } from 'zod'

export const Role = z.enum(['viewer', 'auditor', 'operator', 'approver', 'lead', 'author', 'administrator'])
export type Role = z.infer<typeof Role>

/** What somebody may be permitted to do; every route names one. */
export const Deed = z.enum([
  'me.read',
  'situation.read',
  'cluster.read',
  'cluster.identify',
  'service.read',
  'service.accept-removal',
  'signal.read',
  'signal.acknowledge',
  'runbook.read',
  'incident.read',
  'incident.change',
  'run.read',
  'run.start',
  'run.command',
  'ledger.read',
  'drill.read',
  'drill.start',
  'baseline.pin',
  'k8s-audit.send',
  'planned-change.change',
  'audit.read',
  'audit.verify',
  'audit.export',
  'stream.read',
])
export type Deed = z.infer<typeof Deed>

/** Somebody who was recognized at the door. */
export type Actor = {
  readonly kind: 'person' | 'token' | 'bootstrap' | 'system'
  readonly id: string
  /** Shown on screens; never stored in the audit chain. */
  readonly name: string
  readonly roles: readonly Role[]
  readonly email: string | null
}

declare const brand: unique symbol
/** Proof that an actor may do a deed; only `permit` mints it. */
export type Permit<D extends Deed = Deed> = { readonly by: Actor; readonly deed: D; readonly [brand]: true }
