'use client'
import { Ellipsis } from 'lucide-react'
import { readDuration } from '#lib/kernel/duration'
import type { StepView } from '#lib/runs/view'
import { Button } from '../ui/button.tsx'
import { Menu, MenuItem } from '../ui/menu.tsx'
import { Person } from './names.tsx'
import { StepMark } from './step-mark.tsx'
import { COMMAND } from './words.ts'

type Props = { readonly step: StepView; readonly others: readonly string[]; readonly onAsk: (what: string) => void }

/** Where the step stands, who has it, and the ways around it behind one small button. */
export function StepTop({ step, others, onAsk }: Props) {
  return (
    <header className="flex items-start gap-3">
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-4 gap-y-0.5 text-sm">
          <StepMark step={step} />
          {step.claimedBy ? (
            <span className="text-soft">
              with <Person id={step.claimedBy} />
            </span>
          ) : null}
          {step.addedBy ? (
            <span className="font-medium text-warn">
              not in the runbook, added by <Person id={step.addedBy} />
            </span>
          ) : null}
          {step.deviates ? (
            <span className="font-medium text-warn">{step.deviates === 'emergency' ? 'goes its emergency way' : 'with edited input'}</span>
          ) : null}
          {step.attempt > 1 ? <span className="text-soft">attempt {step.attempt}</span> : null}
          {step.takesMs ? <span className="text-soft">takes about {readDuration(step.takesMs)}</span> : null}
          {step.reversible ? (
            <span className={step.reversible === 'not-reversible' ? 'font-medium text-danger' : 'text-soft'}>
              {step.reversible === 'reversible-until'
                ? `reversible until ${step.reversibleUntil ?? 'later'}`
                : step.reversible.replace('-', ' ')}
            </span>
          ) : null}
        </p>
        <h2 id="step-title" className="mt-1 text-xl font-semibold tracking-tight md:text-2xl">
          {step.title}
        </h2>
      </div>
      {others.length > 0 ? (
        <Menu
          trigger={
            <Button size="small" aria-label="Other ways to go on with this step">
              <Ellipsis size={16} aria-hidden />
            </Button>
          }
        >
          {others.map((what) => (
            <MenuItem key={what} danger={what === 'override' || what === 'emergency'} onSelect={() => onAsk(what)}>
              {COMMAND[what] ?? what}
            </MenuItem>
          ))}
        </Menu>
      ) : null}
    </header>
  )
}
