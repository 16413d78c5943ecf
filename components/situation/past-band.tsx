'use client'
import { History } from 'lucide-react'
import { Button } from '../ui/button.tsx'
import { Age, Clock } from '../ui/time.tsx'
import type { Past } from './use-past.ts'

/** Says above everything else that this is not now, what is missing of it, and leads back. */
export function PastBand({ past, at }: { readonly past: Past; readonly at: string }) {
  const said = past.view?.past
  return (
    <section
      aria-label="A past moment"
      data-past={at}
      className="sticky top-13 z-20 mb-6 flex flex-wrap items-center gap-x-5 gap-y-2 border-l-4 border-busy bg-busy-wash px-4 py-2.5 md:px-6"
    >
      <div className="min-w-0 flex-1 basis-60" role="status">
        <p className="flex flex-wrap items-center gap-x-2 font-medium">
          <History size={16} aria-hidden className="text-busy" />
          <span>
            The past: <Clock at={at} />
          </span>
          <span className="font-normal text-soft">
            <Age at={at} />
            {past.waiting ? ', reading the record' : ''}
            {past.view ? '' : '. Below, in grey, is still now.'}
          </span>
        </p>
        <p className="text-sm text-soft">
          {past.trouble
            ? (past.trouble.detail ?? past.trouble.title)
            : 'As it was recorded then, judged as it would be judged now. Nothing can be done from here; links lead to the present.'}
        </p>
        {said && said.gaps.length + said.notRecorded.length > 0 ? (
          <p className="text-sm text-warn">
            {[
              ...said.gaps.slice(0, 2).map((gap) => `${gap.cluster}: ${gap.why} from ${clock(gap.from)} to ${clock(gap.to)} UTC`),
              ...(said.gaps.length > 2 ? [`${said.gaps.length - 2} more gaps`] : []),
              ...said.notRecorded.map((name) => `${name}: nothing was recorded yet`),
            ].join('. ')}
            .
          </p>
        ) : null}
      </div>
      <Button look="primary" onClick={() => past.go(null)}>
        Back to now
      </Button>
    </section>
  )
}

function clock(at: string): string {
  return at.slice(11, 19)
}
