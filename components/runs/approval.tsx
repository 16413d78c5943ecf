'use client'
import { readDuration } from '#lib/kernel/duration'
import type { ApprovalView } from '#lib/runs/view'
import { useNow } from '../ui/now.ts'
import { Clock } from '../ui/time.tsx'
import { Person } from './names.tsx'

export function Approval({ approval }: { readonly approval: ApprovalView }) {
  const now = useNow()
  const left = approval.aloneAfter ? Date.parse(approval.aloneAfter) - now : null
  return (
    <dl className="grid gap-x-6 gap-y-1 py-1.5 sm:grid-cols-[8rem_minmax(0,1fr)]">
      <dt className="text-soft">Needed</dt>
      <dd>
        {approval.count} by {approval.from === 'lead' ? 'a lead' : 'an approver'}; never by whoever asked
      </dd>
      <dt className="text-soft">Asked</dt>
      <dd>
        {approval.requestedAt ? (
          <>
            by {approval.requestedBy ? <Person id={approval.requestedBy} /> : 'somebody'}, <Clock at={approval.requestedAt} />
          </>
        ) : (
          'not yet'
        )}
      </dd>
      <dt className="text-soft">Given</dt>
      <dd>
        {approval.approvals.length === 0
          ? 'by nobody yet'
          : approval.approvals.map((one) => (
              <span key={one.by} className="block">
                by <Person id={one.by} />, <Clock at={one.at} />
                {one.alone ? ' (alone)' : ''}
              </span>
            ))}
      </dd>
      <dt className="text-soft">Alone</dt>
      <dd className="tabular">
        {approval.aloneNever
          ? 'never: this needs a second person'
          : left === null
            ? 'possible some minutes after it was asked for'
            : left > 0
              ? `the incident lead may go on alone in ${readDuration(left)}`
              : 'the incident lead may go on alone now, openly'}
      </dd>
    </dl>
  )
}
