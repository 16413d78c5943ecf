import Link from 'next/link'
import type { SituationView } from '#lib/impact/view'
import type { OpenRun } from '../shell/open-run.ts'
import { Clock } from '../ui/time.tsx'

/** Temporary changes outlive the run that made them, so they are told wherever one looks. */
export function InForce({ ledger, run }: { readonly ledger: SituationView['ledger']; readonly run: OpenRun | null }) {
  if (ledger.open === 0) return null
  return (
    <p className="mb-8 border-l-4 border-warn bg-warn-wash px-4 py-2 md:px-6">
      <strong className="font-semibold">
        In force: <span className="tabular">{ledger.open}</span> temporary {ledger.open === 1 ? 'change' : 'changes'}
      </strong>
      {ledger.since ? (
        <>
          {' '}
          since <Clock at={ledger.since} />
        </>
      ) : null}
      {run ? (
        <>
          {' '}
          ·{' '}
          <Link href={`/runs/${run.id}#ledger`} className="underline underline-offset-2">
            which
          </Link>
        </>
      ) : null}
    </p>
  )
}
