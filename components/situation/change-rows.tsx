// biome-ignore-all lint/suspicious/noArrayIndexKey: several changes may share their moment and object
import Link from 'next/link'
import type { SituationView } from '#lib/impact/view'
import { objectHref } from '../inventory/object-href.ts'
import { classes } from '../ui/classes.ts'
import { Clock } from '../ui/time.tsx'

type Props = { readonly changes: SituationView['changes']; readonly clusters: number; readonly narrow?: boolean }

export function ChangeRows({ changes, clusters, narrow = false }: Props) {
  if (changes.length === 0) return <p className="py-3 text-soft">Nothing has changed, as far as it was recorded.</p>
  return (
    <ol className="divide-y divide-line">
      {changes.map((change, at) => (
        <li
          key={`${change.at} ${change.object} ${at}`}
          className={classes('py-1.5 text-sm', !narrow && 'grid gap-x-4 sm:grid-cols-[9.5rem_minmax(0,1fr)_auto] sm:items-baseline')}
        >
          <Clock at={change.at} className="text-soft" />
          <span className={classes('block min-w-0 break-words', narrow && 'text-sm')}>
            {change.what}{' '}
            <Link
              prefetch={false}
              href={objectHref(change.cluster, { kind: '', namespace: '', name: '', uid: change.uid })}
              className="font-mono text-xs text-soft underline-offset-2 hover:text-ink hover:underline"
            >
              {change.object}
            </Link>
          </span>
          <span className="text-soft">{[change.by, clusters > 1 ? change.cluster : null].filter(Boolean).join(' · ')}</span>
        </li>
      ))}
    </ol>
  )
}
