import type { RunView, StepView } from '#lib/runs/view'
import { Section } from '../ui/page-head.tsx'
import { Elapsed } from '../ui/time.tsx'
import { Person } from './names.tsx'
import { wordOf } from './words.ts'

const ENDED = {
  completed: 'The run is completed: every step is closed, and the services held.',
  'completed-with-exceptions': 'The run is completed with exceptions. They are listed here, and stay in the record.',
  aborted: 'The run was aborted. What was done until then stays done.',
} as const

/** How a closed run went, before anybody opens one of its steps. */
export function RunEnd({ run, onOpen }: { readonly run: RunView; readonly onOpen: (step: string) => void }) {
  const steps = run.phases.flatMap((phase) => phase.steps)
  const excused = steps.filter(isExcused)
  const counted = run.services.filter((one) => !one.badAtT0)
  const well = counted.filter((one) => one.impact === 'healthy').length
  const inForce = run.ledger.filter((one) => one.state !== 'reversed').length
  const { disruptedAt, startedAt, closedAt } = run.clocks
  return (
    <article data-run-end={run.outcome}>
      <h2 className="max-w-[40ch] text-xl font-semibold tracking-tight text-balance md:text-2xl">{ENDED[run.outcome ?? 'aborted']}</h2>
      <dl className="mt-5 grid max-w-md grid-cols-[minmax(0,1fr)_auto] gap-y-1.5 [&_dd]:tabular [&_dd]:text-right [&_dd]:font-medium [&_dt]:text-soft">
        {disruptedAt && closedAt ? (
          <>
            <dt>From the disruption to the end</dt>
            <dd>
              <Elapsed from={disruptedAt} to={closedAt} />
            </dd>
          </>
        ) : null}
        <dt>From the start of the run to its end</dt>
        <dd>
          <Elapsed from={startedAt} to={closedAt} />
        </dd>
        <dt>Services healthy now, of those that were well before</dt>
        <dd>
          {well} of {counted.length}
        </dd>
        <dt>Steps proved by checks</dt>
        <dd>
          {steps.filter((step) => step.outcome === 'verified').length} of {steps.length}
        </dd>
        <dt>Temporary changes still in force</dt>
        <dd>{inForce}</dd>
      </dl>
      <p className="no-print mt-4">
        <a href={`/api/v1/runs/${run.id}/review.md`} className="font-medium underline underline-offset-2" download={`review-${run.id}.md`}>
          The review, as a document
        </a>
      </p>
      {excused.length > 0 ? (
        <div className="mt-8">
          <Section name="Exceptions">
            <ul className="divide-y divide-line">
              {excused.map((step) => (
                <li key={step.id} className="py-2.5">
                  <button type="button" className="text-left font-medium underline underline-offset-2" onClick={() => onOpen(step.id)}>
                    {step.title}
                  </button>
                  <span className="text-soft">
                    {' '}
                    {wordOf(step).word}
                    {step.claimedBy ? (
                      <>
                        , <Person id={step.claimedBy} />
                      </>
                    ) : null}
                  </span>
                  {step.reason ? <p className="text-sm text-soft">{step.reason}</p> : null}
                </li>
              ))}
            </ul>
          </Section>
        </div>
      ) : null}
    </article>
  )
}

function isExcused(step: StepView): boolean {
  return (
    step.outcome === 'skipped' || step.outcome === 'failure-accepted' || step.outcome === 'unverified' || step.outcome === 'not-executed'
  )
}
