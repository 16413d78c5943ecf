'use client'
import Link from 'next/link'
import type { SignalView, SituationView } from '#lib/impact/view'
import { objectHref } from '../inventory/object-href.ts'
import { objectName } from '../inventory/object-words.ts'
import { Person } from '../shell/me.tsx'
import type { OpenRun } from '../shell/open-run.ts'
import { classes } from '../ui/classes.ts'
import { Age, Clock } from '../ui/time.tsx'
import { SignalActions } from './signal-actions.tsx'

const MOST = 20

type Props = {
  readonly signal: SignalView
  /** Its consequences, each told in one line. */
  readonly absorbed: readonly SignalView[]
  readonly view: SituationView
  readonly run: OpenRun | null
  readonly first: boolean
  /** Without what can be done about it. */
  readonly still: boolean
}

/** What happened, since when, what came just before and how sure that is, and what to do about it. */
export function SignalBanner({ signal, absorbed, view, run, first, still }: Props) {
  const critical = signal.severity === 'critical'
  const cause = signal.causes[0]
  if (!first && signal.acknowledgedBy) return <Heard signal={signal} view={view} />
  return (
    <section
      aria-label={`Signal: ${signal.title}`}
      data-signal={signal.kind}
      className={classes('border-l-4 px-4 py-3.5 md:px-6 md:py-4', critical ? 'border-danger bg-danger-wash' : 'border-warn bg-warn-wash')}
    >
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5">
        <h2 className="text-lg font-semibold">{signal.title}</h2>
        <span className={classes('font-mono text-xs', critical ? 'text-danger' : 'text-warn')}>
          {signal.severity} · {signal.kind}
        </span>
      </div>
      <dl className="mt-2 grid gap-x-8 gap-y-1.5 text-base md:grid-cols-[7.5rem_minmax(0,1fr)]">
        <dt className="text-soft">Since</dt>
        <dd>
          <Clock at={signal.since} className="font-medium" />, <Age at={signal.since} asOf={view.observedAt} /> on {signal.cluster}
          {signal.scope ? `, ${signal.scope}` : ''}
        </dd>
        {cause ? (
          <>
            <dt className="text-soft">{cause.proof ? 'First cause' : 'Just before'}</dt>
            <dd className="min-w-0">
              <span>
                <Clock at={cause.at} /> {cause.what}
                {cause.by ? `, by ${cause.by}` : ''}
              </span>
              <span className="block text-sm text-soft">
                {cause.proof ? `Proof: ${cause.proof}` : 'It happened just before; nothing proves that it is the cause.'}
              </span>
            </dd>
          </>
        ) : null}
        {signal.pagingReason ? (
          <>
            <dt className="text-soft">Paging</dt>
            <dd>
              <span className="font-medium">{signal.paging === 'would-have-paged' ? 'Would have paged' : 'Paged nobody'}</span>
              <span className="block text-sm text-soft">{signal.pagingReason}</span>
            </dd>
          </>
        ) : null}
        {signal.acknowledgedBy ? (
          <>
            <dt className="text-soft">Acknowledged</dt>
            <dd>
              by <Person id={signal.acknowledgedBy} />
              {signal.acknowledgedAt ? (
                <>
                  , <Clock at={signal.acknowledgedAt} />
                </>
              ) : null}
            </dd>
          </>
        ) : null}
      </dl>
      {absorbed.length > 0 ? (
        <ul className="mt-2.5 space-y-0.5 text-sm">
          {absorbed.map((one) => (
            <li key={one.id} data-signal={one.kind} className="flex flex-wrap gap-x-3">
              <span className="font-medium">{one.title}</span>
              <span className="text-soft">
                since <Clock at={one.since} />, follows from it
              </span>
            </li>
          ))}
        </ul>
      ) : null}
      {signal.evidence.length > 0 ? <Evidence signal={signal} /> : null}
      {still ? null : <SignalActions signal={signal} absorbed={absorbed} view={view} run={run} main={first} />}
    </section>
  )
}

/** What the signal rests on, object by object. */
function Evidence({ signal }: { readonly signal: SignalView }) {
  return (
    <details className="mt-2 text-sm">
      <summary className="inline-flex min-h-6 items-center text-soft underline underline-offset-2">
        Evidence: {signal.evidence.length} {signal.evidence.length === 1 ? 'object' : 'objects'}
      </summary>
      <ul className="mt-1 space-y-0.5">
        {signal.evidence.slice(0, MOST).map((one) => (
          <li key={`${objectName(one.object)} ${one.object.uid} ${one.is}`} className="break-words">
            <Link
              prefetch={false}
              href={objectHref(signal.cluster, one.object)}
              className="inline-flex min-h-6 items-center font-medium underline-offset-2 hover:underline"
            >
              {objectName(one.object)}
            </Link>{' '}
            <span className="text-soft">{one.was || 'absent'}</span> → {one.is || 'absent'}{' '}
            <span className="text-soft">
              {one.since ? (
                <>
                  <Clock at={one.since} />,{' '}
                </>
              ) : null}
              {one.source}
            </span>
          </li>
        ))}
      </ul>
      {signal.evidence.length > MOST ? <p className="text-soft">and {signal.evidence.length - MOST} more</p> : null}
    </details>
  )
}

/** A further signal that somebody has taken note of: one line, still there. */
function Heard({ signal, view }: Pick<Props, 'signal' | 'view'>) {
  return (
    <p
      data-signal={signal.kind}
      className={classes(
        'flex flex-wrap gap-x-4 border-l-4 px-4 py-2 text-sm md:px-6',
        signal.severity === 'critical' ? 'border-danger' : 'border-warn',
      )}
    >
      <strong className="font-medium">{signal.title}</strong>
      <span className="text-soft">
        {signal.severity}, since <Clock at={signal.since} />, <Age at={signal.since} asOf={view.observedAt} /> on {signal.cluster}
      </span>
      <span className="text-soft">
        acknowledged by <Person id={signal.acknowledgedBy ?? ''} />
      </span>
    </p>
  )
}
