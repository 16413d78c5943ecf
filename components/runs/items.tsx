'use client'
import { useState } from 'react'
import type { StepView } from '#lib/runs/view'
import { TEXT } from '../impact/words.ts'
import { Button } from '../ui/button.tsx'
import { classes } from '../ui/classes.ts'
import { ITEM } from './words.ts'

const FIRST = 8
const RANK: Record<string, number> = {
  failed: 0,
  'in-doubt': 1,
  conflict: 2,
  foreign: 3,
  intended: 4,
  pending: 5,
  done: 6,
  'already-so': 7,
}

/** Each object of the step's set and how far the act on it is; what needs a look stands first. */
export function Items({ step }: { readonly step: StepView }) {
  const [all, setAll] = useState(false)
  const { total, done, failed, inDoubt } = step.itemCounts
  const sorted = [...step.items].sort((a, b) => (RANK[a.state] ?? 9) - (RANK[b.state] ?? 9))
  const noted = step.items.some((item) => item.note !== '')
  const shown = all ? sorted : sorted.slice(0, FIRST)
  return (
    <div>
      <p className="tabular flex flex-wrap items-center gap-x-4 gap-y-1 py-2">
        <span>
          <strong className="font-semibold">{done}</strong> of {total} done
        </span>
        {failed > 0 ? <span className="font-medium text-danger">{failed} failed</span> : null}
        {inDoubt > 0 ? <span className="font-medium text-warn">{inDoubt} in doubt</span> : null}
        <span aria-hidden className="flex h-1.5 min-w-32 flex-1 bg-line">
          <span className="bg-good" style={{ width: `${(done / Math.max(1, total)) * 100}%` }} />
          <span className="bg-danger" style={{ width: `${(failed / Math.max(1, total)) * 100}%` }} />
        </span>
      </p>
      <table className="w-full table-fixed text-left text-sm">
        <colgroup>
          <col className="w-28" />
          <col />
          {noted ? <col className="w-1/3" /> : null}
        </colgroup>
        <thead className="sr-only">
          <tr>
            <th scope="col">State</th>
            <th scope="col">Object</th>
            {noted ? <th scope="col">Note</th> : null}
          </tr>
        </thead>
        <tbody className="divide-y divide-line border-y border-line">
          {shown.map((item) => (
            <tr key={`${item.object.kind} ${item.object.namespace}/${item.object.name}`} className="align-baseline">
              <td className={classes('w-28 py-1', TEXT[ITEM[item.state].tone])}>{ITEM[item.state].word}</td>
              <td className="truncate py-1 pr-3" title={`${item.object.kind} ${item.object.namespace}/${item.object.name}`}>
                {item.object.kind} <span className="font-medium">{item.object.name}</span>
                {item.object.namespace ? <span className="text-soft"> {item.object.namespace}</span> : null}
              </td>
              {noted ? <td className="w-1/3 py-1 text-soft">{item.note}</td> : null}
            </tr>
          ))}
        </tbody>
      </table>
      {step.items.length > FIRST ? (
        <Button size="small" look="plain" className="mt-1" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? 'Show fewer' : `Show all ${step.items.length}`}
        </Button>
      ) : null}
    </div>
  )
}
