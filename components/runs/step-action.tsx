'use client'
import { useState } from 'react'
import type { RunView, StepView } from '#lib/runs/view'
import { Button } from '../ui/button.tsx'
import { Field, Input } from '../ui/field.tsx'
import { AnswerForm, ConfirmForm } from './step-forms.tsx'
import type { Commands } from './use-command.ts'
import type { Preview } from './use-preview.ts'
import { actLabel, COMMAND } from './words.ts'

type Props = {
  readonly run: RunView
  readonly step: StepView
  readonly main: string | null
  readonly preview: Preview
  readonly commands: Commands
  readonly onAsk: (what: string) => void
}

const WANTS_REASON = new Set(['skip', 'accept-failure', 'override', 'undo', 'reopen', 'decline', 'approve-alone'])

function whom(step: StepView): string {
  return step.approval?.from === 'lead' ? 'a lead' : 'an approver'
}

/** True from the 202 until the board has moved past the version that the command was sent for. */
export function isSent(step: StepView, commands: Commands): boolean {
  return commands.sent?.step === step.id && commands.sent.version === step.version
}

/** The one next thing. What it reaches and on which cluster stands on the button itself. */
export function StepAction({ run, step, main, preview, commands, onAsk }: Props) {
  const cluster = run.clusters.join(', ')
  if (run.stage === 'closed') return null
  if (isSent(step, commands) || step.stage === 'verifying') return <Waiting step={step} />
  if (step.stage === 'acting')
    return (
      <output className="block font-medium text-busy">
        Acting on {cluster}:{' '}
        <span className="tabular">
          {step.itemCounts.done} of {step.itemCounts.total}
        </span>{' '}
        done
      </output>
    )
  if (!main && step.stage === 'awaiting-approval')
    return <output className="block font-medium text-warn">Waiting for an approval by {whom(step)}</output>
  if (!main && (step.stage === 'in-progress' || (step.stage === 'ready' && step.kind === 'check'))) return <Waiting step={step} />
  if (!main) return null
  if (main === 'answer') return <AnswerForm step={step} commands={commands} />
  if (main === 'confirm') return <ConfirmForm step={step} commands={commands} />
  return <NextButton run={run} step={step} main={main} preview={preview} commands={commands} onAsk={onAsk} />
}

function labelFor(main: string, step: StepView, preview: Preview, cluster: string): string {
  switch (main) {
    case 'act':
      return actLabel(step, preview.view, cluster)
    case 'approve':
      return `Approve: ${actLabel(step, preview.view, cluster)}`
    case 'request-approval':
      return `Request approval from ${whom(step)}`
    case 'retry':
      return `Try again on ${cluster}`
    case 'record-done':
      return 'Record it: already so'
    case 'start':
      return `Check now on ${cluster}`
    default:
      return COMMAND[main] ?? main
  }
}

function NextButton({ run, step, main, preview, commands, onAsk }: Props & { readonly main: string }) {
  const [typed, setTyped] = useState('')
  const cluster = run.clusters.join(', ')
  const digest = preview.view?.digest
  const isAct = main === 'act'
  const unknowable = isAct && (!digest || preview.view?.refusal !== null)
  const loud = isAct && (step.reversible === 'not-reversible' || step.danger !== '' || step.typed)

  function go() {
    if (WANTS_REASON.has(main)) return onAsk(main)
    if (isAct)
      return void commands.send({ do: 'act', step: step.id, version: step.version, digest: digest ?? '', ...(step.typed ? { typed } : {}) })
    if (main === 'request-approval')
      return void commands.send({ do: 'request-approval', step: step.id, version: step.version, ...(digest ? { digest } : {}) })
    if (main === 'start' || main === 'retry' || main === 'approve' || main === 'record-done')
      void commands.send({ do: main, step: step.id, version: step.version })
  }

  return (
    <div className="space-y-3">
      {isAct && step.typed ? (
        <Field label={`Type the cluster's name, ${cluster}`}>
          <Input
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            className="max-w-xs font-mono"
          />
        </Field>
      ) : null}
      <Button
        look={loud ? 'danger' : 'primary'}
        size="large"
        className="w-full sm:w-auto sm:max-w-full"
        data-command={main}
        disabled={commands.busy !== null || unknowable || (isAct && step.typed && typed !== cluster)}
        onClick={go}
      >
        {labelFor(main, step, preview, cluster)}
      </Button>
    </div>
  )
}

/** Never hope painted as fact: green comes with the verdict. */
function Waiting({ step }: { readonly step: StepView }) {
  const passed = step.checks.filter((check) => check.verdict === 'pass').length
  return (
    <output className="flex flex-wrap items-center gap-x-3 font-medium text-busy" data-waiting-for-proof>
      <span aria-hidden className="size-2.5 animate-[waiting_1.6s_ease-in-out_infinite] rounded-full bg-busy" />
      {step.kind === 'check' || step.kind === 'wait' ? 'Waiting for proof' : 'Confirmed, waiting for proof'}
      {step.checks.length > 0 ? (
        <span className="tabular font-normal text-soft">
          {passed} of {step.checks.length} checks pass
        </span>
      ) : null}
    </output>
  )
}
