import { no, ok, type Result } from '../kernel/result.ts'
import { type Actor, Deed, type Permit, type Role } from './schema.ts'

const READING = [
  'me.read',
  'situation.read',
  'cluster.read',
  'service.read',
  'signal.read',
  'runbook.read',
  'incident.read',
  'run.read',
  'ledger.read',
  'drill.read',
  'stream.read',
] as const satisfies readonly Deed[]
const OPERATING = [
  'signal.acknowledge',
  'incident.change',
  'run.start',
  'run.command',
  'drill.start',
  'baseline.pin',
  'k8s-audit.send',
  'planned-change.change',
] as const satisfies readonly Deed[]
const AUDITING = ['audit.read', 'audit.verify', 'audit.export'] as const satisfies readonly Deed[]

/**
 * What each role may do. Deeds are coarse on purpose: who may approve, override or lead one step of a run
 * is judged by the run's own rules, from the same roles.
 */
const MAY: Record<Role, readonly Deed[]> = {
  viewer: READING,
  auditor: [...READING, ...AUDITING],
  operator: [...READING, ...OPERATING, 'audit.read', 'audit.verify'],
  approver: [...READING, 'run.command', 'audit.read', 'audit.verify'],
  lead: [...READING, ...OPERATING, ...AUDITING, 'service.accept-removal', 'cluster.identify'],
  author: [...READING, 'drill.start'],
  administrator: Deed.options,
}

/** The deeds of all roles together, in the order of the schema. */
export function deedsOf(roles: readonly Role[]): Deed[] {
  return Deed.options.filter((deed) => roles.some((role) => MAY[role].includes(deed)))
}

/** Deeds that change nothing: what a signed cookie may still do while the database is away. */
export function isReading(deed: Deed): boolean {
  return (READING as readonly Deed[]).includes(deed)
}

export type NotPermitted = { readonly code: 'not-permitted'; readonly message: string; readonly deed: Deed }

/** Mints the proof that `by` may do `deed`; nothing else does. */
export function permit<D extends Deed>(by: Actor, deed: D): Result<Permit<D>, NotPermitted> {
  if (!by.roles.some((role) => MAY[role].includes(deed))) {
    return no({ code: 'not-permitted', message: `This needs the permission ${deed}, which ${by.name} does not have.`, deed })
  }
  return ok({ by, deed } as Permit<D>)
}
