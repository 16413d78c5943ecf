'use client'
import { FastForward } from 'lucide-react'
import type { RunView } from '#lib/runs/view'
import { useClusterNow } from '../live/use-cluster-now.ts'
import { Button } from '../ui/button.tsx'
import { classes } from '../ui/classes.ts'
import { Notice } from '../ui/notice.tsx'
import { Clock, readClock } from '../ui/time.tsx'
import { Person } from './names.tsx'
import { RunMenu } from './run-menu.tsx'
import type { Commands } from './use-command.ts'
import { wordOf } from './words.ts'

const STAGE: Record<RunView['stage'], string> = {
  running: 'running',
  stabilizing: 'stabilizing: services must stay healthy',
  cleanup: 'cleaning up',
  closed: 'closed',
}
const CELL: Record<string, string> = { good: 'bg-good', warn: 'bg-warn', danger: 'bg-danger', busy: 'bg-busy', soft: 'bg-line' }

export function RunHead({ run, commands }: { readonly run: RunView; readonly commands: Commands }) {
  const closed = run.stage === 'closed'
  return (
    <header className="mb-6">
      <div className="flex flex-wrap items-start gap-x-6 gap-y-3">
        <div className="min-w-0 flex-1 basis-72">
          <p className="text-sm text-soft">
            <strong className="font-semibold text-ink">{run.kind}</strong> on{' '}
            <strong className="font-semibold text-ink">{run.clusters.join(', ')}</strong> ·{' '}
            {closed ? run.outcome?.replaceAll('-', ' ') : STAGE[run.stage]}
            {run.lead ? (
              <>
                {' '}
                · lead <Person id={run.lead} />
              </>
            ) : (
              ' · no lead yet'
            )}
          </p>
          <h1 className="mt-0.5 text-2xl font-semibold tracking-tight">{run.title}</h1>
        </div>
        <RunClocks run={run} />
        {closed ? null : (
          <div className="flex gap-2">
            <Button
              onClick={() => void commands.send({ do: 'advance', version: run.version })}
              disabled={commands.busy !== null || run.held !== null}
              title="Runs checks and reversible steps until the next approval, decision, irreversible act or failure."
            >
              <FastForward size={15} aria-hidden />
              Advance
            </Button>
            <RunMenu run={run} commands={commands} />
          </div>
        )}
      </div>
      <Progress run={run} />
      <div className="mt-3 space-y-2" aria-live="polite">
        {run.held ? (
          <Notice
            tone="warn"
            title={
              <>
                Held by <Person id={run.held.by} /> since <Clock at={run.held.since} />.
              </>
            }
            action={
              <Button size="small" onClick={() => void commands.send({ do: 'resume', version: run.version })}>
                Resume
              </Button>
            }
          >
            {run.held.reason}
          </Notice>
        ) : null}
        {run.handover ? (
          <Notice
            tone="busy"
            title={
              <>
                <Person id={run.handover.from} /> offers the lead to <Person id={run.handover.to} />.
              </>
            }
            action={
              <Button size="small" onClick={() => void commands.send({ do: 'accept-handover' })}>
                Accept
              </Button>
            }
          />
        ) : null}
        {!closed && run.waitingText && !run.held ? (
          <p className="text-soft">
            Waiting for {run.waitingFor?.replaceAll('-', ' ') ?? 'something'}: {run.waitingText}
          </p>
        ) : null}
      </div>
    </header>
  )
}

function RunClocks({ run }: { readonly run: RunView }) {
  const now = useClusterNow(run.clusters[0])
  const { disruptedAt, startedAt, closedAt, rtoAt, projectedFinishAt } = run.clocks
  const end = closedAt ? Date.parse(closedAt) : now
  const left = rtoAt ? Date.parse(rtoAt) - end : null
  return (
    <dl className="tabular flex gap-x-6 text-sm">
      <div>
        <dt className="text-soft">{disruptedAt ? 'Since the disruption' : 'Since the start'}</dt>
        <dd className="font-mono text-xl font-medium">{readClock(end - Date.parse(disruptedAt ?? startedAt))}</dd>
      </div>
      {left === null ? null : (
        <div>
          <dt className="text-soft">{left < 0 ? 'RTO missed by' : closedAt ? 'RTO met by' : 'RTO in'}</dt>
          <dd className={classes('font-mono text-xl font-medium', left < 0 && 'text-danger')}>{readClock(left)}</dd>
        </div>
      )}
      {projectedFinishAt && !closedAt ? (
        <div>
          <dt className="text-soft">Projected finish</dt>
          <dd className="font-mono text-xl font-medium">
            <Clock at={projectedFinishAt} />
          </dd>
        </div>
      ) : null}
    </dl>
  )
}

/** One cell a step, phase by phase: how far we are at a glance. The list says the same in words. */
function Progress({ run }: { readonly run: RunView }) {
  const steps = run.phases.flatMap((phase) => phase.steps)
  const closed = steps.filter((step) => step.stage === 'closed').length
  return (
    <div className="mt-4 flex items-center gap-4">
      <div className="flex h-2 flex-1 gap-2" aria-hidden>
        {run.phases.map((phase) => (
          <div key={phase.id} className="flex gap-px" style={{ flexGrow: phase.steps.length }}>
            {phase.steps.map((step) => (
              <span
                key={step.id}
                className={classes(
                  'flex-1',
                  CELL[
                    step.stage === 'blocked' ? 'soft' : step.stage === 'closed' && wordOf(step).tone === 'soft' ? 'soft' : wordOf(step).tone
                  ],
                  run.current === step.id && 'relative z-10 outline-2 outline-offset-1 outline-ink',
                )}
              />
            ))}
          </div>
        ))}
      </div>
      <span className="tabular text-sm whitespace-nowrap text-soft">
        {closed} of {steps.length} steps
      </span>
    </div>
  )
}
