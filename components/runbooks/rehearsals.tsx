import Link from 'next/link'
import type { RunbookRow } from '#lib/runbooks/view'
import { Section } from '../ui/page-head.tsx'
import { Clock } from '../ui/time.tsx'

/** Which runbooks nobody has rehearsed, or not since they were changed. */
export function Rehearsals({ rows, now }: { readonly rows: readonly RunbookRow[]; readonly now: number }) {
  const due = rows.filter(
    (row) =>
      !row.badges.some((badge) => badge.by === 'people' && !badge.changedSince) ||
      (row.rehearsalDue !== null && Date.parse(row.rehearsalDue) < now),
  )
  return (
    <Section
      name="To rehearse"
      aside={
        <Link href="/drills" className="underline underline-offset-2">
          drills
        </Link>
      }
    >
      {due.length === 0 ? (
        <p className="py-2.5 text-soft">Every runbook was rehearsed by people as it stands.</p>
      ) : (
        <ul className="divide-y divide-line">
          {due.map((row) => (
            <li key={row.name} className="py-2">
              <Link href={`/runbooks/${row.name}`} className="font-medium underline-offset-2 hover:underline">
                {row.title}
              </Link>
              <span className="block text-sm text-soft">
                {row.badges.some((badge) => badge.by === 'people') ? 'changed since it was rehearsed' : 'never rehearsed by people'}
                {row.rehearsalDue && Date.parse(row.rehearsalDue) > now ? (
                  <>
                    , due <Clock at={row.rehearsalDue} />
                  </>
                ) : null}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}
