'use client'
import { Ellipsis } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { readDuration } from '#lib/kernel/duration'
import type { RunView, StepView } from '#lib/runs/view'
import { Person } from '../shell/me.tsx'
import { Button } from '../ui/button.tsx'
import { Code } from '../ui/code.tsx'
import { Menu, MenuItem } from '../ui/menu.tsx'
import { Notice } from '../ui/notice.tsx'
import { Section } from '../ui/page-head.tsx'
import { Clock } from '../ui/time.tsx'
import { Approval } from './approval.tsx'
import { Checks } from './checks.tsx'
import { CommandDialog } from './command-dialog.tsx'
import { Items } from './items.tsx'
import { nextFor } from './next-for.ts'
import { Preview } from './preview.tsx'
import { StepAction } from './step-action.tsx'
import { StepMark } from './step-mark.tsx'
import type { Commands } from './use-command.ts'
import { usePreview } from './use-preview.ts'
import { COMMAND } from './words.ts'

type Props = { readonly run: RunView; readonly step: StepView; readonly text: ReactNode; readonly commands: Commands }

/** The step at hand: what it is for, what it would do, what proves it, and the one next button. */
export function StepPanel({ run, step, text, commands }: Props) {
  const [asking, setAsking] = useState<string | null>(null)
  const preview = usePreview(run.id, step)
  const { main, others } = nextFor(step)
  function onAsk(what: string) {
    if (what === 'claim' || what === 'release' || what === 'request-approval' || what === 'approve' || what === 'retry' || what === 'start') void commands.send({ do: what, step: step.id, version: step.version })
    else if (what === 'act') void commands.send({ do: 'act', step: step.id, version: step.version, digest: preview.view?.digest ?? '' })
    else setAsking(what)
  }
  const alreadySo = main === 'record-done' && step.stage === 'ready'
  const watchesOnly = step.kind === 'do' && run.actions === 'off'
  const commandsToCopy = preview.view?.kubectl.length ? preview.view.kubectl : step.kubectl
  return (
    <article aria-labelledby="step-title" data-step={step.id} data-stage={step.stage}>
      <header className="flex items-start gap-3">
        <div className="min-w-0 flex-1">
          <p className="flex flex-wrap items-center gap-x-4 gap-y-0.5 text-sm">
            <StepMark step={step} />
            {step.claimedBy ? <span className="text-soft">with <Person id={step.claimedBy} /></span> : null}
            {step.attempt > 1 ? <span className="text-soft">attempt {step.attempt}</span> : null}
            {step.takesMs ? <span className="text-soft">takes about {readDuration(step.takesMs)}</span> : null}
            {step.reversible ? <span className={step.reversible === 'not reversible' ? 'font-medium text-danger' : 'text-soft'}>{step.reversible === 'reversible until' ? `reversible until ${step.reversibleUntil ?? 'later'}` : step.reversible}</span> : null}
          </p>
          <h2 id="step-title" className="mt-1 text-xl font-semibold tracking-tight md:text-2xl">{step.title}</h2>
        </div>
        {others.length > 0 ? (
          <Menu trigger={<Button size="small" aria-label="Other ways to go on with this step"><Ellipsis size={16} aria-hidden /></Button>}>
            {others.map((what) => <MenuItem key={what} danger={what === 'override'} onSelect={() => onAsk(what)}>{COMMAND[what] ?? what}</MenuItem>)}
          </Menu>
        ) : null}
      </header>

      <div className="mt-4 space-y-3" aria-live="polite">
        {step.regressed ? <Notice tone="danger" title={<>This no longer holds, since <Clock at={step.regressed.at} />.</>}>{step.regressed.value}</Notice> : null}
        {step.trouble && alreadySo ? <Notice tone="busy" title={step.trouble} /> : null}
        {step.trouble && !alreadySo ? <Notice tone={step.stage === 'failed' ? 'danger' : 'warn'} title={step.stage === 'failed' ? 'It failed.' : step.stage === 'blocked' ? 'It cannot begin yet.' : 'It cannot go on.'}>{step.trouble}</Notice> : null}
        {step.stage === 'closed' && step.reason ? <Notice title={`Closed with a reason: ${step.reason}`} /> : null}
      </div>

      {step.why ? <p className="mt-4 max-w-[68ch] text-lg">{step.why}</p> : null}
      {step.text ? <div className="prose mt-3 max-w-[68ch]">{text ?? <p className="whitespace-pre-wrap">{step.text}</p>}</div> : null}
      {step.danger && step.stage !== 'closed' ? <div className="mt-4"><Notice tone="danger" title="Danger">{<span className="text-ink">{step.danger}</span>}</Notice></div> : null}
      {step.answer !== null ? <p className="mt-4">{step.ask} <strong className="font-semibold">{step.answer}</strong></p> : null}

      <div className="sticky bottom-14 z-10 -mx-4 mt-5 border-y border-line bg-paper px-4 py-3 empty:hidden md:static md:mx-0 md:border-0 md:px-0 md:py-0">
        {watchesOnly && main === 'act' ? <Notice title={`Blackstart does not act on ${run.clusters.join(', ')}. Run the commands below, then record it: the checks verify.`} action={<Button look="primary" onClick={() => setAsking('record-done')}>Record as done</Button>} /> : <StepAction run={run} step={step} main={main} preview={preview} commands={commands} onAsk={onAsk} />}
      </div>

      <div className="mt-7">
        {step.kind === 'do' && preview.state !== 'none' ? <Section name="What it will do"><Preview preview={preview} /></Section> : null}
        {step.items.length > 0 ? <Section name="Objects"><Items step={step} /></Section> : null}
        {step.approval ? <Section name="Approval"><Approval approval={step.approval} /></Section> : null}
        {step.checks.length > 0 ? <Section name="What proves it"><Checks checks={step.checks} /></Section> : null}
        {preview.view === null && commandsToCopy.length > 0 ? <Section name="With kubectl"><div className="mt-3"><Code lines={commandsToCopy} /></div></Section> : null}
      </div>
      {asking ? <CommandDialog what={asking} step={step} version={step.version} cluster={run.clusters[0] ?? ''} commands={commands} onClose={() => setAsking(null)} /> : null}
    </article>
  )
}
