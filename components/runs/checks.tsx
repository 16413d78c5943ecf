'use client'
import { readDuration } from '#lib/kernel/duration'
import type { Verdict } from '#lib/runs/schema'
import type { CheckView } from '#lib/runs/view'
import { TEXT } from '../impact/words.ts'
import { classes } from '../ui/classes.ts'
import { useNow } from '../ui/now.ts'
import { Age } from '../ui/time.tsx'
import { VERDICT } from './words.ts'

const SHAPE: Record<Verdict | 'none', React.ReactNode> = {
  pass: <path d="m1.800 6.400 2.900 2.900 5.600-6.400" />,
  fail: <path d="m2 2 8 8M10 2l-8 8" />,
  inconclusive: (
    <path d="M3.600 3.900c.2-1.400 1.200-2.200 2.500-2.200 1.400 0 2.400.9 2.400 2.100C8.500 5.700 6 5.700 6 7.600M6 9.400v1.400" />
  ),
  stale: (
    <>
      <circle cx="6" cy="6" r="4.700" />
      <path d="M6 3.200V6l2 1.400" />
    </>
  ),
  unreachable: <path d="M1 6h2.500M8.500 6H11M6 1v2M6 9v2" />,
  none: <path d="M3 6h.01M6 6h.01M9 6h.01" strokeLinecap="round" strokeWidth="2" />,
}

function Check({ check }: { readonly check: CheckView }) {
  const said = check.verdict ? VERDICT[check.verdict] : { word: 'not asked yet', tone: 'soft' as const }
  return (
    <li
      className="grid grid-cols-[7.5rem_minmax(0,1fr)_auto] items-baseline gap-x-3 py-1.5 max-sm:grid-cols-[1.5rem_minmax(0,1fr)_auto]"
      data-verdict={check.verdict ?? 'none'}
    >
      <span className={classes('inline-flex items-center gap-2', TEXT[said.tone])}>
        <svg
          width="12"
          height="12"
          viewBox="0 0 12 12"
          aria-hidden
          fill="none"
          stroke="currentColor"
          strokeWidth="1.700"
          className="shrink-0"
        >
          {SHAPE[check.verdict ?? 'none']}
        </svg>
        <span className="max-sm:sr-only">{said.word}</span>
      </span>
      <span className="min-w-0">
        {check.title}
        {check.value ? <span className="block break-words font-mono text-xs text-soft">{check.value}</span> : null}
        {check.verdict === 'pass' && check.forMs && check.holdsSince ? (
          <Holding since={check.holdsSince} forMs={check.forMs} asOf={check.observedAt} />
        ) : null}
      </span>
      <span className="text-right text-sm text-soft">
        {check.observedAt ? <Age at={check.observedAt} asOf={check.observedAt} /> : null}
      </span>
    </li>
  )
}

/** A check that must hold for a while: how much of that while is behind us. */
function Holding({ since, forMs, asOf }: { readonly since: string; readonly forMs: number; readonly asOf: string | null }) {
  const held = Math.max(useNow(), asOf ? Date.parse(asOf) : 0) - Date.parse(since)
  if (held >= forMs) return null
  return (
    <span className="mt-1 flex items-center gap-3 text-xs text-soft">
      <span className="h-1 w-28 bg-line" aria-hidden>
        <span className="block h-full bg-good" style={{ width: `${Math.min(100, Math.max(0, (held / forMs) * 100))}%` }} />
      </span>
      <span className="tabular">
        has held {readDuration(held)} of {readDuration(forMs)}
      </span>
    </span>
  )
}

export function Checks({ checks }: { readonly checks: readonly CheckView[] }) {
  return (
    <ul className="divide-y divide-line">
      {checks.map((check) => (
        <Check key={check.id} check={check} />
      ))}
    </ul>
  )
}
