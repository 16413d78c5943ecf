'use client'
import { type ReactNode, useState } from 'react'
import type { RunView, StepView } from '#lib/runs/view'
import { Button } from '../ui/button.tsx'
import { Code } from '../ui/code.tsx'
import { Notice } from '../ui/notice.tsx'
import { Section } from '../ui/page-head.tsx'
import { Approval } from './approval.tsx'
import { Checks } from './checks.tsx'
import { CommandDialog } from './command-dialog.tsx'
import { Items } from './items.tsx'
import { nextFor } from './next-for.ts'
import { Preview } from './preview.tsx'
import { StepAction } from './step-action.tsx'
import { StepSays } from './step-says.tsx'
import { StepTop } from './step-top.tsx'
import type { Commands } from './use-command.ts'
import { usePreview } from './use-preview.ts'

type Props = { readonly run: RunView; readonly step: StepView; readonly text: ReactNode; readonly commands: Commands }

/** The step at hand: what it is for, what it would do, what proves it, and the one next button. */
export function StepPanel({ run, step, text, commands }: Props) {
  const [asking, setAsking] = useState<string | null>(null)
  const preview = usePreview(run.id, step)
  const { main, others } = nextFor(step)
  function onAsk(what: string) {
    if (what === 'claim' || what === 'release' || what === 'request-approval' || what === 'approve' || what === 'retry' || what === 'start')
      void commands.send({ do: what, step: step.id, version: step.version })
    else if (what === 'act') void commands.send({ do: 'act', step: step.id, version: step.version, digest: preview.view?.digest ?? '' })
    else setAsking(what)
  }
  const alreadySo = main === 'record-done' && step.stage === 'ready'
  const watchesOnly = step.kind === 'do' && run.actions === 'off'
  const commandsToCopy = preview.view?.kubectl.length ? preview.view.kubectl : step.kubectl
  return (
    <article aria-labelledby="step-title" data-step={step.id} data-stage={step.stage}>
      <StepTop step={step} others={others} onAsk={onAsk} />
      <StepSays step={step} text={text} alreadySo={alreadySo} />

      <div className="sticky bottom-14 z-10 -mx-4 mt-5 border-y border-line bg-paper px-4 py-3 empty:hidden md:static md:mx-0 md:border-0 md:px-0 md:py-0">
        {watchesOnly && main === 'record-done' ? (
          <Notice
            title={`Blackstart does not act on ${run.clusters.join(', ')}. Run the commands below, then record it: the checks verify.`}
            action={
              <Button look="primary" onClick={() => setAsking('record-done')}>
                Record as done
              </Button>
            }
          />
        ) : (
          <StepAction run={run} step={step} main={main} preview={preview} commands={commands} onAsk={onAsk} />
        )}
      </div>

      <div className="mt-7">
        {step.kind === 'do' && preview.state !== 'none' ? (
          <Section name="What it will do">
            <Preview preview={preview} />
          </Section>
        ) : null}
        {step.items.length > 0 ? (
          <Section name="Objects">
            <Items step={step} />
          </Section>
        ) : null}
        {step.approval ? (
          <Section name="Approval">
            <Approval approval={step.approval} />
          </Section>
        ) : null}
        {step.checks.length > 0 ? (
          <Section name="What proves it">
            <Checks checks={step.checks} />
          </Section>
        ) : null}
        {preview.view === null && commandsToCopy.length > 0 ? (
          <Section name="With kubectl">
            <div className="mt-3">
              <Code lines={commandsToCopy} />
            </div>
          </Section>
        ) : null}
      </div>
      {asking ? (
        <CommandDialog
          what={asking}
          step={step}
          version={step.version}
          cluster={run.clusters[0] ?? ''}
          commands={commands}
          onClose={() => setAsking(null)}
        />
      ) : null}
    </article>
  )
}
