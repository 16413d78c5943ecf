'use client'
import type { RunView } from '#lib/runs/view'
import { classes } from '../ui/classes.ts'
import { Person } from './names.tsx'
import { StepShape } from './step-mark.tsx'
import { wordOf } from './words.ts'

type Props = { readonly run: RunView; readonly selected: string | null; readonly onSelect: (step: string) => void }

/** All phases and steps in their order: where each stands, who has it, and which one wants a person now. */
export function StepList({ run, selected, onSelect }: Props) {
  return (
    <ol className="space-y-4">
      {run.phases.map((phase) => {
        const closed = phase.steps.filter((step) => step.stage === 'closed').length
        return (
          <li key={phase.id}>
            <h3 className="flex justify-between px-2.5 pb-1 text-sm font-medium">
              {phase.title}
              <span className="tabular font-normal text-soft">
                {closed} of {phase.steps.length}
              </span>
            </h3>
            <ol>
              {phase.steps.map((step) => {
                const { word } = wordOf(step)
                const quiet = step.stage === 'closed' || step.stage === 'blocked'
                return (
                  <li key={step.id}>
                    <button
                      type="button"
                      onClick={() => onSelect(step.id)}
                      aria-current={selected === step.id ? 'step' : undefined}
                      className={classes(
                        'grid w-full grid-cols-[auto_minmax(0,1fr)] items-baseline gap-x-2.5 rounded-md px-2.5 py-1.5 text-left',
                        selected === step.id ? 'bg-sunken shadow-[inset_3px_0_0_var(--ink)]' : 'hover:bg-sunken',
                      )}
                    >
                      <span className="relative top-[2px]">
                        <StepShape step={step} />
                      </span>
                      <span
                        className={classes(
                          'min-w-0',
                          quiet && selected !== step.id && 'text-soft',
                          run.current === step.id && 'font-semibold text-ink',
                        )}
                      >
                        {step.title}
                      </span>
                      <span className="col-start-2 truncate text-xs text-soft">
                        {run.current === step.id ? <strong className="font-semibold text-ink">now · </strong> : null}
                        {word}
                        {step.isGate ? ' · gate' : ''}
                        {step.claimedBy ? (
                          <>
                            {' '}
                            · <Person id={step.claimedBy} />
                          </>
                        ) : null}

                        {step.stage === 'acting' && step.itemCounts.total > 0 ? (
                          <span className="tabular">
                            {' '}
                            · {step.itemCounts.done} of {step.itemCounts.total}
                          </span>
                        ) : null}
                      </span>
                      {step.regressed ? <strong className="col-start-2 text-xs font-semibold text-danger">no longer holds</strong> : null}
                    </button>
                  </li>
                )
              })}
            </ol>
          </li>
        )
      })}
    </ol>
  )
}
