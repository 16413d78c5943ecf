import type { MeView } from '#lib/auth/view'
import type { RunView, StepView } from '#lib/runs/view'

/** What may stand on the one big button; everything else is a way around it and lives in the menu. */
const MAIN: ReadonlySet<string> = new Set(['act', 'request-approval', 'confirm', 'answer', 'approve', 'retry', 'start', 'record-done'])

export type Next = { readonly main: string | null; readonly others: readonly string[] }

/**
 * The live board is the same for everybody and says what its lead may do next; this is what remains for the person at hand.
 * The server decides all the same: this only keeps buttons away that would be refused.
 */
export function nextFor(run: RunView, step: StepView, me: MeView | null): Next {
  if (run.stage === 'closed' || run.held || !me) return { main: null, others: [] }
  const has = (...roles: string[]) => me.roles.some((role) => role === 'administrator' || roles.includes(role))
  const lead = run.lead === me.person.id || has('lead')
  const approver = lead || has('approver')
  const operator = lead || has('operator')
  const offered = step.stage === 'awaiting-approval' ? forApproval(step, me.person.id, approver, lead) : step.next.filter((what) => allowed(what, { lead, approver, operator }))
  const next = offered.map((what) => (what === 'claim' || what === 'release' ? (step.claimedBy === me.person.id ? 'release' : 'claim') : what))
  const first = next[0]
  return first && MAIN.has(first) ? { main: first, others: next.slice(1) } : { main: null, others: next }
}

function forApproval(step: StepView, me: string, approver: boolean, lead: boolean): string[] {
  const may = approver && step.approval?.requestedBy !== me
  return [...(may ? ['approve', 'decline'] : []), ...(lead && !step.approval?.aloneNever ? ['approve-alone'] : [])]
}

function allowed(what: string, { lead, approver, operator }: { lead: boolean; approver: boolean; operator: boolean }): boolean {
  if (what === 'approve' || what === 'decline') return approver
  if (what === 'override' || what === 'accept-failure' || what === 'reopen' || what === 'approve-alone') return lead
  return operator
}
