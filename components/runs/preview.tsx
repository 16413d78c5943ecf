'use client'
import { RotateCw } from 'lucide-react'
import { useState } from 'react'
import type { PreviewView } from '#lib/runs/view'
import { Button } from '../ui/button.tsx'
import { classes } from '../ui/classes.ts'
import { Code } from '../ui/code.tsx'
import { Notice } from '../ui/notice.tsx'
import { Bone } from '../ui/skeleton.tsx'
import type { Preview as Asked } from './use-preview.ts'
import { countKinds } from './words.ts'

const FIRST = 4

function Diff({ row }: { readonly row: PreviewView['dryRun'][number] }) {
  const { object } = row
  return (
    <li className="py-2">
      <p className="flex flex-wrap items-baseline gap-x-2">
        <span className="font-medium">
          {row.verb} {object.kind} {object.name}
        </span>
        {object.namespace ? <span className="text-sm text-soft">in {object.namespace}</span> : null}
        <span className={classes('ml-auto text-sm', row.ok ? 'text-soft' : 'font-medium text-danger')}>
          {row.ok ? '' : 'refused: '}
          {row.answer}
        </span>
      </p>
      {row.diff.length > 0 ? (
        <dl className="mt-1 grid gap-x-4 font-mono text-xs sm:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]">
          {row.diff.map((field) => (
            <div key={field.path} className="contents">
              <dt className="truncate text-soft" title={field.path}>
                {field.path}
              </dt>
              <dd className="min-w-0 break-words">
                <span className="text-soft line-through decoration-1">{field.was || 'absent'}</span> →{' '}
                <span>{field.becomes || 'absent'}</span>
              </dd>
            </div>
          ))}
        </dl>
      ) : null}
    </li>
  )
}

/** What the API server answers to a dry run, and what controllers will then do of their own accord. Nothing has been changed. */
export function Preview({ preview }: { readonly preview: Asked }) {
  const [all, setAll] = useState(false)
  const { view, state, why } = preview
  if (state === 'refused')
    return (
      <Notice
        tone="warn"
        title="What it would do cannot be shown now."
        action={
          <Button size="small" onClick={preview.again}>
            <RotateCw size={13} aria-hidden />
            Ask again
          </Button>
        }
      >
        {why}
      </Notice>
    )
  if (!view)
    return (
      <div className="space-y-2 py-2" role="status">
        <span className="sr-only">Asking the cluster what this would do</span>
        <Bone className="h-4 w-3/5" />
        <Bone className="h-4 w-2/5" />
        <Bone className="h-4 w-1/2" />
      </div>
    )
  const shown = all ? view.dryRun : view.dryRun.slice(0, FIRST)
  return (
    <div>
      {view.refusal ? (
        <Notice tone="danger" title="This will be refused.">
          {view.refusal.message}
        </Notice>
      ) : null}
      <p className="py-2 text-sm text-soft">
        {view.total === 0 ? (
          'Nothing: no object is left that this would touch.'
        ) : (
          <>
            Touches <strong className="font-semibold text-ink">{countKinds(view)}</strong>. A dry run; nothing has been changed.
          </>
        )}
      </p>
      <ul className="divide-y divide-line border-y border-line">
        {shown.map((row) => (
          <Diff key={`${row.verb} ${row.object.kind} ${row.object.namespace}/${row.object.name}`} row={row} />
        ))}
      </ul>
      {view.dryRun.length > FIRST ? (
        <Button size="small" look="plain" className="mt-1" onClick={() => setAll(!all)} aria-expanded={all}>
          {all ? 'Show fewer' : `Show all ${view.dryRun.length}`}
        </Button>
      ) : null}
      {view.controllers.length > 0 ? (
        <div className="mt-4">
          <h4 className="text-sm font-medium">What controllers will then do</h4>
          <ul className="divide-y divide-line">
            {view.controllers.map((one) => (
              <li
                key={`${one.what} ${one.how}`}
                className={classes(
                  'grid grid-cols-[4rem_minmax(0,1fr)] gap-x-3 py-1.5',
                  one.severity === 'danger' ? 'text-danger' : one.severity === 'warning' ? 'text-warn' : '',
                )}
              >
                <span className="text-sm">{one.severity === 'info' ? 'note' : one.severity}</span>
                <span>
                  {one.what}
                  {one.objects > 0 ? <span className="tabular"> ({one.objects})</span> : null}
                  <span className="block text-sm text-soft">{one.how}</span>
                </span>
              </li>
            ))}
          </ul>
        </div>
      ) : null}
      {view.kubectl.length > 0 ? (
        <details className="mt-3">
          <summary className="inline-flex min-h-7 items-center text-sm text-soft underline underline-offset-2">
            The same with kubectl
          </summary>
          <div className="mt-2">
            <Code lines={view.kubectl} />
          </div>
        </details>
      ) : null}
    </div>
  )
}
