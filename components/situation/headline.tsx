'use client'
import type { SituationView } from '#lib/impact/view'
import { Freshness } from '../live/freshness.tsx'
import { classes } from '../ui/classes.ts'
import { Clock } from '../ui/time.tsx'

const SHAPE: Record<SituationView['tone'], { readonly className: string; readonly path: React.ReactNode }> = {
  calm: { className: 'text-good', path: <circle cx="10" cy="10" r="5" fill="currentColor" /> },
  watch: {
    className: 'text-warn',
    path: <path d="M10 2.500 18.200 17H1.800z" fill="none" stroke="currentColor" strokeWidth="2.2" strokeLinejoin="round" />,
  },
  bad: {
    className: 'text-danger',
    path: <path d="M6.300 1.500h7.400l4.800 4.800v7.400l-4.800 4.800H6.300l-4.800-4.800V6.300z" fill="currentColor" />,
  },
  blind: {
    className: 'text-warn',
    path: (
      <path d="M2 10s3-5.500 8-5.500S18 10 18 10s-3 5.500-8 5.500S2 10 2 10zM3 17 17 3" fill="none" stroke="currentColor" strokeWidth="2" />
    ),
  },
}

/** While some clusters are seen, the age is theirs; which are not is told below, each with its reason. */
function seen({ clusters, freshness, observedAt }: SituationView) {
  const live = clusters.filter((one) => one.freshness === 'live').sort((a, b) => (a.observedAt ?? '').localeCompare(b.observedAt ?? ''))
  return { freshness, observedAt, ...(live[0] ? { freshness: live[0].freshness, observedAt: live[0].observedAt } : {}), live: live.length }
}

/** The first sentence answers urgency. It is announced when it changes, without stealing focus. */
export function Headline({ view }: { readonly view: SituationView }) {
  const shape = SHAPE[view.tone]
  const { live, ...fresh } = seen(view)
  return (
    <header className="mb-6 grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 md:gap-x-4" data-tone={view.tone}>
      <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden className={classes('mt-1.5 md:mt-2', shape.className)}>
        {shape.path}
      </svg>
      <h1
        aria-live="polite"
        className={classes(
          'max-w-[46ch] font-semibold tracking-[-0.02em] text-balance',
          view.tone === 'calm' ? 'text-2xl' : 'text-2xl md:text-3xl',
        )}
      >
        {view.headline}
      </h1>
      <p className="col-start-2 mt-2 flex flex-wrap items-center gap-x-4 gap-y-1 text-sm text-soft">
        {view.past ? (
          <span>
            as it was recorded at <Clock at={view.past.at} />
          </span>
        ) : (
          <>
            <Freshness {...fresh} />
            {live > 0 && live < view.clusters.length ? (
              <span className="text-warn">
                {live} of {view.clusters.length} clusters
              </span>
            ) : null}
          </>
        )}
        {view.baseline ? (
          <span>
            {view.baseline.label === 'T0' ? 'compared with T0, ' : 'compared with each service’s last healthy moment, the newest '}
            <Clock at={view.baseline.at} />
            {view.baseline.imported ? <>, from “{view.baseline.imported.label}”</> : null}
          </span>
        ) : view.services > 0 ? (
          <span>nothing to compare with yet: no service has been seen healthy</span>
        ) : null}
      </p>
      {view.baseline?.imported ? (
        <details className="mt-1 text-sm text-soft">
          <summary className="inline-flex min-h-6 items-center underline underline-offset-2">
            What this imported baseline cannot know
          </summary>
          <ul className="list-disc pl-5">
            {view.baseline.imported.cannotKnow.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        </details>
      ) : null}
    </header>
  )
}
